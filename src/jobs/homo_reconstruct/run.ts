import { relative } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { Dataset } from '../../data/dataset.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { ThreadPool } from '../../engine/threads.ts';
import { encodePng } from '../../io/png.ts';
import { writeVolume } from '../../io/mrc.ts';
import { BackProjector } from '../../math/backprojector.ts';
import { aberrationsLeftOut } from '../../math/ctf.ts';
import { type HalfMapAssessment, halvesAgree } from '../../math/half-maps.ts';
import { symmetryOperators } from '../../math/symmetry.ts';
import { sectionsImages } from '../../math/volume.ts';
import { viewingFigure } from '../shared/particle-figures.ts';
import { fscFigure, guinierFigure } from './figures.ts';
import { autoMask, givenMask } from './fsc-mask.ts';
import type { AssessWork, BatchMemory, MapWork, Setup, SymmetryWork } from './kernel.ts';
import { insertParticles } from './insertion.ts';
import { type MemoryPlan, planMemory } from './memory-plan.ts';
import { halfSets, type ParticleTable, particleTable } from './particles.ts';
import type { spec } from './spec.ts';

type Ctx = JobContext<typeof spec>;

interface Maps {
  readonly map: Float32Array;
  readonly half_A: Float32Array;
  readonly half_B: Float32Array;
  readonly mask_fsc: Float32Array;
  readonly assessment: Omit<HalfMapAssessment, 'mask'>;
}

export const run: RunJob<typeof spec> = async (ctx) => {
  const { params } = ctx;
  const operators = symmetryOperators(params.refine_symmetry);
  const dataset = await joinedParticles(ctx);
  const found = particleTable(dataset, ctx.project_dir, (item, error) => ctx.skip(item, error));
  const n = params.refine_N ?? found.box;
  if (n > found.box) {
    const message = `Box size override is ${n} px, wanted at most the side of the images, ${found.box} px.`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { refine_N: n, box: found.box });
  }
  const psize_A = (found.psize_A * found.box) / n;
  const plan = planMemory(n, params.refine_padding, operators.length > 1, ctx.memory_mb);
  const { split, kept } = halfSets(dataset, params.refine_gs_resplit, params.random_seed);
  tellPlan(ctx, found, n, psize_A, kept);
  const table = params.compute_use_ssd ? await onSsd(ctx, found) : found;
  warnOfUnequalHalves(ctx, split);

  const halves = [0, 1].map(() => new BackProjector(n, { padding: params.refine_padding })) as [
    BackProjector,
    BackProjector,
  ];
  const setup: Setup = {
    box: table.box,
    n,
    psize_A,
    halves: [halves[0].share(), halves[1].share()],
    slabs: halves[0].slabs(2 * ctx.threads),
    batches: [batchMemory(plan.batch, n), batchMemory(plan.batch, n)],
    window: params.refine_window ? windowOf(table.box, params.refine_window_inner, params.refine_window_outer) : null,
  };
  const pool = new ThreadPool(new URL('./kernel.ts', import.meta.url), ctx.threads, {
    init: setup,
    signal: ctx.signal,
  });
  try {
    const used = await insertParticles(ctx, pool, table, split, plan.batch, setup.slabs.length);
    const maps = await makeMaps(ctx, pool, halves, operators, plan, psize_A);
    await showMaps(ctx, maps, n, psize_A, used, dataset);
    await writeOutputs(ctx, maps, n, psize_A, used, dataset, split);
  } finally {
    await pool.close();
  }
};

async function joinedParticles(ctx: Ctx): Promise<Dataset> {
  const groups = (await ctx.input('particles')).map((group) => group.dataset);
  const withCtf = groups.filter((d) => d.has('ctf/df1_A')).length;
  if (withCtf > 0 && withCtf < groups.length) {
    const message = `${withCtf} of ${groups.length} connected particle sets have a CTF (slot ctf), wanted all or none.`;
    throw new CsError('input', 'CS_CTF_MISSING', message, {});
  }
  const dataset = Dataset.concat(groups);
  const left = aberrationsLeftOut(dataset);
  if (left.length > 0) ctx.warn(`Not corrected for: ${left.join(', ')} (defocus, Cs and phase shift are).`);
  return dataset;
}

