import { CsError } from '../../base/errors.ts';
import { FINISHED_STATUSES, type Job, type TargetNode } from '../../schema/model.ts';
import type { Instance } from '../instance.ts';

/** Result of one check, with what to do when it failed. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly found: string;
  readonly remedy: string;
}

const JOB_TYPE = 'instance_launch_test';

/**
 * Start a job on a worker in the way of all jobs, and see how it goes.
 * @param timeout_s how long to wait for its end; it is killed then
 */
export async function checkWorker(
  instance: Instance,
  project_uid: string,
  workspace_uid: string,
  target: TargetNode,
  timeout_s: number,
): Promise<Check> {
  const what = `launch on ${target.hostname}`;
  const title = `Test of worker ${target.hostname}`;
  const made = await instance.call('jobs.create', { job_type: JOB_TYPE, project_uid, workspace_uid, title });
  const one = { project_uid, job_uid: made.uid };
  await instance.call('jobs.enqueue', { ...one, hostname: target.hostname });
  const end_ms = performance.now() + timeout_s * 1000;
  for (;;) {
    const wait_s = Math.max(0, Math.min(5, (end_ms - performance.now()) / 1000));
    const status = await instance.call('jobs.wait', { ...one, timeout_s: wait_s });
    const job = await instance.call('jobs.get', one);
    if (status === 'completed') {
      const took_s = (Date.parse(job.completed_at ?? '') - Date.parse(job.queued_at ?? '')) / 1000;
      return { what, ok: true, found: `${made.uid} completed after ${took_s.toFixed(1)} s`, remedy: '' };
    }
    if (FINISHED_STATUSES.includes(status)) return failed(what, job, target);
    if (performance.now() < end_ms) continue;
    const found = `${made.uid} is ${job.status} after ${timeout_s} s: ${job.queue_message ?? 'no reason known'}`;
    await instance.call('jobs.kill', one);
    return {
      what,
      ok: false,
      found,
      remedy: 'Wait for running jobs, end maintenance mode or the pause of the project, or give --timeout.',
    };
  }
}

function failed(what: string, job: Job, target: TargetNode): Check {
  const [error] = job.errors_run;
  const found = `${job.uid} ${job.status}: ${error?.message ?? 'no reason known'}`;
  const start = `${target.worker_bin_path} version`;
  const remote = target.ssh_str === '' ? start : `ssh ${target.ssh_str} ${start}`;
  const remedies: Record<string, string> = {
    CS_LAUNCH_FAILED: `Run "${remote}" as the user of the instance: it must print the version without asking for anything.`,
    CS_VERSION_MISMATCH:
      'Update the worker to the version of the master, then run "cryosparcw connect --update" there.',
    CS_HEARTBEAT_LOST: `See that ${target.hostname} reaches the master at its host name and port (CRYOSPARC_MASTER_HOSTNAME, base port + 2).`,
    CS_FILE_MISSING: 'Mount the project directory on the worker under the same path.',
    CS_FILE_ACCESS: 'Let the account of the worker write to the project directory.',
    CS_DISK_FULL: 'Free some space on the disk of the project directory.',
  };
  const remedy = remedies[error?.code ?? ''] ?? `Read "cryosparcm joblog ${job.project_uid} ${job.uid} --no-follow".`;
  return { what, ok: false, found, remedy };
}

/** The workers with the given names, or all. @throws CsError `CS_NO_WORKERS`, `CS_TARGET_UNKNOWN` */
export async function chosenWorkers(instance: Instance, hostname: string | undefined): Promise<TargetNode[]> {
  const targets = await instance.call('resources.targets', {});
  const nodes = targets.filter((target): target is TargetNode => target.type === 'node');
  const chosen = nodes.filter((target) => hostname === undefined || target.hostname === hostname);
  if (chosen.length > 0) return chosen;
  const known = nodes.map((target) => target.hostname).join(', ') || 'none';
  throw new CsError(
    'notFound',
    'CS_TARGET_UNKNOWN',
    hostname === undefined
      ? 'No worker is connected: run "cryosparcw connect" on one.'
      : `No worker "${hostname}" is connected. Workers: ${known}.`,
  );
}
