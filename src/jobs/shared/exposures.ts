import { basename } from 'node:path';
import { CsError } from '../../base/errors.ts';
import type { Dataset } from '../../data/dataset.ts';
import type { JobContext, PngImage } from '../../engine/context.ts';
import { ThreadPool } from '../../engine/threads.ts';
import type { EerOptions } from '../../io/movie.ts';
import { PIXEL_SIZE_UNSET } from '../../io/mrc.ts';
import type { ExposurePreview, ExposureProbe, ExposureTask, PreviewTask } from './exposure-kernel.ts';

export type ProbedFile = Exclude<ExposureProbe, { error: unknown }>;

/** A file to import and what its header says, or was taken to say from that of the first. */
export interface FoundFile {
  readonly path: string;
  readonly header: ProbedFile;
}

export interface FailedFile {
  readonly path: string;
  readonly error: CsError;
}

type Context = Pick<JobContext, 'threads' | 'memory_mb' | 'signal' | 'progress' | 'warn' | 'log' | 'skip' | 'images'>;

/** Files whose headers are read between two looks at progress and signals. */
const BATCH = 200;
/** Exposures of which pictures are made. */
const PICTURES = 3;
/** Frames that are averaged for a picture. */
const PICTURE_FRAMES = 10;

/** Threads that read exposures; close them when done. */
export function exposureThreads(ctx: Context, wanted: number): ThreadPool {
  const url = new URL('./exposure-kernel.ts', import.meta.url);
  return new ThreadPool(url, Math.max(1, Math.min(wanted, ctx.threads)), { signal: ctx.signal });
}

/**
 * Read the headers of files: all, or the first that can be read, which then stands for the rest. A file of another
 * image size than the first good one fails.
 *
 * @param o `eer`: how electron events are made into frames; `firstOnly`: read no more than the first good header
 * @throws CsError `CS_IMPORT_EMPTY` when no file can be read
 */
export async function probeFiles(
  ctx: Context,
  pool: ThreadPool,
  paths: readonly string[],
  o: { readonly eer: EerOptions; readonly firstOnly: boolean },
): Promise<{ found: FoundFile[]; failed: FailedFile[] }> {
  const found: FoundFile[] = [];
  const failed: FailedFile[] = [];
  const warnings = new Map<string, number>();
  const take = (path: string, result: ExposureProbe): void => {
    const error = 'error' in result ? CsError.fromBody(result.error) : misfit(path, result, found[0]);
    if (error !== null) {
      failed.push({ path, error });
      ctx.skip(path, error);
    } else if (!('error' in result)) {
      found.push({ path, header: result });
      for (const w of result.warnings) if (w !== PIXEL_SIZE_UNSET) warnings.set(w, (warnings.get(w) ?? 0) + 1);
    }
  };
  let done = 0;
  while (done < paths.length && !(o.firstOnly && found.length > 0)) {
    const batch = paths.slice(done, done + (o.firstOnly ? 1 : BATCH));
    const task: ExposureTask = { paths: batch, eer: o.eer };
    const [results] = await pool.run([{ name: 'probe', count: batch.length, args: task }]);
    batch.forEach((path, i) => take(path, results[i] as ExposureProbe));
    done += batch.length;
    ctx.progress(done / paths.length, `Header ${done} of ${paths.length}`);
    ctx.signal.throwIfAborted();
  }
  const [first] = found;
  if (first !== undefined) for (const path of paths.slice(done)) found.push({ path, header: first.header });
  for (const [warning, count] of warnings) {
    ctx.warn(`${count === 1 ? 'One file' : `${count} files`}: ${warning}.`);
  }
  if (first === undefined) {
    const reason = failed[0]?.error;
    const message = `None of ${paths.length} files could be imported.${reason ? ` The first reason: ${reason.message}` : ''}`;
    throw new CsError('input', 'CS_IMPORT_EMPTY', message, reason?.details, reason);
  }
  return { found, failed };
}

function misfit(path: string, result: ProbedFile, first: FoundFile | undefined): CsError | null {
  if (first === undefined) return null;
  const [, ny, nx] = first.header.shape;
  if (result.shape[1] === ny && result.shape[2] === nx) return null;
  const message = `File ${path}: images are ${result.shape[2]} × ${result.shape[1]} px, wanted ${nx} × ${ny} as in ${first.path}.`;
  return new CsError('input', 'CS_EXPOSURE_SHAPE', message, { path, field: 'shape' });
}

