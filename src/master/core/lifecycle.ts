import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';
import type { ApiInput } from '../../schema/api.ts';
import { ACTIVE_STATUSES, FINISHED_STATUSES, type Job, type JobStatus } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Bus } from './bus.ts';
import { requireBuilding } from './connector.ts';
import type { Jobs } from './jobs.ts';
import { NOT_RUN } from './new-job.ts';
import type { StoredProject } from './projects.ts';
import type { Refresher } from './refresher.ts';
import type { Resources } from './resources.ts';
import type { Launches } from '../launch/launches.ts';

export type Outcome = ApiInput<'runs.finish'>;

/** The life of a job after it is built: queued, ended, cleared, deleted. */
export class Lifecycle {
  private readonly db: Database;
  private readonly bus: Bus;
  private readonly jobs: Jobs;
  private readonly refresher: Refresher;
  private readonly resources: Resources;
  private readonly launches: Launches;

  constructor(db: Database, bus: Bus, jobs: Jobs, refresher: Refresher, resources: Resources, launches: Launches) {
    this.db = db;
    this.bus = bus;
    this.jobs = jobs;
    this.refresher = refresher;
    this.resources = resources;
    this.launches = launches;
  }

  /** @throws CsError `CS_BUILD_ERRORS` naming what is missing; errors for an unknown lane, worker or GPU */
  enqueue(
    job: Job,
    to: { lane?: string | undefined; hostname?: string | undefined; gpus?: number[] | undefined },
  ): Job {
    return this.db.transaction(() => {
      const { build_errors, resources_needed } = this.refresher.refresh(requireBuilding(job));
      if (build_errors.length > 0) {
        throw new CsError('input', 'CS_BUILD_ERRORS', `${job.uid} cannot be queued. ${build_errors.join(' ')}`, {
          build_errors,
        });
      }
      const cluster = to.hostname === undefined ? undefined : this.resources.cluster(to.hostname);
      const target = to.hostname === undefined || cluster ? null : this.resources.requireTarget(to.hostname);
      if (cluster && to.gpus !== undefined) {
        const text = `GPUs cannot be chosen on cluster ${cluster.name}: its own scheduler gives them out.`;
        throw new CsError('input', 'CS_QUEUE_GPU', text);
      }
      if (to.gpus !== undefined) {
        if (!target)
          throw new CsError('input', 'CS_QUEUE_GPU', 'GPUs can only be chosen together with a worker (hostname).');
        const unknown = to.gpus.filter((id) => !target.resource_slots.GPU.includes(id));
        if (unknown.length > 0) {
          const has = target.resource_slots.GPU.join(', ') || 'none';
          throw new CsError(
            'input',
            'CS_QUEUE_GPU',
            `Worker ${target.hostname} has no GPU ${unknown.join(', ')}; it has ${has}.`,
          );
        }
        if (new Set(to.gpus).size !== resources_needed.gpu) {
          throw new CsError(
            'input',
            'CS_QUEUE_GPU',
            `${job.uid} needs ${resources_needed.gpu} GPUs; ${to.gpus.length} were chosen.`,
          );
        }
      }
      const lane =
        cluster?.lane ?? (target && to.lane === undefined ? target.lane : this.resources.requireLane(to.lane).name);
      return this.jobs.save({
        ...this.jobs.require(job.project_uid, job.uid),
        ...NOT_RUN,
        status: 'queued',
        queued_at: new Date().toISOString(),
        queue_status: 'actively_queued',
        queued_to_lane: lane,
        queued_to_hostname: target?.hostname ?? null,
        queued_to_gpu: to.gpus ?? null,
      });
    });
  }

