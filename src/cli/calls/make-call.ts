import type { ApiInput } from '../../schema/api.ts';
import { FINISHED_STATUSES, type JobStatus } from '../../schema/model.ts';
import type { Instance } from '../instance.ts';
import { type CallInfo, shortAnswer } from './call-table.ts';

/** How long one request waits; below the time after which proxies close a silent connection. */
const WAIT_S = 30;

/** Make a call. Waiting for a job goes on until the job has ended, or until the time-out that the caller names. */
export async function makeCall(
  instance: Instance,
  call: CallInfo,
  input: Record<string, unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  const timeout_ms = (WAIT_S + 30) * 1000;
  if (call.api_name !== 'jobs.wait') {
    const answer = await instance.call(call.api_name, input, { signal, timeout_ms });
    const field = shortAnswer(call);
    return field === null ? answer : (answer as unknown as Record<string, unknown>)[field];
  }
  const { timeout_s, ...one } = input as ApiInput<'jobs.wait'>;
  const end_ms = performance.now() + (timeout_s ?? Infinity) * 1000;
  for (;;) {
    const left_s = Math.max(0, (end_ms - performance.now()) / 1000);
    const wait = { ...one, timeout_s: Math.min(WAIT_S, left_s) };
    // a restart of the master in between is not the job's end
    const status = await instance.call('jobs.wait', wait, { signal, timeout_ms, retry_ms: 60_000 });
    if (hasEnded(status) || left_s <= WAIT_S) return status;
  }
}

/** Exit status of `wait_job_complete`. */
export function exitStatus(call: CallInfo, answer: unknown): number {
  if (call.api_name !== 'jobs.wait') return 0;
  const statuses: Partial<Record<JobStatus, number>> = { completed: 0, failed: 1, killed: 2 };
  return statuses[answer as JobStatus] ?? 3;
}

function hasEnded(status: JobStatus): boolean {
  return FINISHED_STATUSES.includes(status);
}