/** Pictures of the first exposures, gain applied. A file that cannot be read is told in the log. */
export async function showExposures(
  ctx: Context,
  pool: ThreadPool,
  files: readonly FoundFile[],
  o: { readonly eer: EerOptions; readonly gain: Float32Array | null; readonly output: string },
): Promise<void> {
  const shown = files.slice(0, PICTURES).map((file) => file.path);
  const gain = o.gain && shared(o.gain);
  const [, ny, nx] = files[0].header.shape;
  // a sum and a frame each; half of the memory is left to the rest
  const together = Math.max(1, Math.floor((ctx.memory_mb * 2 ** 19) / (ny * nx * 8)));
  const results: unknown[] = [];
  for (let i = 0; i < shown.length; i += together) {
    const task: PreviewTask = { paths: shown.slice(i, i + together), eer: o.eer, gain, frames: PICTURE_FRAMES };
    results.push(...(await pool.run([{ name: 'preview', count: task.paths.length, args: task }]))[0]);
  }
  const pictures: PngImage[] = [];
  for (const [i, path] of shown.entries()) {
    const result = results[i] as ExposurePreview;
    if ('error' in result) {
      ctx.warn(`No picture of ${path}: ${result.error.message}`);
      continue;
    }
    const { width, height, png, mean, frames } = result;
    pictures.push({ title: basename(path), width, height, png });
    const what = frames === 1 ? 'one frame' : `the first ${frames} frames`;
    ctx.log(`${basename(path)}: mean ${Number(mean.toPrecision(4))} per pixel and frame over ${what}.`);
  }
  if (pictures.length > 0) await ctx.images('First exposures.', pictures, ['tile', 'dashboard', o.output]);
}

function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

/** The value of a parameter. @throws CsError `CS_PARAM_MISSING` when it is empty */
export function given<V>(name: string, value: V | null): V {
  if (value !== null) return value;
  throw new CsError('input', 'CS_PARAM_MISSING', `Parameter ${name} is empty.`, { field: name });
}

/** What is the same for all exposures of an import. */
export interface Microscope {
  readonly accel_kv: number;
  readonly cs_mm: number;
  readonly total_dose_e_per_A2: number;
  readonly phase_plate: boolean;
  readonly neg_stain: boolean;
  readonly exp_group_id: number;
}

/**
 * The microscope by the parameters of an import. Where no exposure group is given it is the number of the job, so that
 * imports are groups of their own.
 * @throws CsError `CS_PARAM_MISSING`
 */
export function microscopeOf(
  job_uid: string,
  params: {
    readonly accel_kv: number | null;
    readonly cs_mm: number | null;
    readonly total_dose_e_per_A2: number | null;
    readonly phase_plate_data: boolean;
    readonly negative_stain_data: boolean;
    readonly override_exp_group_id: number | null;
  },
): Microscope {
  return {
    accel_kv: given('accel_kv', params.accel_kv),
    cs_mm: given('cs_mm', params.cs_mm),
    total_dose_e_per_A2: given('total_dose_e_per_A2', params.total_dose_e_per_A2),
    phase_plate: params.phase_plate_data,
    neg_stain: params.negative_stain_data,
    exp_group_id: params.override_exp_group_id ?? (Number(job_uid.slice(1)) || 1),
  };
}

/** Fill the columns of `mscope_params`, and those of a constant CTF (defocus 0) where the dataset has them. */
export function fillMicroscope(exposures: Dataset, microscope: Microscope): void {
  const { accel_kv, cs_mm, total_dose_e_per_A2, phase_plate, neg_stain, exp_group_id } = microscope;
  exposures.f4('mscope_params/accel_kv').fill(accel_kv);
  exposures.f4('mscope_params/cs_mm').fill(cs_mm);
  exposures.f4('mscope_params/total_dose_e_per_A2').fill(total_dose_e_per_A2);
  exposures.u4('mscope_params/phase_plate').fill(phase_plate ? 1 : 0);
  exposures.u4('mscope_params/neg_stain').fill(neg_stain ? 1 : 0);
  exposures.u4('mscope_params/exp_group_id').fill(exp_group_id);
  if (!exposures.has('ctf/accel_kv')) return;
  exposures.text('ctf/type').fill('imported');
  exposures.u4('ctf/exp_group_id').fill(exp_group_id);
  exposures.f4('ctf/accel_kv').fill(accel_kv);
  exposures.f4('ctf/cs_mm').fill(cs_mm);
  exposures.f4('ctf/amp_contrast').fill(0.1);
  exposures.f4('ctf/scale').fill(1);
}