  /** Write down how an active job ended. A job that has ended already stays as it is. */
  end(project_uid: string, job_uid: string, outcome: Outcome): void {
    this.db.transaction(() => {
      const job = this.jobs.find(project_uid, job_uid);
      if (!job || !ACTIVE_STATUSES.includes(job.status)) return;
      const now = new Date().toISOString();
      const { status } = outcome;
      const given = outcome.outputs ?? [];
      this.launches.end(project_uid, job_uid);
      const ended = this.jobs.save({
        ...job,
        status,
        [`${status}_at`]: now,
        queue_status: null,
        queue_message: null,
        outputs: status === 'completed' ? given : merge(job.outputs, given),
        errors_run: (outcome.errors ?? []).slice(0, 10),
        progress: status === 'completed' ? { fraction: 1, text: 'Done' } : job.progress,
      });
      this.refresher.refreshChildren(ended);
      this.db.afterCommit(() => this.bus.push('resources', null, {}));
    });
  }

  /** Take a job out of the queue. */
  unqueue(job: Job): Job {
    return this.jobs.save({
      ...job,
      status: 'killed',
      killed_at: new Date().toISOString(),
      queue_status: null,
      queue_message: null,
      errors_run: [{ kind: 'input', code: 'CS_KILLED', message: 'Taken out of the queue.' }],
    });
  }

  /** Answer when the job has ended, or after `timeout_s` with what it then is. */
  async waitEnded(project_uid: string, job_uid: string, timeout_s: number): Promise<JobStatus> {
    const status = (): JobStatus => this.jobs.require(project_uid, job_uid).status;
    if (FINISHED_STATUSES.includes(status()) || status() === 'building') return status();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, timeout_s * 1000);
      const stop = this.bus.jobEnded.listen((ended) => {
        if (ended.project_uid === project_uid && ended.job_uid === job_uid) done();
      });
      function done(): void {
        clearTimeout(timer);
        stop();
        resolve();
      }
    });
    return status();
  }

  /** Back to `building`, without results. @throws CsError when it is live, or a live job reads from it */
  async clear(project: StoredProject, job: Job): Promise<Job> {
    this.refuseLive(job, 'cleared');
    for (const uid of job.children) {
      const child = this.jobs.find(job.project_uid, uid);
      if (child && isLive(child.status)) {
        throw new CsError(
          'conflict',
          'CS_JOB_IN_USE',
          `${job.uid} cannot be cleared while ${uid}, which reads from it, is ${child.status}.`,
        );
      }
    }
    const cleared = this.db.transaction(() => this.refresher.refresh({ ...job, ...NOT_RUN, status: 'building' }));
    await emptyJobDir(join(project.project_dir, job.job_dir));
    return cleared;
  }

  /** @throws CsError when it is live, or other jobs are connected to it */
  async delete(project: StoredProject, job: Job): Promise<void> {
    this.refuseLive(job, 'deleted');
    if (job.children.length > 0) {
      throw new CsError(
        'conflict',
        'CS_JOB_IN_USE',
        `${job.uid} cannot be deleted: ${job.children.join(', ')} read from it.`,
        { children: job.children },
      );
    }
    this.db.transaction(() => {
      this.refresher.forget(job);
      this.jobs.remove(job);
    });
    const dir = join(project.project_dir, job.job_dir);
    await rm(dir, { recursive: true, force: true }).catch((error: unknown) => {
      throw fileError(error, 'Job directory', dir);
    });
  }

  private refuseLive(job: Job, verb: string): void {
    if (!isLive(job.status)) return;
    throw new CsError(
      'conflict',
      'CS_JOB_STATUS',
      `${job.uid} is ${job.status} and cannot be ${verb}; kill it first.`,
      { status: job.status },
    );
  }
}

function isLive(status: JobStatus): boolean {
  return status === 'queued' || ACTIVE_STATUSES.includes(status);
}

/** Outputs that a job wrote before it failed, over those that were planned. */
function merge(planned: Job['outputs'], given: Job['outputs']): Job['outputs'] {
  return [...planned.filter((p) => !given.some((g) => g.name === p.name)), ...given];
}

/** Remove everything in a job directory but its document. */
export async function emptyJobDir(dir: string): Promise<void> {
  try {
    for (const name of await readdir(dir)) {
      if (name !== 'job.json') await rm(join(dir, name), { recursive: true, force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, 'Job directory', dir);
  }
}