async function onSsd(ctx: Ctx, table: ParticleTable): Promise<ParticleTable> {
  const local = await ctx.cached([...new Set(table.paths)]);
  return { ...table, files: table.paths.map((path) => local.get(path) ?? path) };
}

function tellPlan(ctx: Ctx, table: ParticleTable, n: number, psize_A: number, kept: boolean): void {
  const files = new Set(table.paths).size;
  ctx.log(
    `${table.rows.length} particles of ${table.box} px (${table.psize_A.toFixed(4)} Å/px) in ${files} files; ` +
      `map of ${n} px (${psize_A.toFixed(4)} Å/px), symmetry ${ctx.params.refine_symmetry}.`,
  );
  ctx.log(kept ? 'Half sets: as the particles carry them.' : `Half sets: random, seed ${ctx.params.random_seed}.`);
  if (!ctx.params.compute_use_ssd) ctx.log('SSD cache: not wanted (compute_use_ssd is off).');
  if (!table.hasCtf) ctx.log('The particles have no CTF: they are taken as plain projections.');
}

/** Halves of very different size make the FSC that of the smaller one. */
function warnOfUnequalHalves(ctx: Ctx, split: Uint32Array): void {
  const b = split.reduce((sum, half) => sum + half, 0);
  const [small, large] = [b, split.length - b].sort((x, y) => x - y);
  if (small > large / 2) return;
  ctx.warn(
    `The half sets have ${small} and ${large} particles; the resolution is that of the smaller one. "Force re-do GS split" makes them equal.`,
  );
}

function batchMemory(images: number, n: number): BatchMemory {
  const size = n * (Math.floor(n / 2) + 1);
  return {
    spectra: new Float32Array(new SharedArrayBuffer(8 * images * size)),
    ctfs: new Float32Array(new SharedArrayBuffer(4 * images * size)),
    good: new Uint8Array(new SharedArrayBuffer(images)),
  };
}

/** Soft disc around pixel floor(n/2); radii as fractions of n/2. */
function windowOf(n: number, inner: number, outer: number): Float32Array {
  if (outer < inner) {
    const message = `Window outer radius (${outer}) must not be below the inner radius (${inner}).`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { inner, outer });
  }
  const half = Math.floor(n / 2);
  return Float32Array.from({ length: n * n }, (_, i) => {
    const r = Math.hypot((i % n) - half, Math.floor(i / n) - half) / (n / 2);
    if (r <= inner) return 1;
    return r >= outer ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * (r - inner)) / (outer - inner));
  });
}

function sharedMap(n: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * n ** 3));
}

async function makeMaps(
  ctx: Ctx,
  pool: ThreadPool,
  halves: [BackProjector, BackProjector],
  operators: readonly Float64Array[],
  plan: MemoryPlan,
  psize_A: number,
): Promise<Maps> {
  const { n } = halves[0];
  ctx.progress(0.9, 'Reconstructing the half maps');
  for (const half of halves) half.fold();
  const sums = operators.length > 1 ? await symmetrised(pool, halves, operators) : halves;
  const [half_A, half_B, map, mask_fsc] = [sharedMap(n), sharedMap(n), sharedMap(n), sharedMap(n)];
  const work: MapWork = [
    { from: sums[0].share(), out: half_A, options: {} },
    { from: sums[1].share(), out: half_B, options: {} },
  ];
  const rounds = plan.parallelMaps === 2 ? [work] : work.map((one) => [one]);
  for (const args of rounds) await pool.run([{ name: 'reconstruct', count: args.length, args }]);
  sums[0].mergeFrom(sums[1]);
  const whole: MapWork = [{ from: sums[0].share(), out: map, options: {} }];
  await pool.run([{ name: 'reconstruct', count: 1, args: whole }]);
  ctx.progress(0.95, 'Comparing the half maps');
  const args: AssessWork = {
    n,
    psize_A,
    a: half_A,
    b: half_B,
    map,
    mask: (await givenMask(ctx, n, psize_A)) ?? autoMask(ctx.params),
    maskOut: mask_fsc,
    seed: ctx.params.random_seed,
  };
  const [[assessment]] = await pool.run([{ name: 'assess', count: 1, args }]);
  return { map, half_A, half_B, mask_fsc, assessment: assessment as Maps['assessment'] };
}

