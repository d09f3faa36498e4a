import { resolve } from 'node:path';
import { CsError } from '../base/errors.ts';
import { Dataset } from '../data/dataset.ts';
import { readGroup } from '../data/inputs.ts';
import { writeOutput } from '../data/outputs.ts';
import { makeDirectory, writeFileAtomic } from '../host/fs-atomic.ts';
import { type FigureInput, figureSchema } from '../schema/figure.ts';
import { type JobSpec, outputsOf } from '../schema/job.ts';
import type { Output } from '../schema/model.ts';
import { JobCache } from './cache/job-cache.ts';
import type { InputGroup, JobContext, PngImage } from './context.ts';
import type { EventLog } from './event-log.ts';
import type { Claim } from './messages.ts';
import { ProgressBar } from './progress.ts';

/** Skipped items that get a line of their own in the event log; the rest is counted and listed in job.log. */
const SKIPS_SHOWN = 20;

interface Parts {
  readonly claim: Claim;
  readonly spec: JobSpec;
  readonly params: Record<string, unknown>;
  readonly log: EventLog;
  readonly signal: AbortSignal;
  readonly onTile: (path: string) => void;
}

interface ReadGroup extends InputGroup {
  /** results of the connected output that the input did not ask for */
  readonly rest: Dataset;
}

/** The context of a job that runs: datasets and files on disk, events into the log and to the monitor. */
export class LiveContext implements JobContext {
  readonly project_uid: string;
  readonly job_uid: string;
  readonly project_dir: string;
  readonly job_dir: string;
  readonly params: Record<string, unknown>;
  readonly allocation: Claim['allocation'];
  readonly threads: number;
  readonly memory_mb: number;
  readonly signal: AbortSignal;
  readonly outputs: Output[] = [];

  private readonly parts: Parts;
  private readonly bar: ProgressBar;
  private readonly barTimer: NodeJS.Timeout;
  private readonly groups = new Map<string, Promise<readonly ReadGroup[]>>();
  private readonly pictures = new Map<string, string>();
  private readonly cache: JobCache;
  private skipped = 0;

  constructor(parts: Parts) {
    const { claim } = parts;
    this.parts = parts;
    this.project_uid = claim.project_uid;
    this.job_uid = claim.job_uid;
    this.project_dir = claim.project_dir;
    this.job_dir = claim.job_dir;
    this.params = parts.params;
    this.allocation = claim.allocation;
    this.threads = Math.max(1, claim.allocation.slots.CPU.length);
    this.memory_mb = claim.memory_mb;
    this.signal = parts.signal;
    this.bar = new ProgressBar(parts.log);
    this.barTimer = setInterval(() => this.bar.flush(), 250);
    this.barTimer.unref();
    this.cache = new JobCache(claim, this, process.env);
  }

  async input(name: string): Promise<readonly InputGroup[]> {
    return await this.readInput(name);
  }

  async cached(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const absolute = paths.map((path) => resolve(this.project_dir, path));
    const local = await this.cache.fetch(absolute);
    return new Map(paths.map((path, i) => [path, local.get(absolute[i] ?? '') ?? resolve(this.project_dir, path)]));
  }

  log(text: string): void {
    jobLog(text);
    this.parts.log.append({ type: 'text', flags: [], text });
  }

  warn(text: string): void {
    jobLog(`warning: ${text}`);
    this.parts.log.append({ type: 'warning', flags: [], text });
  }

  progress(fraction: number, text: string): void {
    this.bar.set(fraction, text);
  }

  figure(text: string, figure: FigureInput, flags: readonly string[] = []): void {
    const checked = figureSchema.safeParse(figure);
    if (!checked.success) {
      // a plot that cannot be drawn must not cost the hours of computing before it
      const issue = checked.error.issues[0];
      this.warn(`Figure "${figure.title}" cannot be drawn: ${issue?.path.join('.')}: ${issue?.message}.`);
      return;
    }
    this.parts.log.append({ type: 'figure', flags: [...flags], text, figure: checked.data });
  }

