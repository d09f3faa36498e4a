import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { makeDirectory } from '../../host/fs-atomic.ts';
import { writePdb } from '../../io/atoms.ts';
import { montage } from '../../io/montage.ts';
import { writeVolume } from '../../io/mrc.ts';
import { encodePng } from '../../io/png.ts';
import { Projector } from '../../math/projector.ts';
import { sectionsImages } from '../../math/volume.ts';
import { defocusFigure, viewingFigure } from '../shared/particle-figures.ts';
import { drawParticles, particleRng, STREAM } from './draw.ts';
import { ParticleImages, radiusOfDensity_px, varianceInCircle } from './imaging.ts';
import type { spec } from './spec.ts';
import { writeStacks } from './stacks.ts';
import { writeParticleStar } from './star-table.ts';
import { makeTruth, type Truth } from './truth.ts';

type Context = JobContext<typeof spec>;

/** particles of which the signal's variance is measured */
const MEASURED = 200;
/** fraction of the squared density within the particle's circle */
const CIRCLE = 0.99;
const PICTURED = 8;
/** of the tables in memory: columns, and the STAR file's text while it is written */
const BYTES_PER_PARTICLE = 2000;

export const run: RunJob<typeof spec> = async (ctx) => {
  const seed = ctx.params.random_seed ?? randomBytes(4).readUInt32LE();
  ctx.log(`Random seed ${seed}.`);
  checkMemory(ctx);
  const directory = `${ctx.job_uid}/simulated`;
  ctx.progress(0, 'making the map');
  const truth = await makeTruth(ctx);
  ctx.log(`${truth.origin} Box ${truth.n} px of ${truth.psize_A} Å.`);
  const particles = drawParticles(ctx.params, truth.psize_A, seed, directory);
  const projector = new Projector(truth.map, truth.n);
  ctx.signal.throwIfAborted();
  const gain = gainFor(ctx, truth, projector, particles);
  makeDirectory(join(ctx.project_dir, directory));
  await writeStacks(ctx, projector, particles, { gain, seed, psize_A: truth.psize_A, directory });
  writeParticleStar(join(ctx.job_dir, 'particles.star'), particles, (path) => `simulated/${basename(path)}`);
  ctx.log(`Table for RELION: ${ctx.job_uid}/particles.star, images in ${directory}.`);
  if (truth.atoms)
    writePdb(join(ctx.job_dir, `${ctx.job_uid}_model.pdb`), truth.atoms, 'SIMULATED PARTICLES, TRUE MODEL');
  await show(ctx, truth, projector, particles, gain, seed);
  await output(ctx, truth, particles, gain, seed);
};

/** Refuse before work begins what would not fit: the projector's grid and its making are the largest parts. */
function checkMemory(ctx: Context): void {
  const { box_size_pix: n, num_particles } = ctx.params;
  const grid = 8 * (2 * n + 3) ** 2 * (n + 2);
  const making = 16 * n ** 3 + 4 * (1.5 * n) ** 3;
  const need_mb = Math.ceil((grid + making + num_particles * (BYTES_PER_PARTICLE + 250 * ctx.threads)) / 1e6);
  if (need_mb <= ctx.memory_mb) return;
  const message = `Simulating ${num_particles} particles of ${n} px needs ${need_mb} MB of memory, the job may use ${ctx.memory_mb} MB. Wanted a smaller box or fewer particles.`;
  throw new CsError('resource', 'CS_MEMORY', message, { need_mb, memory_mb: ctx.memory_mb });
}

/** Factor of the density that gives the wanted ratio of signal to noise (variance 1), or signal of variance 1. */
function gainFor(ctx: Context, truth: Truth, projector: Projector, particles: Dataset): number {
  const radius_px = radiusOfDensity_px(truth.map, truth.n, CIRCLE);
  const images = new ParticleImages(projector, particles, truth.psize_A);
  const image = new Float32Array(truth.n ** 2);
  const count = Math.min(MEASURED, particles.length);
  let variance = 0;
  for (let row = 0; row < count; row++) {
    variance += varianceInCircle(images.clean(row, 1, image), truth.n, radius_px) / count;
  }
  if (!(variance > 0) || !Number.isFinite(variance)) {
    const message = `The map to project has no contrast (variance of its images ${variance}): wanted a map with density.`;
    throw new CsError('input', 'CS_MAP_EMPTY', message, { variance });
  }
  const { snr, add_noise } = ctx.params;
  const circle = `${(2 * radius_px * truth.psize_A).toFixed(0)} Å`;
  ctx.log(
    add_noise
      ? `Signal-to-noise ratio ${snr} within a circle of ${circle}; the noise has variance 1.`
      : `No noise; signal of variance 1 within a circle of ${circle}.`,
  );
  return Math.sqrt((add_noise ? snr : 1) / variance);
}

async function show(
  ctx: Context,
  truth: Truth,
  projector: Projector,
  particles: Dataset,
  gain: number,
  seed: number,
): Promise<void> {
  ctx.figure('Defocus of the particles.', defocusFigure(particles));
  ctx.figure('Viewing directions of the particles.', viewingFigure(particles.f4('alignments3D/pose')));
  const { n } = truth;
  const count = Math.min(PICTURED, particles.length);
  const former = new ParticleImages(projector, particles, truth.psize_A);
  const pictures = new Float32Array(2 * count * n * n);
  for (let row = 0; row < count; row++) {
    const clean = former.clean(row, gain, pictures.subarray((count + row) * n * n, (count + row + 1) * n * n));
    const noisy = pictures.subarray(row * n * n, (row + 1) * n * n);
    noisy.set(clean);
    if (ctx.params.add_noise) ParticleImages.addNoise(noisy, particleRng(seed, row, STREAM.noise));
  }
  const { width, height, gray } = montage(pictures, n, n, { columns: count, tile_px: Math.min(n, 128) });
  const png = encodePng(width, height, gray);
  const text = 'First particles, as they are written (above) and without noise (below).';
  await ctx.images(text, [{ title: 'particles', width, height, png }], ['dashboard', 'particles']);
  const sections = sectionsImages(truth.map, [n, n, n]).map((image) => ({
    title: image.title,
    width: image.width,
    height: image.height,
    png: encodePng(image.width, image.height, image.gray),
  }));
  await ctx.images('True volume: central sections and projections.', sections, ['tile', 'volume']);
}

async function output(ctx: Context, truth: Truth, particles: Dataset, gain: number, seed: number): Promise<void> {
  const { n, psize_A } = truth;
  // scaled so that images are CTF times projection of this very map, plus noise of variance 1
  const data = truth.map.map((value) => value * gain);
  const path = `${ctx.job_uid}/${ctx.job_uid}_volume_map.mrc`;
  writeVolume(join(ctx.project_dir, path), { shape: [n, n, n], psize_A, data });
  const volume = Dataset.create(BigUint64Array.of(new Rng(seed).uid()), ['map']);
  volume.text('map/path')[0] = path;
  volume.u4('map/shape').set([n, n, n]);
  volume.f4('map/psize_A')[0] = psize_A;
  const summary = { box_px: n, psize_A: Number(psize_A.toPrecision(6)) };
  await ctx.output('volume', volume, summary);
  const noise = ctx.params.add_noise ? { snr: ctx.params.snr } : {};
  await ctx.output('particles', particles, { particles: particles.length, ...summary, ...noise, seed });
  ctx.progress(1, `${particles.length} particles`);
}
