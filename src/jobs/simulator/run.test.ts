import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testContext, type TestJob } from '../../../test/job-context.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { writePdb } from '../../io/atoms.ts';
import { MrcReader, readVolume, writeVolume } from '../../io/mrc.ts';
import { readStar } from '../../io/star.ts';
import type { Atom } from '../../math/atom.ts';
import { ctf2d, ctfParamsOf } from '../../math/ctf.ts';
import { RealFft2 } from '../../math/fft.ts';
import { angleBetween_rad, eulerToMatrix, poseToMatrix } from '../../math/rotation.ts';
import { SCATTERING_FACTORS } from '../../math/scattering.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

type Job = TestJob<typeof spec>;

async function simulated(
  t: TestContext,
  params: Record<string, unknown>,
  inputs: Record<string, Dataset[]> = {},
  options: { threads?: number; memory_mb?: number; project_dir?: string } = {},
): Promise<Job> {
  const job = testContext(spec, params, inputs, options);
  t.after(() => job.remove());
  await run(job.ctx);
  return job;
}

async function refusal(t: TestContext, params: Record<string, unknown>, options = {}): Promise<CsError> {
  try {
    await simulated(t, params, {}, options);
  } catch (error) {
    if (error instanceof CsError) return error;
    throw error;
  }
  return assert.fail('wanted a CsError');
}

