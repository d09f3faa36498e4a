import { isAbsolute, join } from 'node:path';
import { asCsError, CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { type MrcHeader, readMrcHeader } from '../../io/mrc.ts';
import { ctfParamsOf } from '../../math/ctf.ts';
import type { Batch } from './kernel.ts';

/** Particles that can be read, in the order of their files. */
export interface ParticleTable {
  readonly dataset: Dataset;
  /** rows of the dataset, sorted by file and section */
  readonly rows: Uint32Array;
  /** absolute path of each row's stack */
  readonly paths: readonly string[];
  /** where each row's stack is read: its path, or its copy in the SSD cache */
  readonly files: readonly string[];
  /** side of the images, px */
  readonly box: number;
  readonly psize_A: number;
  readonly hasCtf: boolean;
}

/**
 * Check what can be checked without reading pixels: poses, stacks' headers, one box size and one pixel size.
 *
 * @param skip told of each stack, or part of one, that is left out
 * @throws CsError `input` when box or pixel sizes differ, or when nothing is left
 */
export function particleTable(
  dataset: Dataset,
  project_dir: string,
  skip: (item: string, error: CsError) => void,
): ParticleTable {
  const paths = dataset.text('blob/path').map((path) => {
    const clean = path.replace(/^>/, '');
    return isAbsolute(clean) ? clean : join(project_dir, clean);
  });
  const idx = dataset.u4('blob/idx');
  const poses = dataset.f4('alignments3D/pose');
  const shifts = dataset.f4('alignments3D/shift');
  const byPath = Map.groupBy(paths.keys(), (row) => paths[row]);
  let first: { path: string; header: MrcHeader } | null = null;
  let lastError: CsError | null = null;
  const fail = (item: string, error: CsError): void => {
    lastError = error;
    skip(item, error);
  };
  const kept: number[] = [];
  for (const [path, rows] of [...byPath].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const header = headerOf(path, rows.length, fail);
    if (!header) continue;
    first ??= { path, header };
    checkBox(path, header, first);
    const outside = rows.filter((row) => idx[row] >= header.sectionsPresent);
    if (outside.length > 0) {
      const found = `section ${idx[outside[0]]}, the file holds 0 to ${header.sectionsPresent - 1}`;
      const message = `${path}: ${outside.length} particles lie beyond its end (${found}).`;
      fail(`${outside.length} particles of ${path}`, new CsError('input', 'CS_MRC_SECTION', message, { path }));
    }
    const inside = rows.filter((row) => idx[row] < header.sectionsPresent);
    const posed = inside.filter((row) => finite(poses, 3 * row, 3) && finite(shifts, 2 * row, 2));
    if (posed.length < inside.length) {
      const message = `${path}: ${inside.length - posed.length} particles have a pose or shift that is not a finite number.`;
      fail(`${inside.length - posed.length} particles of ${path}`, new CsError('input', 'CS_POSE', message, { path }));
    }
    for (const row of posed.sort((a, b) => idx[a] - idx[b])) kept.push(row);
  }
  if (!first || kept.length === 0) {
    const reason = (lastError as CsError | null)?.message ?? 'The input has no rows.';
    throw new CsError('input', 'CS_NO_PARTICLES', `None of the ${dataset.length} particles can be used. ${reason}`);
  }
  const keptPaths = kept.map((row) => paths[row]);
  return {
    dataset,
    rows: Uint32Array.from(kept),
    paths: keptPaths,
    files: keptPaths,
    box: first.header.nx,
    psize_A: onePixelSize(dataset.f4('blob/psize_A'), kept),
    hasCtf: allHaveCtf(dataset, kept),
  };
}

function headerOf(path: string, count: number, fail: (item: string, error: CsError) => void): MrcHeader | null {
  try {
    const header = readMrcHeader(path);
    if (header.mode !== 4) return header;
    throw new CsError('input', 'CS_MRC_HEADER', `${path}: mode is 4 (complex), wanted images of real values.`, {
      path,
    });
  } catch (error) {
    fail(`${count} particles of ${path}`, asCsError(error));
    return null;
  }
}

function checkBox(path: string, header: MrcHeader, first: { path: string; header: MrcHeader }): void {
  const { nx, ny } = header;
  if (nx !== ny || nx < 8) {
    const message = `${path}: images are ${nx} × ${ny} px, wanted square ones of at least 8 px.`;
    throw new CsError('input', 'CS_BOX_SIZE', message, { path, nx, ny });
  }
  if (nx !== first.header.nx) {
    const message = `Particles have different box sizes: ${first.header.nx} px in ${first.path}, ${nx} px in ${path}. Bring them to one size first.`;
    throw new CsError('input', 'CS_MIXED_BOX', message, { path, found: nx, wanted: first.header.nx });
  }
}

function onePixelSize(psizes_A: Float32Array, rows: readonly number[]): number {
  const psize_A = psizes_A[rows[0]];
  const other = rows.find((row) => !(Math.abs(psizes_A[row] / psize_A - 1) < 1e-3));
  if (!(psize_A > 0) || other !== undefined) {
    const found = psize_A > 0 && other !== undefined ? `${psize_A} and ${psizes_A[other]} Å` : `${psize_A} Å`;
    const message = `Pixel size of the particles (blob/psize_A): found ${found}, wanted one positive value for all.`;
    throw new CsError('input', 'CS_MIXED_PSIZE', message, {});
  }
  return psize_A;
}

/** Whether the particles have a CTF: a row without one has voltage 0, as columns that nobody filled do. */
function allHaveCtf(dataset: Dataset, rows: readonly number[]): boolean {
  if (!dataset.has('ctf/accel_kv')) return false;
  const accel_kv = dataset.f4('ctf/accel_kv');
  const without = rows.filter((row) => !(accel_kv[row] > 0)).length;
  if (without === 0 || without === rows.length) return without === 0;
  const message = `${without} of ${rows.length} particles have no CTF (ctf/accel_kv is 0), wanted all or none.`;
  throw new CsError('input', 'CS_CTF_MISSING', message, { without });
}

function finite(values: Float32Array, at: number, count: number): boolean {
  for (let i = at; i < at + count; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

/**
 * Half set of each row, 0 or 1: the one that the particles carry (`alignments3D/split`) when it has two halves, else
 * a random split into equal parts.
 * @param resplit always split anew
 */
export function halfSets(dataset: Dataset, resplit: boolean, seed: number): { split: Uint32Array; kept: boolean } {
  const old = dataset.has('alignments3D/split') ? dataset.u4('alignments3D/split') : null;
  if (old && !resplit && old.some((h) => h === 0) && old.some((h) => h === 1) && old.every((h) => h <= 1)) {
    return { split: old.slice(), kept: true };
  }
  const order = Uint32Array.from({ length: dataset.length }, (_, i) => i);
  const rng = new Rng(seed);
  for (let i = order.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const split = new Uint32Array(dataset.length);
  for (let i = 0; i < order.length; i++) split[order[i]] = i & 1;
  return { split, kept: false };
}

/**
 * The batch of rows `first` to before `end` of the table.
 * @param memory which of the two batch memories it goes to
 */
export function batchOf(table: ParticleTable, split: Uint32Array, first: number, end: number, memory: 0 | 1): Batch {
  const { dataset, hasCtf, psize_A } = table;
  const rows = table.rows.subarray(first, end);
  const idx = dataset.u4('blob/idx');
  const pose = dataset.f4('alignments3D/pose');
  const shift = dataset.f4('alignments3D/shift');
  const alignPsize_A = dataset.has('alignments3D/psize_A') ? dataset.f4('alignments3D/psize_A') : null;
  const sign = dataset.has('blob/sign') ? dataset.f4('blob/sign') : null;
  const count = rows.length;
  const batch = {
    memory,
    count,
    paths: table.paths.slice(first, end),
    files: table.files.slice(first, end),
    indices: new Uint32Array(count),
    poses: new Float32Array(3 * count),
    shifts_px: new Float32Array(2 * count),
    gains: new Float32Array(count),
    halves: new Uint8Array(count),
    ctfs: hasCtf ? Array.from(rows, (row) => ctfParamsOf(dataset, row)) : null,
  };
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    const shiftUnit_A = alignPsize_A && alignPsize_A[row] > 0 ? alignPsize_A[row] : psize_A;
    batch.indices[i] = idx[row];
    batch.poses.set(pose.subarray(3 * row, 3 * row + 3), 3 * i);
    batch.shifts_px[2 * i] = (shift[2 * row] * shiftUnit_A) / psize_A;
    batch.shifts_px[2 * i + 1] = (shift[2 * row + 1] * shiftUnit_A) / psize_A;
    batch.gains[i] = contrast(sign ? sign[row] : 0, hasCtf);
    batch.halves[i] = split[row];
  }
  return batch;
}

/**
 * Factor that makes the map's density positive. Dark protein (`blob/sign` -1) is what a CTF of -sin gives of positive
 * density, so with CTF bright protein is turned; plain projections of it are bright. Where the sign is not told (0),
 * images are taken to be as these models make them.
 */
function contrast(sign: number, hasCtf: boolean): number {
  if (sign === 0) return 1;
  return hasCtf ? -Math.sign(sign) : Math.sign(sign);
}
