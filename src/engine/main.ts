import { hostname } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CsError } from '../base/errors.ts';
import { loadJob } from '../host/job-types.ts';
import { MemoryGauge } from '../host/memory.ts';
import { processIdentity, type TreeMark } from '../host/process-tree.ts';
import { VERSION } from '../host/version.ts';
import type { JobSpec } from '../schema/job.ts';
import type { RunJob } from './context.ts';
import { EventLog } from './event-log.ts';
import { jobLog, LiveContext } from './job-context.ts';
import { errorText, errorTrace, jobError, KILLED } from './job-error.ts';
import type { MainMessage, Outcome, StartMessage } from './messages.ts';
import { completeParams } from './params.ts';

/**
 * The process of one job. Its monitor forks it, tells it what to run over the IPC channel, and hears of its events and
 * its outcome there. Standard output and error are `job.log`.
 */
const abort = new AbortController();
let ending = false;
let log: EventLog | undefined;
let context: LiveContext | undefined;

process.stdout.on('error', ignoreLogFailure);
process.stderr.on('error', ignoreLogFailure);
process.on('SIGTERM', () => abort.abort(KILLED));
process.on('SIGINT', () => abort.abort(KILLED));
process.on('uncaughtException', (error) => end(error));
process.once('message', (message: StartMessage) => {
  watch(message);
  run(message).then(() => end(), end);
});

async function run({ claim, jobs_url }: StartMessage): Promise<void> {
  log = new EventLog(`${claim.job_dir}/events.jsonl`, (event) => send({ type: 'event', event }));
  const { spec, run_url } = await loadJob(claim.type, jobs_url === undefined ? undefined : new URL(jobs_url));
  const params = completeParams(spec, claim.params);
  context = new LiveContext({
    claim,
    spec,
    params,
    log,
    signal: abort.signal,
    onTile: (path) => send({ type: 'tile', path }),
  });
  watchMemory(context);
  const { slots } = claim.allocation;
  const gpus = slots.GPU.length > 0 ? `, GPU ${slots.GPU.join(', ')}` : '';
  context.log(
    `${spec.title} (${spec.type}) ${VERSION} on ${hostname()}: ${context.threads} CPU${gpus}, ${claim.memory_mb} MB of memory`,
  );
  const { run: job } = (await import(run_url)) as { run: RunJob<JobSpec> };
  abort.signal.throwIfAborted();
  await job(context);
}

/** Tell the outcome and exit; the first call counts. */
function end(thrown?: unknown): void {
  if (ending) return;
  ending = true;
  const outputs = context?.outputs ?? [];
  const killed = thrown !== undefined && abort.signal.aborted;
  const error = killed || thrown === undefined ? null : jobError(thrown);
  const errors: CsError[] = killed ? [KILLED] : error ? [error] : [];
  if (error) jobLog(errorTrace(error));
  try {
    context?.finish(thrown === undefined);
    if (error) log?.append({ type: 'error', flags: [], text: errorText(error) });
    else if (!killed) context?.log(`Completed in ${process.uptime().toFixed(1)} s.`);
  } catch (failed) {
    // the log itself fails (a full disk): the job's own error, if any, stays the first one
    const failure = jobError(failed);
    if (errors.every((e) => e.message !== failure.message)) errors.push(failure);
    jobLog(errorTrace(failure));
  }
  const status = killed ? 'killed' : errors.length > 0 ? 'failed' : 'completed';
  const outcome: Outcome = {
    status,
    errors: errors.map(({ kind, code, message }) => ({ kind, code, message })),
    outputs,
  };
  if (!process.send) process.exit(1);
  process.send({ type: 'outcome', outcome } satisfies MainMessage, () => process.exit(0));
}

function send(message: MainMessage): void {
  if (process.connected) process.send?.(message);
}

/** End this process and all that it started when its monitor dies, see `watchdog.ts`. */
function watch({ monitor_pid, mark: environment }: StartMessage): void {
  const root = processIdentity(process.pid) ?? { pid: process.pid, start_ticks: 0 };
  const mark: TreeMark = { root, environment };
  const thread = new Worker(new URL('./watchdog.ts', import.meta.url), { workerData: { monitor_pid, mark } });
  thread.unref();
}

/** Warn when the job takes more memory than it was given, again at each further quarter. */
function watchMemory(ctx: LiveContext): void {
  const gauge = new MemoryGauge();
  let limit_mb = ctx.memory_mb;
  const timer = setInterval(() => {
    const used_mb = gauge.read().cpumem_mb;
    if (used_mb <= limit_mb || ending) return;
    limit_mb = used_mb * 1.25;
    try {
      ctx.warn(`The job uses ${used_mb} MB of memory; it was given ${ctx.memory_mb} MB.`);
    } catch (error) {
      end(error);
    }
  }, 2000);
  timer.unref();
}

/** job.log is a convenience: the event log and the outcome tell what happened. */
function ignoreLogFailure(): void {}