/** All images in the order of the rows, read through the dataset's paths. */
function imagesOf(job: Job, particles: Dataset): Float32Array[] {
  return particles.text('blob/path').map((path, row) => {
    const reader = new MrcReader(join(job.project_dir, path));
    try {
      return reader.readSections(particles.u4('blob/idx')[row], 1);
    } finally {
      reader.close();
    }
  });
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (v: Float32Array): number => v.reduce((x, y) => x + y, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

/** A handless heap of atoms. */
function heap(seed: number, count: number, radius_A: number): Atom[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, (_, i) => ({
    x: Math.round(1000 * radius_A * (2 * rng.uniform() - 1)) / 1000,
    y: Math.round(1000 * radius_A * (2 * rng.uniform() - 1)) / 1000,
    z: Math.round(1000 * radius_A * (2 * rng.uniform() - 1)) / 1000,
    element: 'CNOS'[i % 4],
    b_A2: 60,
    occupancy: 1,
    name: 'CA',
    residue: 'ALA',
    residue_number: i + 1,
    chain: 'A',
  }));
}

/** Image of atoms by the analytic transform of each: the definition, with no map, projector or interpolation between. */
function imageOfAtoms(
  atoms: readonly Atom[],
  particles: Dataset,
  row: number,
  n: number,
  psize_A: number,
): Float32Array {
  const R = poseToMatrix(
    ...([0, 1, 2].map((i) => particles.f4('alignments3D/pose')[3 * row + i]) as [number, number, number]),
  );
  const shift = particles.f4('alignments3D/shift').subarray(2 * row, 2 * row + 2);
  const ctf = ctf2d(ctfParamsOf(particles, row), n, psize_A);
  const fft = new RealFft2(n, n);
  const spectrum = new Float32Array(2 * n * fft.nxc);
  const sign = particles.f4('blob/sign')[row];
  for (let y = 0, at = 0; y < n; y++) {
    const ky = y < n / 2 ? y : y - n;
    for (let x = 0; x < fft.nxc; x++, at++) {
      if (x * x + ky * ky >= (n / 2) ** 2) continue;
      const k2 = (x * x + ky * ky) / (n * psize_A) ** 2;
      for (const { x: ax, y: ay, z: az, element, b_A2 } of atoms) {
        const { a_A, b_A2: widths } = SCATTERING_FACTORS[element];
        const f = a_A.reduce((sum, a, i) => sum + a * Math.exp((-(widths[i] + b_A2) * k2) / 4), 0);
        // where the atom is seen, px from the image's first pixel
        const u = (R[0] * ax + R[1] * ay + R[2] * az) / psize_A - shift[0] + n / 2;
        const v = (R[3] * ax + R[4] * ay + R[5] * az) / psize_A - shift[1] + n / 2;
        const phase = (-2 * Math.PI * (x * u + ky * v)) / n;
        spectrum[2 * at] -= sign * ctf[at] * f * Math.cos(phase);
        spectrum[2 * at + 1] -= sign * ctf[at] * f * Math.sin(phase);
      }
    }
  }
  return fft.inverse(spectrum);
}

test('clean images are those of the atoms seen in the pose, shifted, times the CTF: dark and bright', async (t) => {
  const seed = drawSeed();
  const path = join(tempDir(t), 'heap.pdb');
  const atoms = heap(seed, 24, 30);
  writePdb(path, atoms, 'HEAP');
  for (const data_sign of ['dark_on_light', 'light_on_dark']) {
    const job = await simulated(t, {
      model_path: path,
      center_model: false,
      box_size_pix: 48,
      psize_A: 3,
      num_particles: 12,
      add_noise: false,
      random_seed: seed,
      bfactor_A2: 40,
      phase_shift_deg: 30,
      astigmatism_max_A: 3000,
      data_sign,
    });
    const particles = job.dataset('particles');
    imagesOf(job, particles).forEach((image, row) => {
      const wanted = imageOfAtoms(atoms, particles, row, 48, 3);
      const found = correlation(image, wanted);
      assert.ok(found >= 0.99, `seed ${seed}, ${data_sign}, particle ${row}: correlation ${found}`);
    });
    assert.equal(particles.f4('blob/sign')[0], data_sign === 'dark_on_light' ? -1 : 1);
  }
});

test('the STAR file holds the images, poses, shifts, optics and half-sets of the output', async (t) => {
  const seed = drawSeed();
  const job = await simulated(t, {
    box_size_pix: 64,
    psize_A: 3,
    num_particles: 25,
    particles_per_file: 10,
    random_seed: seed,
  });
  const particles = job.dataset('particles');
  const star = readStar(join(job.ctx.job_dir, 'particles.star'));
  const optics = star.get('optics');
  assert.equal(optics?.columns.get('rlnVoltage')?.[0], '300');
  assert.equal(optics?.columns.get('rlnImagePixelSize')?.[0], '3');
  const column = (label: string): string[] => star.get('particles')?.columns.get(label) ?? [];
  const number = (label: string, row: number): number => Number(column(label)[row]);
  assert.equal(column('rlnImageName').length, 25);
  assert.equal(column('rlnImageName')[11], '000002@simulated/particles_001.mrcs');
  assert.equal(particles.text('blob/path')[11], 'J1/simulated/particles_001.mrcs');
  const RAD = Math.PI / 180;
  for (let row = 0; row < 25; row++) {
    const R = eulerToMatrix(
      number('rlnAngleRot', row) * RAD,
      number('rlnAngleTilt', row) * RAD,
      number('rlnAnglePsi', row) * RAD,
    );
    const [a, b, c] = particles.f4('alignments3D/pose').subarray(3 * row);
    assert.ok(angleBetween_rad(R, poseToMatrix(a, b, c)) < 1e-6, `seed ${seed}, particle ${row}: pose`);
    const origin_px = number('rlnOriginYAngst', row) / 3;
    assert.ok(Math.abs(origin_px - particles.f4('alignments3D/shift')[2 * row + 1]) < 1e-5, `seed ${seed}: shift`);
    assert.ok(Math.abs(number('rlnDefocusU', row) - particles.f4('ctf/df1_A')[row]) < 1e-2, `seed ${seed}: defocus`);
    assert.equal(number('rlnRandomSubset', row), particles.u4('alignments3D/split')[row] + 1);
  }
});

test('the same seed gives the same bytes whatever the number of threads, another seed other ones', async (t) => {
  const hashes = async (random_seed: number, threads: number): Promise<string[]> => {
    const params = { box_size_pix: 64, psize_A: 3, num_particles: 23, particles_per_file: 9, random_seed };
    const job = await simulated(t, params, {}, { threads });
    const files = readdirSync(join(job.ctx.job_dir, 'simulated')).sort();
    assert.deepEqual(files, ['particles_000.mrcs', 'particles_001.mrcs', 'particles_002.mrcs']);
    const star = join(job.ctx.job_dir, 'particles.star');
    // the label in an MRC header may carry a time; pixels begin at byte 1024
    return [star, ...files.map((file) => join(job.ctx.job_dir, 'simulated', file))].map((path) =>
      createHash('sha1')
        .update(readFileSync(path).subarray(path === star ? 0 : 1024))
        .digest('hex'),
    );
  };
  const [one, three, other] = [await hashes(7, 1), await hashes(7, 3), await hashes(8, 2)];
  assert.deepEqual(one, three);
  one.forEach((hash, i) => assert.notEqual(hash, other[i]));
});

test('noise is white with variance 1, and the signal’s variance in the circle is the ratio asked for', async (t) => {
  const seed = drawSeed();
  const params = { box_size_pix: 64, psize_A: 3, num_particles: 60, random_seed: seed, snr: 0.2, shift_max_pix: 0 };
  const noisy = await simulated(t, params);
  const clean = await simulated(t, { ...params, add_noise: false });
  const [a, b] = [noisy, clean].map((job) => imagesOf(job, job.dataset('particles')));
  const measured = /circle of (\d+) Å/.exec(clean.log());
  const radius_px = Number(measured?.[1]) / 2 / 3;
  let [variance, neighbours, signal] = [0, 0, 0];
  const factor = Math.sqrt(0.2);
  a.forEach((image, row) => {
    const noise = image.map((value, i) => value - factor * b[row][i]);
    for (let i = 0; i < noise.length - 1; i++) {
      variance += noise[i] ** 2 / noise.length / a.length;
      neighbours += (noise[i] * noise[i + 1]) / noise.length / a.length;
    }
    const inside = b[row].filter((_, i) => Math.hypot((i % 64) - 32, Math.floor(i / 64) - 32) <= radius_px);
    const mean = inside.reduce((x, y) => x + y, 0) / inside.length;
    signal += inside.reduce((sum, v) => sum + (v - mean) ** 2, 0) / inside.length / a.length;
  });
  // 245760 samples: standard errors 0.003 and 0.002
  assert.ok(Math.abs(variance - 1) < 0.02, `seed ${seed}: variance ${variance}`);
  assert.ok(Math.abs(neighbours) < 0.015, `seed ${seed}: covariance of neighbours ${neighbours}`);
  assert.ok(Math.abs(signal - 1) < 0.05, `seed ${seed}: signal ${signal}`);
});

test('poses are uniform, shifts and defocus fill their ranges, half-sets are even', async (t) => {
  const seed = drawSeed();
  const job = await simulated(t, { box_size_pix: 16, psize_A: 12, num_particles: 3000, random_seed: seed });
  const particles = job.dataset('particles');
  const shifts = particles.f4('alignments3D/shift');
  assert.ok(
    shifts.every((s) => Math.abs(s) <= 3) && Math.max(...shifts) > 2.9 && Math.min(...shifts) < -2.9,
    `seed ${seed}`,
  );
  const [df1, df2] = [particles.f4('ctf/df1_A'), particles.f4('ctf/df2_A')];
  const mean = df1.map((d, i) => (d + df2[i]) / 2);
  assert.ok(Math.min(...mean) > 7999 && Math.max(...mean) < 25_001 && Math.max(...mean) > 24_900, `seed ${seed}`);
  assert.ok(df1.every((d, i) => d >= df2[i] && d - df2[i] <= 500.01));
  const halves = particles.u4('alignments3D/split').reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(halves - 1500) < 165, `seed ${seed}: ${halves} of 3000 in half 1`);
  assert.equal(new Set(particles.u8('uid')).size, 3000);
  // viewing axes: bands of equal height hold equal shares
  const up = Array.from({ length: 3000 }, (_, i) => {
    const [a, b, c] = particles.f4('alignments3D/pose').subarray(3 * i);
    return poseToMatrix(a, b, c)[8];
  }).sort((a, b) => a - b);
  const distance = Math.max(...up.map((z, i) => Math.abs((i + 0.5) / 3000 - (z + 1) / 2)));
  assert.ok(distance < 3.3 / Math.sqrt(3000), `seed ${seed}: distance from uniform ${distance}`);
});

