import { CsError } from '../../base/errors.ts';
import { ACTIVE_STATUSES, FINISHED_STATUSES, type Job } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Bus } from './bus.ts';
import type { JobFinder } from './connections.ts';
import type { Dumper } from './dump.ts';
import { ACTIVE_SQL, type Projects, type Viewer } from './projects.ts';
import { numOf } from './uids.ts';
import type { Workspaces } from './workspaces.ts';

/** Documents of jobs: reading, writing, and telling everyone of changes once they are on disk. */
export class Jobs {
  private readonly db: Database;
  private readonly bus: Bus;
  private readonly projects: Projects;
  private readonly workspaces: Workspaces;
  private readonly dumper: Dumper;

  constructor(db: Database, bus: Bus, projects: Projects, workspaces: Workspaces, dumper: Dumper) {
    this.db = db;
    this.bus = bus;
    this.projects = projects;
    this.workspaces = workspaces;
    this.dumper = dumper;
  }

  find(project_uid: string, job_uid: string): Job | undefined {
    return this.db.docs<Job>(
      'SELECT doc FROM jobs WHERE project_num = ? AND num = ?',
      numOf(project_uid),
      numOf(job_uid),
    )[0];
  }

  /** @throws CsError `CS_JOB_UNKNOWN` */
  require(project_uid: string, job_uid: string): Job {
    const job = this.find(project_uid, job_uid);
    if (job) return job;
    throw new CsError('notFound', 'CS_JOB_UNKNOWN', `Project ${project_uid} has no job ${job_uid}.`, {
      project_uid,
      job_uid,
    });
  }

  finder(project_uid: string): JobFinder {
    return (job_uid) => this.find(project_uid, job_uid);
  }

  /** Jobs of a project or workspace as JSON text: a thousand of them need not be parsed to be sent. */
  listText(project_uid: string, workspace_uid?: string): string {
    if (workspace_uid === undefined) {
      return this.db.docsText('SELECT doc FROM jobs WHERE project_num = ? ORDER BY num', numOf(project_uid));
    }
    return this.db.docsText(
      `SELECT j.doc FROM job_workspaces l JOIN jobs j ON j.project_num = l.project_num AND j.num = l.job_num
       WHERE l.project_num = ? AND l.workspace_num = ? ORDER BY j.num`,
      numOf(project_uid),
      numOf(workspace_uid),
    );
  }

  /** Directories of the jobs of a project, relative to it. */
  dirs(project_uid: string): string[] {
    return this.db
      .all<{ num: number }>('SELECT num FROM jobs WHERE project_num = ? ORDER BY num', numOf(project_uid))
      .map(({ num }) => `J${num}`);
  }

  /** Queued and active jobs, in the order in which they are served. */
  live(viewer?: Viewer): Job[] {
    const jobs = this.db.docs<Job>(
      `SELECT doc FROM jobs WHERE status IN ('queued', ${ACTIVE_SQL}) ORDER BY priority DESC, queued_at, project_num, num`,
    );
    return viewer ? jobs.filter((job) => this.projects.canSee(viewer, job.project_uid)) : jobs;
  }

  /** Store a new document under the project's next number. */
  insert(make: (uid: string) => Job): Job {
    return this.db.transaction(() => {
      const draft = make('J1');
      this.projects.refuseArchived(draft.project_uid);
      const project_num = numOf(draft.project_uid);
      this.db.run('UPDATE projects SET last_job = last_job + 1 WHERE num = ?', project_num);
      const num = this.db.get<{ n: number }>('SELECT last_job AS n FROM projects WHERE num = ?', project_num)?.n ?? 1;
      const job = make(`J${num}`);
      this.db.run(
        'INSERT INTO jobs (project_num, num, status, priority, queued_at, doc) VALUES (?, ?, ?, ?, ?, ?)',
        project_num,
        num,
        job.status,
        job.priority,
        job.queued_at,
        JSON.stringify(job),
      );
      for (const workspace_uid of job.workspace_uids) {
        const keys = [project_num, numOf(workspace_uid), num];
        this.db.run('INSERT INTO job_workspaces (project_num, workspace_num, job_num) VALUES (?, ?, ?)', ...keys);
      }
      this.countsChanged(job);
      this.announce(job);
      return job;
    });
  }

  /** Store a changed document. */
  save(changed: Job): Job {
    return this.db.transaction(() => {
      this.projects.refuseArchived(changed.project_uid);
      const before = this.require(changed.project_uid, changed.uid);
      const job: Job = { ...changed, updated_at: new Date().toISOString() };
      this.db.run(
        'UPDATE jobs SET doc = ?, status = ?, priority = ?, queued_at = ?, changes = changes + 1 WHERE project_num = ? AND num = ?',
        JSON.stringify(job),
        job.status,
        job.priority,
        job.queued_at,
        numOf(job.project_uid),
        numOf(job.uid),
      );
      this.announce(job);
      if (before.status === job.status) return job;
      if (ACTIVE_STATUSES.includes(before.status) !== ACTIVE_STATUSES.includes(job.status)) this.countsChanged(job);
      this.db.afterCommit(() => {
        this.bus.scheduling.send();
        if (FINISHED_STATUSES.includes(job.status))
          this.bus.jobEnded.send({ project_uid: job.project_uid, job_uid: job.uid });
      });
      return job;
    });
  }

  /** Store what only matters while the job runs (progress, heartbeat, queue message): it is not dumped. */
  saveTransient(job: Job): void {
    const keys = [numOf(job.project_uid), numOf(job.uid)];
    this.db.run('UPDATE jobs SET doc = ? WHERE project_num = ? AND num = ?', JSON.stringify(job), ...keys);
    this.db.afterCommit(() => this.bus.push('job', job.project_uid, job));
  }

  remove(job: Job): void {
    this.db.transaction(() => {
      this.projects.refuseArchived(job.project_uid);
      this.db.run('DELETE FROM jobs WHERE project_num = ? AND num = ?', numOf(job.project_uid), numOf(job.uid));
      this.countsChanged(job);
      const { project_uid, uid } = job;
      this.db.afterCommit(() => {
        this.bus.push('job_deleted', project_uid, { project_uid, uid });
        this.bus.scheduling.send();
      });
    });
  }

  private announce(job: Job): void {
    this.db.afterCommit(() => {
      this.dumper.wake();
      this.bus.push('job', job.project_uid, job);
    });
  }

  private countsChanged(job: Job): void {
    this.projects.touch(job.project_uid);
    for (const workspace_uid of job.workspace_uids) this.workspaces.changed(job.project_uid, workspace_uid);
  }
}
