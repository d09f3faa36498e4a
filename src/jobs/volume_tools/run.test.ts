import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testContext } from '../../../test/job-context.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { readVolume, writeVolume } from '../../io/mrc.ts';
import { fsc, shellPower } from '../../math/fsc.ts';
import { blobVolume, correlation } from '../../math/testing/blob-volume.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

const seed = drawSeed();
const N = 32;
const PSIZE_A = 2;

function make(t: TestContext, data: Float32Array, shape: [number, number, number] = [N, N, N]) {
  const project_dir = tempDir(t);
  writeVolume(join(project_dir, 'map.mrc'), { shape, psize_A: PSIZE_A, data });
  const input = Dataset.create(BigUint64Array.of(5n), ['map']);
  input.text('map/path')[0] = '>map.mrc';
  input.u4('map/shape').set(shape);
  input.f4('map/psize_A')[0] = PSIZE_A;
  return (params: Record<string, unknown>) => testContext(spec, params, { volume: [input] }, { project_dir });
}

async function result(job: ReturnType<ReturnType<typeof make>>, output = 'volume', slot = 'map') {
  await run(job.ctx);
  const rows = job.dataset(output);
  const map = readVolume(join(job.project_dir, rows.text(`${slot}/path`)[0]));
  assert.deepEqual([...rows.u4(`${slot}/shape`)], map.shape);
  assert.ok(Math.abs(rows.f4(`${slot}/psize_A`)[0] / map.psize_A - 1) < 1e-6);
  return map;
}

test('the hand is flipped through the origin, twice gives the map again', async (t) => {
  const { volume } = blobVolume(N, new Rng(seed));
  const once = await result(make(t, volume)({ flip_hand: true }));
  const twice = await result(make(t, once.data)({ flip_hand: true }));
  assert.deepEqual(twice.data, volume);
  assert.ok(correlation(once.data, volume) < 0.9, `seed ${seed}`);
  const centre = (N / 2) * N * N;
  assert.deepEqual(once.data.subarray(centre, centre + N * N), volume.subarray(centre, centre + N * N));
  const above = centre + 3 * N * N;
  const below = centre - 3 * N * N;
  assert.deepEqual(once.data.subarray(above, above + N * N), volume.subarray(below, below + N * N));
});

test('filter, resampling and cropping act one after the other', async (t) => {
  const rng = new Rng(seed);
  const noise = Float32Array.from({ length: N ** 3 }, () => rng.normal());
  const filtered = await result(make(t, noise)({ lowpass_A: 8 }));
  const gain = shellPower(filtered.data, N).map((p, s) => p / shellPower(noise, N)[s]);
  assert.ok(gain[4] > 0.95 && gain[12] < 0.02, `seed ${seed}: ${[...gain].join(' ')}`);

  const { volume } = blobVolume(N, rng);
  const small = await result(make(t, volume)({ resample_N: 24 }));
  assert.deepEqual([small.shape, small.psize_A.toFixed(4)], [[24, 24, 24], '2.6667']);
  const back = await result(make(t, volume)({ resample_psize_A: 1, crop_N: 20 }));
  assert.deepEqual([back.shape, back.psize_A], [[20, 20, 20], 1]);
  // every second voxel of the fine grid, 10 of 20, is the middle of the old one
  const at = (z: number, y: number, x: number): number => volume[((11 + z) * N + 11 + y) * N + 11 + x];
  const [fine, coarse]: [number[], number[]] = [[], []];
  for (let z = 0; z < 10; z++)
    for (let y = 0; y < 10; y++)
      for (let x = 0; x < 10; x++) {
        fine.push(back.data[(2 * z * 20 + 2 * y) * 20 + 2 * x]);
        coarse.push(at(z, y, x));
      }
  assert.ok(correlation(fine, coarse) > 0.9999, `seed ${seed}: ${correlation(fine, coarse)}`);
  const padded = await result(make(t, volume)({ crop_N: 40 }));
  assert.equal(padded.data.reduce((a, b) => a + b, 0).toFixed(0), volume.reduce((a, b) => a + b, 0).toFixed(0));
});

test('a mask surrounds the map: dilated by ångström, softened by pixels', async (t) => {
  const point = new Float32Array(N ** 3);
  point[((N / 2) * N + N / 2) * N + N / 2] = 1;
  const job = make(t, point)({ output_type: 'mask', mask_threshold: 0.5, mask_dilate_A: 8, mask_pad_px: 4 });
  const mask = await result(job, 'mask', 'mask');
  const along = (x: number): number => mask.data[((N / 2) * N + N / 2) * N + N / 2 + x];
  assert.deepEqual([along(0), along(4), along(-4), along(8), along(9)], [1, 1, 1, 0, 0]);
  assert.ok(Math.abs(along(6) - 0.5) < 1e-6);
  assert.deepEqual([...job.outputs.keys()], ['mask']);
  const images = job.events.find((e) => e.type === 'image');
  assert.deepEqual([images?.images.length, images?.flags[0]], [6, 'tile']);
});

test('a map of unequal sides is resampled as a whole or refused', async (t) => {
  const data = new Float32Array(8 * 16 * 32).fill(1);
  const map = await result(make(t, data, [8, 16, 32])({ resample_N: 16 }));
  assert.deepEqual(map.shape, [4, 8, 16]);
  assert.ok(map.data.every((v) => Math.abs(v - 1) < 1e-5));
  await assert.rejects(run(make(t, data, [8, 16, 32])({ resample_N: 17 }).ctx), /8 × 16 × 32 px to a side of 17 px/);
});

test('what is asked for wrongly is refused in words, and nothing asked for is a copy', async (t) => {
  const { volume } = blobVolume(N, new Rng(seed));
  const job = make(t, volume);
  await assert.rejects(run(job({ output_type: 'mask' }).ctx), { code: 'CS_PARAM_MISSING' });
  await assert.rejects(run(job({ resample_N: 16, resample_psize_A: 3 }).ctx), { code: 'CS_PARAM_RANGE' });
  await assert.rejects(run(job({ output_type: 'mask', mask_threshold: 1e6 }).ctx), { code: 'CS_MASK_EMPTY' });
  const copy = job({});
  const map = await result(copy);
  assert.deepEqual(map.data, volume);
  assert.ok(fsc(map.data, volume, N)[8] > 0.999);
  assert.match(copy.log(), /No operation is asked for/);
});

test('an abort and a missing map end the job with their reasons', async (t) => {
  const { volume } = blobVolume(N, new Rng(seed));
  const job = make(t, volume)({ lowpass_A: 10 });
  job.abort.abort(new CsError('conflict', 'CS_KILLED', 'stop'));
  await assert.rejects(run(job.ctx), { code: 'CS_KILLED' });
  const input = Dataset.create(BigUint64Array.of(5n), ['map']);
  input.text('map/path')[0] = 'absent.mrc';
  const lost = testContext(spec, {}, { volume: [input] }, { project_dir: job.project_dir });
  await assert.rejects(run(lost.ctx), { kind: 'input', message: /absent\.mrc/ });
});
