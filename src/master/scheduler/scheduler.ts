import type { Allocation, Job } from '../../schema/model.ts';
import type { Bus } from '../core/bus.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Maintenance } from '../core/maintenance.ts';
import type { Projects } from '../core/projects.ts';
import type { Resources } from '../core/resources.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';
import { type Decision, schedule } from './schedule.ts';

/** Starts jobs on targets; `begin` writes down the launch and returns what starts it. */
export interface Starter {
  begin(job: Job, allocation: Allocation): () => void;
}

interface Parts {
  db: Database;
  bus: Bus;
  jobs: Jobs;
  projects: Projects;
  resources: Resources;
  maintenance: Maintenance;
  log: Log;
}

/** Looks at the queue whenever something has changed that a queued job may wait for. There is no polling. */
export class Scheduler {
  private readonly parts: Parts;
  private readonly starter: Starter;
  private readonly unlisten: () => void;
  private due = false;
  private stopped = false;

  constructor(parts: Parts, starter: Starter) {
    this.parts = parts;
    this.starter = starter;
    this.unlisten = parts.bus.scheduling.listen(() => this.kick());
  }

  /** Look at the queue soon; many changes at once cost one look. */
  kick(): void {
    if (this.due || this.stopped) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      if (this.stopped) return;
      try {
        this.run();
      } catch (error) {
        this.parts.log.error('scheduling failed, the queue stays as it is:', error);
      }
    });
  }

  stop(): void {
    this.stopped = true;
    this.unlisten();
  }

  private run(): void {
    const { db, jobs, projects, resources, maintenance, bus } = this.parts;
    const live = jobs.live();
    const queued = live.filter((job) => job.status === 'queued');
    if (queued.length === 0) return;
    const decisions = schedule({
      queued,
      active: live.filter((job) => job.status !== 'queued'),
      targets: resources.targets(),
      clusters: resources.clusters(),
      statusOf: (project_uid, job_uid) => jobs.find(project_uid, job_uid)?.status,
      isPaused: (project_uid) => projects.find(project_uid)?.paused ?? true,
      maintenance: maintenance.on,
    });
    const starts = db.transaction(() => decisions.map((decision) => this.apply(decision)));
    for (const start of starts) start?.();
    if (starts.some((start) => start !== null)) bus.push('resources', null, {});
  }

  private apply({ job, allocation, queue_status, message }: Decision): (() => void) | null {
    if (allocation) return this.starter.begin(job, allocation);
    if (job.queue_status !== queue_status || job.queue_message !== message) {
      this.parts.jobs.saveTransient({ ...job, queue_status, queue_message: message });
    }
    return null;
  }
}
