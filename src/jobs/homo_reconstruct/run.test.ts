import assert from 'node:assert/strict';
import { closeSync, copyFileSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testContext } from '../../../test/job-context.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { readVolume, writeVolume } from '../../io/mrc.ts';
import { randomRotation } from '../../math/rotation.ts';
import { symmetryOperators } from '../../math/symmetry.ts';
import { blobVolume, correlation } from '../../math/testing/blob-volume.ts';
import { sphereMask } from '../../math/volume.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';
import { type StackOptions, writeStack } from './testing/stack.ts';

const seed = drawSeed();
const N = 32;

interface Made {
  readonly project_dir: string;
  readonly volume: Float32Array;
  readonly particles: Dataset;
}

function make(t: TestContext, count: number, options: Partial<StackOptions> = {}, symmetry = 'C1'): Made {
  const project_dir = tempDir(t);
  const rng = new Rng(seed);
  const n = options.n ?? N;
  const { volume, projection } = blobVolume(n, rng, symmetryOperators(symmetry));
  const views = Array.from({ length: count }, () => randomRotation(rng));
  const common = { project_dir, path: 'J0/imported/stack.mrcs', n, psize_A: 3, views, projection, rng };
  return { project_dir, volume, particles: writeStack({ ...common, ...options }) };
}

type Params = Record<string, unknown>;
type TestOptions = NonNullable<Parameters<typeof testContext>[3]>;

function job(made: Made, params: Params = {}, options: TestOptions = {}, mask?: Dataset) {
  const inputs = { particles: [made.particles], ...(mask && { mask: [mask] }) };
  return testContext(spec, params, inputs, { project_dir: made.project_dir, ...options });
}

function mapOf(made: Made, slot = 'map'): Float32Array {
  return readVolume(join(made.project_dir, `J1/J1_volume_${slot}.mrc`)).data;
}

test('a map comes back from images with CTF, shifts and noise; all outputs, figures and pictures are there', async (t) => {
  const made = make(t, 600, { ctf: true, shift_px: 3, noise: 1, sign: -1 });
  const j = job(made);
  await run(j.ctx);
  const found = correlation(mapOf(made), made.volume);
  assert.ok(found > 0.97, `seed ${seed}: correlation ${found}`);
  const halves = correlation(mapOf(made, 'map_half_A'), mapOf(made, 'map_half_B'));
  assert.ok(halves > 0.8 && halves < 0.9999, `seed ${seed}: half maps ${halves}`);

  const volume = j.outputs.get('volume')!;
  assert.deepEqual(
    volume.results.map((r) => r.name),
    ['map', 'map_half_A', 'map_half_B', 'mask_fsc'],
  );
  const resolution_A = volume.summary['resolution_A'] as number;
  assert.ok(resolution_A >= 6 && resolution_A < 12, `seed ${seed}: ${resolution_A} Å`);
  assert.deepEqual([volume.summary['symmetry'], volume.summary['particles']], ['C1', 600]);
  const rows = j.dataset('volume');
  assert.equal(rows.text('map/path')[0], 'J1/J1_volume_map.mrc');
  assert.deepEqual([...rows.u4('map/shape'), rows.f4('map/psize_A')[0]], [N, N, N, 3]);

  const particles = j.dataset('particles');
  assert.deepEqual(particles.u8('uid'), made.particles.u8('uid'));
  assert.equal(
    particles.u4('alignments3D/split').reduce((a, b) => a + b, 0),
    300,
    'two equal halves',
  );
  assert.ok(particles.has('ctf/df1_A') && particles.has('blob/path'), 'the rest is passed through');

  const figures = j.events.filter((e) => e.type === 'figure');
  assert.deepEqual(
    figures.map((e) => e.figure.title),
    ['Fourier shell correlation', 'Guinier plot', 'Viewing directions'],
  );
  assert.deepEqual(figures[0].flags, ['dashboard']);
  const directions = figures[2].figure;
  assert.ok(directions.kind === 'heatmap' && directions.values.reduce<number>((a, b) => a + (b ?? 0), 0) === 600);
  const images = j.events.filter((e) => e.type === 'image');
  assert.deepEqual([images.length, images[0].images.length, images[0].flags[0]], [1, 6, 'tile']);
});

test('shifts in another pixel size, bright protein, plain projections and odd boxes give the same map', async (t) => {
  for (const options of [
    { ctf: true, sign: 1, shift_px: 3, shiftUnit_A: 1.25 },
    { ctf: false, sign: 1, shift_px: 3 },
    { n: 33, ctf: true, sign: -1, shift_px: 3 },
  ]) {
    const made = make(t, 400, options);
    await run(job(made).ctx);
    const found = correlation(mapOf(made), made.volume);
    assert.ok(found > 0.97, `${JSON.stringify(options)}, seed ${seed}: ${found}`);
  }
});