  async images(text: string, images: readonly PngImage[], flags: readonly string[] = []): Promise<void> {
    const id = this.parts.log.takeId();
    makeDirectory(`${this.job_dir}/assets`);
    const files = images.map(({ title, width, height, png }, k) => {
      const path = `assets/${id}-${k}.png`;
      writeFileAtomic(`${this.job_dir}/${path}`, png);
      return { path, title, width, height };
    });
    this.parts.log.append({ type: 'image', flags: [...flags], text, images: files }, id);
    const last = files.at(-1);
    if (!last) return;
    for (const flag of flags) this.pictures.set(flag, `${this.job_uid}/${last.path}`);
    if (flags.includes('tile')) this.parts.onTile(`${this.job_uid}/${last.path}`);
  }

  skip(item: string, error: CsError): void {
    this.skipped++;
    jobLog(`skipped ${item}: ${error.code}: ${error.message}`);
    if (this.skipped <= SKIPS_SHOWN) {
      this.parts.log.append({ type: 'warning', flags: [], text: `Skipped ${item}: ${error.message}` });
    }
  }

  async output(name: string, dataset: Dataset, summary: Readonly<Record<string, number | string>> = {}): Promise<void> {
    const spec = outputsOf(this.parts.spec, this.params)[name];
    if (!spec) throw new CsError('bug', 'CS_OUTPUT', `The job type ${this.parts.spec.type} has no output "${name}".`);
    const written = writeOutput({
      project_dir: this.project_dir,
      job_uid: this.job_uid,
      name,
      spec,
      dataset,
      passthrough: spec.passthrough === undefined ? null : await this.forwarded(spec.passthrough),
      summary: this.skipped > 0 ? { ...summary, skipped: this.skipped } : summary,
    });
    const before = this.outputs.findIndex((o) => o.name === name);
    this.outputs.splice(before < 0 ? this.outputs.length : before, before < 0 ? 0 : 1, written);
  }

  /**
   * Last events of a job: the state of the progress bar, skipped items, results.
   * @param completed a job that failed or was killed is not reminded of outputs that it did not write
   */
  finish(completed: boolean): void {
    clearInterval(this.barTimer);
    this.cache.release();
    this.bar.flush();
    if (this.skipped > 0) this.warn(`Skipped in all: ${this.skipped}.`);
    for (const name of Object.keys(outputsOf(this.parts.spec, this.params))) {
      if (completed && !this.outputs.some((o) => o.name === name)) this.warn(`Output "${name}" was not written.`);
    }
    for (const o of this.outputs) o.image ??= this.pictures.get(o.name) ?? null;
    if (this.outputs.length > 0) {
      const lines = this.outputs.map((o) => `${this.job_uid}.${o.name}: ${o.num_items} ${o.type}${numbers(o.summary)}`);
      this.log(`Results:\n${lines.join('\n')}`);
    }
  }

  private readInput(name: string): Promise<readonly ReadGroup[]> {
    const known = this.groups.get(name);
    if (known) return known;
    const reading = this.readGroups(name);
    this.groups.set(name, reading);
    return reading;
  }

  private async readGroups(name: string): Promise<readonly ReadGroup[]> {
    const wanted = this.parts.spec.inputs[name]?.slots;
    if (!wanted) throw new CsError('bug', 'CS_INPUT', `The job type ${this.parts.spec.type} has no input "${name}".`);
    return (this.parts.claim.inputs[name] ?? []).map(({ connection, results }) => {
      const { dataset, passthrough } = readGroup(this.project_dir, results, [...wanted]);
      return { job_uid: connection.job_uid, output: connection.output, dataset, rest: passthrough };
    });
  }

  /** Everything that came in by an input: what the job itself used is forwarded as well, unless it writes it anew. */
  private async forwarded(input: string): Promise<Dataset | null> {
    const groups = await this.readInput(input);
    if (groups.length === 0) return null;
    return Dataset.concat(groups.map((g) => g.dataset.innerJoin(g.rest)));
  }
}

function numbers(summary: Output['summary']): string {
  const entries = Object.entries(summary);
  return entries.length === 0 ? '' : ` (${entries.map(([k, v]) => `${k} ${v}`).join(', ')})`;
}

/** A line of job.log, which is this process's standard output. */
export function jobLog(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}