test('a connected map is resampled to the pixel size asked for and cut to the box; the output volume fits the images', async (t) => {
  const project_dir = tempDir(t);
  const first = await simulated(
    t,
    { box_size_pix: 90, psize_A: 2, num_particles: 1, random_seed: 1, add_noise: false },
    {},
    { project_dir },
  );
  const volume = first.dataset('volume');
  const params = { box_size_pix: 56, psize_A: 3, num_particles: 2, random_seed: 1, add_noise: false };
  const job = await simulated(t, params, { volume: [volume] }, { project_dir });
  const direct = await simulated(t, params);
  const [map, wanted] = [job, direct].map((j) =>
    readVolume(join(j.project_dir, j.dataset('volume').text('map/path')[0])),
  );
  assert.deepEqual(map.shape, [56, 56, 56]);
  assert.ok(Math.abs(map.psize_A - 3) < 1e-5, `${map.psize_A}`);
  assert.ok(correlation(map.data, wanted.data) > 0.99, `correlation ${correlation(map.data, wanted.data)}`);
  const [a, b] = [job, direct].map((j) => imagesOf(j, j.dataset('particles'))[1]);
  assert.ok(correlation(a, b) > 0.99, `correlation of images ${correlation(a, b)}`);
});

test('half precision is written on demand and a shifted particle lies at minus its shift', async (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'point.mrc');
  const data = new Float32Array(32 ** 3);
  data[(16 * 32 + 16) * 32 + 16] = 1;
  writeVolume(path, { shape: [32, 32, 32], psize_A: 4, data });
  const job = await simulated(t, {
    model_path: path,
    box_size_pix: 32,
    num_particles: 6,
    add_noise: false,
    output_f16: true,
    df_min_A: 0,
    df_max_A: 0,
    astigmatism_max_A: 0,
    cs_mm: 0,
    amp_contrast: 1,
    data_sign: 'light_on_dark',
    shift_max_pix: 8,
  });
  const particles = job.dataset('particles');
  const reader = new MrcReader(join(job.project_dir, particles.text('blob/path')[0]));
  assert.equal(reader.header.mode, 12);
  reader.close();
  imagesOf(job, particles).forEach((image, row) => {
    const peak = image.indexOf(image.reduce((a, b) => Math.max(a, b)));
    const [x, y] = [(peak % 32) - 16, Math.floor(peak / 32) - 16];
    const [sx, sy] = particles.f4('alignments3D/shift').subarray(2 * row);
    assert.ok(
      Math.abs(x + sx) <= 0.51 && Math.abs(y + sy) <= 0.51,
      `particle ${row}: at ${x}, ${y}; shift ${sx}, ${sy}`,
    );
  });
});

