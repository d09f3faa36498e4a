import type { CsError } from '../base/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { FigureInput } from '../schema/figure.ts';
import type { JobSpec, ParamsOf } from '../schema/job.ts';
import type { Allocation } from '../schema/model.ts';

/**
 * All that a job may touch. A job has no other way to the outside: no database, no environment, no paths of its
 * own making. A test passes a literal object.
 */
export interface JobContext<S extends JobSpec = JobSpec> {
  readonly project_uid: string;
  readonly job_uid: string;
  /** absolute; paths inside datasets are relative to it */
  readonly project_dir: string;
  /** absolute, `<project_dir>/<job_uid>`; everything that the job writes goes below it */
  readonly job_dir: string;
  /** complete and checked against the spec */
  readonly params: ParamsOf<S>;
  readonly allocation: Allocation;
  /** CPU threads to use */
  readonly threads: number;
  /** memory to stay below, MB, the thread stacks and code of the runtime not counted */
  readonly memory_mb: number;
  /** aborted when the job is to stop; long loops call `signal.throwIfAborted()` */
  readonly signal: AbortSignal;

  /**
   * The datasets connected to an input, one per connection, in order: required and optional slots that are there,
   * joined by uid, with the passthrough slots of the source left out.
   */
  input(name: string & keyof S['inputs']): Promise<readonly InputGroup[]>;

  /**
   * Where to read data files. On a worker with an SSD cache they are copied there first, or are there already, and stay
   * there until the job ends; what cannot be cached is read from where it is, and the event log says why. A file of
   * the cache may vanish with its drive: whoever fails to read it there reads it from where it is.
   *
   * @param paths relative to the project directory, or absolute
   * @returns absolute path to read, by the path that was given
   */
  cached(paths: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /** A line of text in the event log. */
  log(text: string): void;
  warn(text: string): void;
  /** The job's progress bar: one event, updated in place. @param fraction 0 to 1 */
  progress(fraction: number, text: string): void;
  /** A figure as data. `flags: ['dashboard']` puts it on top of the job's page. */
  figure(text: string, figure: FigureInput, flags?: readonly string[]): void;
  /** PNG pictures with a text; the last one with flag `tile` is the job card's picture. */
  images(text: string, images: readonly PngImage[], flags?: readonly string[]): Promise<void>;
  /** Note an item that failed alone; the job goes on. The total shows in the log and the output's summary. */
  skip(item: string, error: CsError): void;

  /**
   * Write an output: `<job_uid>_<name>.cs` with the slots that this job gives, `<job_uid>_passthrough_<name>.cs`
   * with those forwarded (joined by uid from the passthrough input), and `<job_uid>_<name>.csg`.
   *
   * @param dataset rows with `uid` and the columns of the output's slots
   * @param summary numbers worth showing on the job's card
   */
  output(name: string, dataset: Dataset, summary?: Readonly<Record<string, number | string>>): Promise<void>;
}

export interface InputGroup {
  readonly job_uid: string;
  readonly output: string;
  readonly dataset: Dataset;
}

export interface PngImage {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** a complete PNG file */
  readonly png: Uint8Array;
}

/** A job's `run.ts` exports `run` of this type. It throws `CsError`; anything else counts as a bug of ours. */
export type RunJob<S extends JobSpec> = (ctx: JobContext<S>) => Promise<void>;