/** Each half in turn goes to the memory that the one before has left. */
async function symmetrised(
  pool: ThreadPool,
  halves: [BackProjector, BackProjector],
  operators: readonly Float64Array[],
): Promise<[BackProjector, BackProjector]> {
  const { n, padding } = halves[0];
  let free = new BackProjector(n, { padding, folded: true });
  const done: BackProjector[] = [];
  for (const half of halves) {
    const sections = half.slabs(8 * pool.size);
    const args: SymmetryWork = { from: half.share(), to: free.share(), operators, sections };
    await pool.run([{ name: 'symmetrise', count: sections.length, args }]);
    done.push(free);
    half.cells.fill(0);
    free = half;
  }
  return [done[0], done[1]];
}

async function showMaps(
  ctx: Ctx,
  maps: Maps,
  n: number,
  psize_A: number,
  used: readonly number[],
  dataset: Dataset,
): Promise<void> {
  const { resolution_A } = maps.assessment;
  const text = `Resolution at FSC 0.143: ${resolution_A.corrected.toFixed(2)} Å (corrected), ${resolution_A.mask.toFixed(2)} Å (soft mask), ${resolution_A.no_mask.toFixed(2)} Å (no mask).`;
  ctx.log(text);
  if (!halvesAgree(maps.assessment.curves.corrected)) {
    ctx.warn(
      'The half maps have nothing in common even at the lowest resolution, so the map is shown unfiltered. Check poses, pixel size, contrast sign and CTF of the particles.',
    );
  }
  ctx.figure(text, fscFigure(maps.assessment, n, psize_A), ['dashboard']);
  const guinier = guinierFigure(maps.assessment, n, psize_A);
  const fit = guinier.bfactor_A2 === null ? '' : ` B-factor ${guinier.bfactor_A2.toFixed(1)} Å².`;
  ctx.figure(`Guinier plot of the average map.${fit}`, guinier.figure);
  ctx.figure('Viewing directions of the particles.', viewingFigure(dataset.f4('alignments3D/pose'), used));
  const pictures = sectionsImages(maps.map, [n, n, n]).map(({ title, width, height, gray }) => ({
    title,
    width,
    height,
    png: encodePng(width, height, gray),
  }));
  await ctx.images('Sections and projections of the map', pictures, ['tile', 'volume']);
}

async function writeOutputs(
  ctx: Ctx,
  maps: Maps,
  n: number,
  psize_A: number,
  used: readonly number[],
  dataset: Dataset,
  split: Uint32Array,
): Promise<void> {
  const slots = { map: maps.map, map_half_A: maps.half_A, map_half_B: maps.half_B, mask_fsc: maps.mask_fsc };
  const volume = Dataset.create(dataset.u8('uid').slice(0, 1), Object.keys(slots));
  for (const [slot, data] of Object.entries(slots)) {
    ctx.signal.throwIfAborted();
    const path = `${ctx.job_dir}/${ctx.job_uid}_volume_${slot}.mrc`;
    writeVolume(path, { shape: [n, n, n], psize_A, data });
    volume.text(`${slot}/path`)[0] = relative(ctx.project_dir, path);
    volume.u4(`${slot}/shape`).fill(n);
    volume.f4(`${slot}/psize_A`)[0] = psize_A;
  }
  const resolution_A = Number(maps.assessment.resolution_A.corrected.toFixed(3));
  await ctx.output('volume', volume, {
    resolution_A,
    symmetry: ctx.params.refine_symmetry.trim().toUpperCase(),
    particles: used.length,
  });
  const aligned = dataset.pick(['alignments3D']);
  aligned.set('alignments3D/split', 'u4', split);
  await ctx.output('particles', aligned.select(used));
}