test('when it is stopped it ends amid its work and leaves no unfinished stack', async (t) => {
  const job = testContext(spec, { box_size_pix: 64, psize_A: 3, num_particles: 200_000, random_seed: 1 });
  t.after(() => job.remove());
  const done = run(job.ctx).then(
    () => 'completed',
    (error: unknown) => error,
  );
  while (!job.events.some((e) => e.type === 'progress' && e.fraction > 0))
    await new Promise((resolve) => setTimeout(resolve, 20));
  job.abort.abort(new CsError('input', 'CS_TEST_STOP', 'stopped'));
  const outcome = await done;
  assert.ok(outcome instanceof CsError && outcome.code === 'CS_TEST_STOP', String(outcome));
  assert.deepEqual(readdirSync(join(job.ctx.job_dir, 'simulated')), []);
  assert.equal(job.outputs.size, 0);
});

test('what does not fit is refused with numbers before images are made', async (t) => {
  const dir = tempDir(t);
  assert.match((await refusal(t, { df_min_A: 2, df_max_A: 1 })).message, /\(2 Å\) exceeds largest defocus \(1 Å\)/);
  assert.match((await refusal(t, { box_size_pix: 64, psize_A: 1 })).message, /a box of 64 px of 1 Å holds 32\.0 Å/);
  assert.equal((await refusal(t, { model_path: join(dir, 'none.pdb') })).code, 'CS_FILE_MISSING');
  assert.equal((await refusal(t, { symmetry: 'Q1' })).code, 'CS_SYMMETRY');
  const memory = await refusal(t, { box_size_pix: 512 }, { memory_mb: 1000 });
  assert.equal(memory.kind, 'resource');
  assert.match(memory.message, /512 px needs \d+ MB of memory, the job may use 1000 MB/);
  const path = join(dir, 'empty.mrc');
  writeVolume(path, { shape: [16, 16, 16], psize_A: 4, data: new Float32Array(4096) });
  assert.equal((await refusal(t, { model_path: path, box_size_pix: 16 })).code, 'CS_MAP_EMPTY');
});

test('an empty seed is drawn and told in the log; figures and pictures are there', async (t) => {
  const job = await simulated(t, { box_size_pix: 48, psize_A: 4, num_particles: 5 });
  const seed = Number(/Random seed (\d+)\./.exec(job.log())?.[1]);
  assert.ok(Number.isInteger(seed), job.log());
  assert.equal(job.outputs.get('particles')?.summary['seed'], seed);
  const titles = job.events.flatMap((e) => (e.type === 'figure' ? [e.figure.title] : []));
  assert.deepEqual(titles, ['Defocus', 'Viewing directions']);
  const tile = job.events.find((e) => e.type === 'image' && e.flags.includes('tile'));
  assert.equal(tile?.type === 'image' && tile.images.length, 6);
  assert.ok(existsSync(join(job.ctx.job_dir, 'J1_model.pdb')));
});