test('symmetry D2 makes a map from few images better than C1 does, on any number of threads the same', async (t) => {
  const made = make(t, 40, { noise: 10 }, 'D2');
  await run(job(made, { refine_symmetry: 'C1' }).ctx);
  const alone = correlation(mapOf(made), made.volume);
  await run(job(made, { refine_symmetry: ' d2' }, { threads: 1 }).ctx);
  const one = mapOf(made);
  await run(job(made, { refine_symmetry: 'D2' }, { threads: 3 }).ctx);
  assert.deepEqual(mapOf(made), one, 'bit for bit');
  const found = correlation(one, made.volume);
  assert.ok(found > 0.9 && 1 - found < 0.85 * (1 - alone), `seed ${seed}: D2 ${found}, C1 ${alone}`);
});

test('images are read from the SSD cache if wanted, and from their stack where the copy fails', async (t) => {
  const made = make(t, 60);
  await run(job(made, { compute_use_ssd: false }).ctx);
  const wanted = mapOf(made);
  const stack = join(made.project_dir, 'J0/imported/stack.mrcs');
  const copy = join(made.project_dir, 'copy.mrcs');
  copyFileSync(stack, copy);
  const asked: (readonly string[])[] = [];
  const cached = (paths: readonly string[]) => {
    asked.push(paths);
    return new Map(paths.map((path) => [path, copy]));
  };
  const whole = readFileSync(stack);
  const spoilt = Buffer.from(whole);
  spoilt.fill(0xff, 1024);
  writeFileSync(stack, spoilt);
  await run(job(made, {}, { cached }).ctx);
  assert.deepEqual(mapOf(made), wanted, 'from the copy: the stack holds no numbers any more');
  assert.deepEqual(asked, [[stack]], 'asked once for each file');

  writeFileSync(stack, whole);
  truncateSync(copy, 1024 + 30 * 4 * N * N);
  const j = job(made, {}, { cached });
  await run(j.ctx);
  assert.deepEqual(mapOf(made), wanted, 'half of it from the stack');
  assert.deepEqual(j.skipped, []);
  assert.match(j.log(), /SSD cache: \S+copy\.mrcs cannot be read any more/);
  const off = job(made, { compute_use_ssd: false }, { cached });
  await run(off.ctx);
  assert.match(off.log(), /SSD cache: not wanted/);
  assert.equal(asked.length, 2);
});

test('a split that particles carry is kept, unless a new one is asked for', async (t) => {
  const made = make(t, 60);
  const split = Uint32Array.from({ length: 60 }, (_, i) => (i < 20 ? 0 : 1));
  made.particles.set('alignments3D/split', 'u4', split);
  const kept = job(made);
  await run(kept.ctx);
  assert.deepEqual(kept.dataset('particles').u4('alignments3D/split'), split);
  const anew = job(made, { refine_gs_resplit: true, random_seed: 5 });
  await run(anew.ctx);
  assert.equal(
    anew
      .dataset('particles')
      .u4('alignments3D/split')
      .reduce((a, b) => a + b, 0),
    30,
  );
});

test('a smaller box crops the images: same map, larger voxels', async (t) => {
  const made = make(t, 400, { ctf: true, sign: -1, shift_px: 2 });
  const j = job(made, { refine_N: 24 });
  await run(j.ctx);
  const { shape, psize_A, data } = readVolume(join(made.project_dir, 'J1/J1_volume_map.mrc'));
  assert.deepEqual([shape, psize_A], [[24, 24, 24], 4]);
  // every fourth voxel of the large grid lies on every third of the small one
  const at = (map: Float32Array, n: number, step: number): number[] => {
    const values: number[] = [];
    for (let z = -3; z <= 3; z++)
      for (let y = -3; y <= 3; y++)
        for (let x = -3; x <= 3; x++)
          values.push(map[((n / 2 + z * step) * n + n / 2 + y * step) * n + n / 2 + x * step]);
    return values;
  };
  const found = correlation(at(data, 24, 3), at(made.volume, 32, 4));
  assert.ok(found > 0.97, `seed ${seed}: ${found}`);
  await assert.rejects(run(job(made, { refine_N: 64 }).ctx), /64 px, wanted at most the side of the images, 32 px/);
});

test('a mask on another grid is resampled and used', async (t) => {
  const made = make(t, 200, { noise: 1 });
  const path = join(made.project_dir, 'J0/mask.mrc');
  writeVolume(path, { shape: [48, 48, 48], psize_A: 2, data: sphereMask(48, 15, 5) });
  const mask = Dataset.create(BigUint64Array.of(7n), ['mask']);
  mask.text('mask/path')[0] = 'J0/mask.mrc';
  mask.f4('mask/psize_A')[0] = 2;
  await run(job(made, {}, {}, mask).ctx);
  const wanted = sphereMask(N, 10, 10 / 3);
  assert.ok(correlation(mapOf(made, 'mask_fsc'), wanted) > 0.99);
});

