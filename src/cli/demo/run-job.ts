import { CsError } from '../../base/errors.ts';
import { FINISHED_STATUSES, type Job } from '../../schema/model.ts';
import type { Instance } from '../instance.ts';
import { styled } from '../text-table.ts';

export interface JobRequest {
  readonly project_uid: string;
  readonly workspace_uid: string;
  readonly job_type: string;
  readonly params: Record<string, unknown>;
  /** input name → output of an earlier job, as `J1.particles` */
  readonly inputs?: Record<string, string>;
}

/** How often the progress of a job is shown, s. */
const SHOW_S = 1;

/**
 * Create a job, queue it and show how it goes until it has ended.
 * @throws CsError `CS_DEMO_JOB` with the job's own words when it does not complete
 */
export async function runJob(api: Instance, request: JobRequest, signal: AbortSignal): Promise<Job> {
  const { inputs = {}, ...wanted } = request;
  const created = await api.call('jobs.create', { ...wanted, input_group_connects: inputs }, { signal });
  const one = { project_uid: created.project_uid, job_uid: created.uid };
  await api.call('jobs.enqueue', one, { signal });
  const begun_ms = performance.now();
  for (;;) {
    const status = await api.call('jobs.wait', { ...one, timeout_s: SHOW_S }, { signal });
    const job = await api.call('jobs.get', one, { signal });
    const elapsed_s = (performance.now() - begun_ms) / 1000;
    showProgress(job, elapsed_s);
    if (job.queue_message?.includes('never start')) {
      throw new CsError('resource', 'CS_DEMO_JOB', `${job.uid} (${job.type}) ${job.queue_message}.`);
    }
    if (!FINISHED_STATUSES.includes(status)) continue;
    if (process.stdout.isTTY) process.stdout.write('\n');
    if (status === 'completed') return job;
    const reasons = job.errors_run.map((e) => `${e.code}: ${e.message}`).join('\n');
    throw new CsError('external', 'CS_DEMO_JOB', `${job.uid} (${job.type}) ${status}.\n${reasons}`);
  }
}

let lastShown = '';

/** One line a job: rewritten on a terminal, written again with each larger change elsewhere. */
function showProgress(job: Job, elapsed_s: number): void {
  const ended = job.status === 'completed';
  const fraction = ended ? 1 : (job.progress?.fraction ?? 0);
  const text = ended ? '' : (job.queue_message ?? job.progress?.text ?? '');
  const percent = `${Math.round(100 * fraction)} %`.padStart(5);
  const line = `${job.uid}  ${job.type.padEnd(18)}${job.status.padEnd(11)}${percent}${`${elapsed_s.toFixed(1)} s`.padStart(9)}  ${text}`;
  if (process.stdout.isTTY) {
    const width = process.stdout.columns ?? 100;
    process.stdout.write(`\r\u001b[2K${styled(ended ? 'green' : 'cyan', line.slice(0, width - 1))}`);
    return;
  }
  const what = `${job.uid} ${job.status} ${Math.floor(fraction * 4)} ${job.queue_message ?? ''}`;
  if (what !== lastShown) process.stdout.write(`${line.trimEnd()}\n`);
  lastShown = what;
}
