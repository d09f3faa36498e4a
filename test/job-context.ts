// test/job-context.ts: a small real JobContext for tests of `src/jobs/*/run.ts`.
//
//   const job = testContext(spec, { num_particles: 10 }, { volume: [dataset] });
//   await run(job.ctx);
//   job.outputs.get('particles')   // the output's document, `job.dataset('particles')` reads its rows back
//   job.events                     // what the job logged, in order
//   job.remove();                  // deletes the temporary project

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JobContext, PngImage } from '../src/engine/context.ts';
import type { CsError } from '../src/base/errors.ts';
import { readDataset } from '../src/data/cs-file.ts';
import { Dataset } from '../src/data/dataset.ts';
import { writeOutput } from '../src/data/outputs.ts';
import { figureSchema, type Figure } from '../src/schema/figure.ts';
import { checkParams, outputsOf, type JobSpec, type ParamsOf } from '../src/schema/job.ts';
import type { Output } from '../src/schema/model.ts';

export type TestEvent =
  | { type: 'text' | 'warning'; text: string }
  | { type: 'progress'; text: string; fraction: number }
  | { type: 'figure'; text: string; figure: Figure; flags: readonly string[] }
  | { type: 'image'; text: string; images: readonly PngImage[]; flags: readonly string[] };

export interface TestJob<S extends JobSpec> {
  ctx: JobContext<S>;
  project_dir: string;
  events: TestEvent[];
  outputs: Map<string, Output>;
  skipped: { item: string; error: CsError }[];
  /** aborts `ctx.signal` */
  abort: AbortController;
  /** all texts and warnings, one a line */
  log(): string;
  /** rows of an output, with what was passed through */
  dataset(output: string): Dataset;
  /** delete the temporary project */
  remove(): void;
}

/**
 * A job `J1` in a new temporary project, with everything that a job may touch.
 * @param params those that differ from the defaults; they are checked against the spec
 * @param inputs datasets by input name, one per connection; the slots that the input does not ask for are passed through
 * @param options `project_dir`: use this project (it is not removed) and `job_uid`; `cached`: where files are read, in
 *   place of the project directory
 */
export function testContext<S extends JobSpec>(
  spec: S,
  params: Record<string, unknown> = {},
  inputs: Record<string, Dataset[]> = {},
  options: {
    project_dir?: string;
    job_uid?: string;
    threads?: number;
    memory_mb?: number;
    cached?: (paths: readonly string[]) => Map<string, string>;
  } = {},
): TestJob<S> {
  const problems = checkParams(spec, params);
  if (problems.length > 0) throw new Error(`parameters do not fit ${spec.type}: ${JSON.stringify(problems)}`);
  const project_dir = options.project_dir ?? mkdtempSync(join(tmpdir(), 'cs-test-'));
  const job_uid = options.job_uid ?? 'J1';
  const job_dir = join(project_dir, job_uid);
  mkdirSync(job_dir, { recursive: true });
  const complete = spec.params.parse(params) as ParamsOf<S>;
  const outputSpecs = outputsOf(spec, complete);
  const events: TestEvent[] = [];
  const outputs = new Map<string, Output>();
  const skipped: { item: string; error: CsError }[] = [];
  const abort = new AbortController();

  const ctx: JobContext<S> = {
    project_uid: 'P1',
    job_uid,
    project_dir,
    job_dir,
    params: complete,
    allocation: {
      lane: 'default',
      target: 'localhost',
      hostname: 'localhost',
      slots: { CPU: [0, 1], GPU: [], RAM: [0] },
      ssd: false,
    },
    threads: options.threads ?? 2,
    memory_mb: options.memory_mb ?? 2048,
    signal: abort.signal,
    input: (name) => {
      const wanted = spec.inputs[name].slots.map((slot) => slot.name);
      const groups = (inputs[name] ?? []).map((dataset, i) => ({
        job_uid: `J${100 + i}`,
        output: name,
        dataset: dataset.pick(wanted),
      }));
      return Promise.resolve(groups);
    },
    cached: (paths) =>
      Promise.resolve(options.cached?.(paths) ?? new Map(paths.map((p) => [p, resolve(project_dir, p)]))),
    log: (text) => void events.push({ type: 'text', text }),
    warn: (text) => void events.push({ type: 'warning', text }),
    progress: (fraction, text) => void events.push({ type: 'progress', fraction, text }),
    figure: (text, figure, flags = []) =>
      void events.push({ type: 'figure', text, figure: figureSchema.parse(figure), flags }),
    images: (text, images, flags = []) => {
      events.push({ type: 'image', text, images, flags });
      return Promise.resolve();
    },
    skip: (item, error) => void skipped.push({ item, error }),
    output: (name, dataset, summary = {}) => {
      const output = outputSpecs[name];
      if (!output) throw new Error(`${spec.type} has no output "${name}"`);
      const source = output.passthrough ? (inputs[output.passthrough] ?? []) : [];
      const own = new Set(output.slots);
      const passthrough =
        source.length > 0 ? Dataset.concat(source.map((d) => d.pick(d.slots().filter((s) => !own.has(s))))) : null;
      outputs.set(name, writeOutput({ project_dir, job_uid, name, spec: output, dataset, passthrough, summary }));
      return Promise.resolve();
    },
  };
  return {
    ctx,
    project_dir,
    events,
    outputs,
    skipped,
    abort,
    log: () => events.flatMap((e) => (e.type === 'text' || e.type === 'warning' ? [e.text] : [])).join('\n'),
    dataset: (name) => {
      const files = new Set(outputs.get(name)?.results.flatMap((r) => r.metafiles));
      const parts = [...files].map((file) => readDataset(join(project_dir, file)));
      return parts.reduce((all, part) => all.innerJoin(part));
    },
    remove: () => {
      if (options.project_dir === undefined) rmSync(project_dir, { recursive: true, force: true });
    },
  };
}