test('a missing and a truncated stack cost their own particles only, and are named', async (t) => {
  const made = make(t, 100);
  const second = make(t, 40);
  const absent = second.particles.select([0, 1, 2]);
  absent.text('blob/path').fill('J0/imported/absent.mrcs');
  const rng = new Rng(seed, 8);
  const cut = writeStack({
    project_dir: made.project_dir,
    path: 'J0/imported/cut.mrcs',
    n: N,
    psize_A: 3,
    views: Array.from({ length: 10 }, () => randomRotation(rng)),
    projection: () => new Float32Array(N * N),
    rng,
  });
  truncateSync(join(made.project_dir, 'J0/imported/cut.mrcs'), 1024 + 6.5 * 4 * N * N);
  const particles = Dataset.concat([made.particles, absent, cut]);
  const j = job({ ...made, particles });
  await run(j.ctx);
  assert.equal(j.outputs.get('particles')!.num_items, 106);
  assert.deepEqual(
    j.skipped.map(({ item }) => item.replace(made.project_dir, '')),
    ['3 particles of /J0/imported/absent.mrcs', '4 particles of /J0/imported/cut.mrcs'],
  );
  assert.ok(j.skipped.every(({ error }) => error instanceof CsError && error.kind === 'input'));
  await assert.rejects(run(job({ ...made, particles: absent }).ctx), {
    code: 'CS_NO_PARTICLES',
    message: /None of the 3 particles can be used\..*absent\.mrcs/,
  });
});

test('images with values that are no numbers are left out', async (t) => {
  const made = make(t, 30);
  const file = join(made.project_dir, 'J0/imported/stack.mrcs');
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.from(Float32Array.of(Number.NaN).buffer), 0, 4, 1024 + 4 * N * N * 4 + 40);
  closeSync(fd);
  const j = job(made);
  await run(j.ctx);
  assert.equal(j.outputs.get('particles')!.num_items, 29);
  assert.match(j.skipped[0].item, /^particle 4 of /);
  assert.equal(j.skipped[0].error.code, 'CS_IMAGE_VALUE');
});

test('mixed boxes, mixed pixel sizes, unknown symmetries and bad ranges are refused in words', async (t) => {
  const made = make(t, 20);
  const rng = new Rng(seed, 9);
  const other = writeStack({
    project_dir: made.project_dir,
    path: 'J0/imported/other.mrcs',
    n: 24,
    psize_A: 3,
    views: [randomRotation(rng)],
    projection: () => new Float32Array(24 * 24),
    rng,
  });
  const mixed = { ...made, particles: Dataset.concat([made.particles, other]) };
  await assert.rejects(run(job(mixed).ctx), { code: 'CS_MIXED_BOX', message: /(32|24) px in .*, (32|24) px in / });
  const scaled = made.particles.select([...Array(20).keys()]);
  scaled.f4('blob/psize_A')[7] = 3.1;
  await assert.rejects(run(job({ ...made, particles: scaled }).ctx), { code: 'CS_MIXED_PSIZE' });
  await assert.rejects(run(job(made, { refine_symmetry: 'Q3' }).ctx), { code: 'CS_SYMMETRY' });
  await assert.rejects(run(job(made, { refine_window_inner: 1, refine_window_outer: 0.5 }).ctx), /0\.5.*1/);
});

test('too little memory is refused with need and limit, before anything is read', async (t) => {
  const made = make(t, 20);
  await assert.rejects(run(job(made, {}, { memory_mb: 2 }).ctx), {
    kind: 'resource',
    code: 'CS_MEMORY',
    message: /32 px with padding 2 needs at least \d+ MB of memory; the job has 2 MB/,
  });
});

test('an abort ends the job with its reason', async (t) => {
  const made = make(t, 200);
  const j = job(made);
  // in the middle: when the first progress is told
  const stop = (): void => j.abort.abort(new CsError('conflict', 'CS_KILLED', 'stop'));
  const ctx = { ...j.ctx, progress: stop };
  await assert.rejects(run(ctx), { code: 'CS_KILLED' });
  assert.equal(j.outputs.size, 0);
});

test('half maps that contradict each other are warned about, and the map is not filtered away', async (t) => {
  const made = make(t, 200, { noise: 3, sign: 1 });
  const { particles } = made;
  const split = Uint32Array.from({ length: 200 }, (_, i) => i & 1);
  particles.set('alignments3D/split', 'u4', split);
  // half B has its contrast the wrong way round
  particles.f4('blob/sign').set(Float32Array.from(split, (half) => (half === 1 ? -1 : 1)));
  const j = job(made);
  await run(j.ctx);
  const warned = j.events.flatMap((e) => (e.type === 'warning' ? [e.text] : [])).join('\n');
  assert.match(warned, /nothing in common/);
  const largest = (map: Float32Array): number => map.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const kept = largest(mapOf(made)) / largest(mapOf(made, 'map_half_A'));
  assert.ok(kept > 0.05, `seed ${seed}: the map has ${kept} of the amplitude of a half`);
});

test('half sets of very different size are warned about', async (t) => {
  const made = make(t, 60);
  made.particles.set(
    'alignments3D/split',
    'u4',
    Uint32Array.from({ length: 60 }, (_, i) => (i < 20 ? 0 : 1)),
  );
  const j = job(made);
  await run(j.ctx);
  const warned = j.events.flatMap((e) => (e.type === 'warning' ? [e.text] : [])).join('\n');
  assert.match(warned, /20 and 40/);
});
