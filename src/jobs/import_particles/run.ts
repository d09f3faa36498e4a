import { randomBytes } from 'node:crypto';
import { extname, resolve } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { ImportLinks, PathFinder } from '../../data/import-files.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { defocusFigure, viewingFigure } from '../shared/particle-figures.ts';
import { readCsTable } from './from-cs.ts';
import { readStacksTable } from './from-stacks.ts';
import { readStarTable } from './from-star.ts';
import { importImages } from './images.ts';
import { fillLocation } from './location.ts';
import { preview } from './preview.ts';
import type { spec } from './spec.ts';
import type { ParticleTable } from './table.ts';

type Context = JobContext<typeof spec>;

export const run: RunJob<typeof spec> = async (ctx) => {
  const { params } = ctx;
  const table = readTable(ctx);
  for (const note of table.notes) ctx.log(note);
  ctx.log(`Read ${table.dataset.length} particles.`);
  ctx.signal.throwIfAborted();
  const origin = params.particle_meta_path ?? params.particle_blob_path ?? '';
  const finder = new PathFinder(resolve(origin), params.particle_meta_path === null ? null : params.particle_blob_path);
  if (!table.dataset.has('location/center_x_frac')) {
    const remark = fillLocation(table, finder);
    if (remark) ctx.log(remark);
  }
  const particles = params.ignore_blob ? withoutImages(ctx, table) : linkImages(ctx, table, finder);
  ctx.signal.throwIfAborted();
  report(ctx, particles);
  if (!params.ignore_blob) await preview(ctx, particles);
  const summary: Record<string, number | string> = { particles: particles.length };
  if (!params.ignore_blob) {
    summary['box_px'] = particles.u4('blob/shape')[1];
    summary['psize_A'] = round(particles.f4('blob/psize_A')[0]);
  }
  await ctx.output('imported_particles', particles, summary);
};

function readTable(ctx: Context): ParticleTable {
  const { particle_meta_path: meta, particle_blob_path: blob, ignore_pose } = ctx.params;
  const rng = new Rng(randomBytes(4).readUInt32LE());
  const skip = (item: string, error: CsError): void => ctx.skip(item, error);
  if (meta === null) {
    if (blob === null) {
      const message = 'Nothing to import: give a table (particle_meta_path) or stacks (particle_blob_path).';
      throw new CsError('input', 'CS_PARAM_MISSING', message);
    }
    return signed(ctx, readStacksTable(blob, rng, skip));
  }
  const extension = extname(meta).toLowerCase();
  if (extension === '.cs') return readCsTable(meta, ctx.params, ignore_pose);
  if (extension === '.star') return signed(ctx, readStarTable(meta, ctx.params, ignore_pose, rng));
  if (extension === '.mrc' || extension === '.mrcs') return signed(ctx, readStacksTable(meta, rng, skip));
  const message = `Table ${meta} has the extension "${extension}", wanted .star, .cs, .mrc or .mrcs.`;
  throw new CsError('input', 'CS_TABLE_TYPE', message, { path: meta });
}

function signed(ctx: Context, table: ParticleTable): ParticleTable {
  const { params } = ctx;
  const { dataset } = table;
  dataset.f4('blob/sign').fill(params.data_sign === 'dark_on_light' ? -1 : 1);
  if (params.psize_A !== null) dataset.f4('blob/psize_A').fill(params.psize_A);
  return table;
}

function linkImages(ctx: Context, table: ParticleTable, finder: PathFinder): Dataset {
  const { params } = ctx;
  const cut = { prefix: params.blob_cut_prefix, suffix: params.blob_cut_suff };
  let skipped = 0;
  let first: CsError | null = null;
  const found = importImages(table, finder, new ImportLinks(ctx.job_dir), cut, (item, error) => {
    first ??= error;
    skipped++;
    ctx.skip(item, error);
  });
  if (found.rows.length === 0) throw nothingLeft(table, first);
  for (const warning of found.warnings) ctx.warn(`Stacks: ${warning}.`);
  const left = table.dataset.length - found.rows.length;
  if (left > 0)
    ctx.warn(`${left} of ${table.dataset.length} particles are left out, for ${skipped} reasons given above.`);
  const box = `${found.box_px} × ${found.box_px} px`;
  ctx.log(`Imported ${found.rows.length} particles of ${box} from ${found.stacks} stacks.`);
  return left > 0 ? table.dataset.select(found.rows) : table.dataset;
}

/** Everything but the images: the rows keep the paths of the table out of the dataset, which would lead nowhere. */
function withoutImages(ctx: Context, table: ParticleTable): Dataset {
  for (const [row, error] of table.faults) ctx.skip(`particle ${row + 1}`, error);
  const rows = Array.from({ length: table.dataset.length }, (_, row) => row).filter((row) => !table.faults.has(row));
  if (rows.length === 0) throw nothingLeft(table, [...table.faults.values()][0] ?? null);
  const dataset = table.dataset.select(rows);
  dataset.drop('blob');
  if (dataset.slots().length === 0) {
    const message = 'Nothing to import: without raw data the table has neither CTF nor poses.';
    throw new CsError('input', 'CS_IMPORT_EMPTY', message);
  }
  return dataset;
}

function nothingLeft(table: ParticleTable, first: CsError | null): CsError {
  const reason = first ? ` The first reason: ${first.message}` : '';
  const message = `None of ${table.dataset.length} particles could be imported.${reason}`;
  return new CsError('input', 'CS_IMPORT_EMPTY', message, first?.details, first ?? undefined);
}

function report(ctx: Context, particles: Dataset): void {
  if (particles.has('blob/psize_A')) ctx.log(`Pixel size ${range(particles.f4('blob/psize_A'), 4)} Å.`);
  if (particles.has('ctf/df1_A')) {
    const defocus = `${range(particles.f4('ctf/df1_A'), 0)} Å (major), ${range(particles.f4('ctf/df2_A'), 0)} Å (minor)`;
    ctx.log(`Defocus ${defocus}.`);
    const optics = `${range(particles.f4('ctf/accel_kv'), 1)} kV, Cs ${range(particles.f4('ctf/cs_mm'), 3)} mm`;
    ctx.log(`Optics ${optics}, amplitude contrast ${range(particles.f4('ctf/amp_contrast'), 3)}.`);
    ctx.figure('Defocus of the particles.', defocusFigure(particles), ['dashboard']);
  }
  if (particles.has('alignments3D/pose')) {
    ctx.figure('Directions from which the particles are seen.', viewingFigure(particles.f4('alignments3D/pose')), [
      'dashboard',
    ]);
  }
}

function range(values: Float32Array, digits: number): string {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const [a, b] = [low.toFixed(digits), high.toFixed(digits)];
  return a === b ? a : `${a} to ${b}`;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
