import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../host/fs-errors.ts';
import { checkParams, type JobSpec } from '../../schema/job.ts';
import type { Connection, Job } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import { type Connector, requireBuilding } from './connector.ts';
import type { Jobs } from './jobs.ts';
import { emptyJob, type JobHead, type NewJob } from './new-job.ts';
import { projectDefaults, refuseParams, withoutDefaults } from './params.ts';
import type { StoredProject } from './projects.ts';
import type { Refresher } from './refresher.ts';

/** Makes jobs and changes their parameters while they are being built. */
export class Builder {
  private readonly db: Database;
  private readonly jobs: Jobs;
  private readonly refresher: Refresher;
  private readonly connector: Connector;

  constructor(db: Database, jobs: Jobs, refresher: Refresher, connector: Connector) {
    this.db = db;
    this.jobs = jobs;
    this.refresher = refresher;
    this.connector = connector;
  }

  /** Complete parameters of a job, defaults filled in. @throws CsError `CS_PARAM` */
  completeParams(job: Job): Record<string, unknown> {
    const spec = this.refresher.spec(job.type);
    refuseParams(spec, job.params, checkParams(spec, job.params));
    return spec.params.parse(job.params);
  }

  /** Create a job with its directory; nothing is left of it when a parameter or connection is wrong. */
  async create(project: StoredProject, input: NewJob): Promise<Job> {
    const spec = this.refresher.spec(input.job_type);
    const defaults = projectDefaults(spec, project.project_params_pdef);
    refuseParams(spec, input.params, checkParams(spec, input.params));
    return this.make(project, spec, input, (job) => {
      const params = withoutDefaults(spec, { ...defaults, ...input.params });
      let next = this.refresher.refresh({ ...job, params });
      for (const [name, sources] of Object.entries(input.input_group_connects)) {
        for (const source of [sources].flat()) next = this.connector.connectOne(next, source, name);
      }
    });
  }

  /** A new job like another one; connections to jobs that are gone are left out. */
  async clone(project: StoredProject, original: Job, workspace_uid: string, user_id: string): Promise<Job> {
    const spec = this.refresher.spec(original.type);
    const alike = { workspace_uid, created_by_user_id: user_id, title: original.title, desc: original.description };
    return this.make(project, spec, alike, (job) => {
      const there = (uid: string): boolean => this.jobs.find(project.uid, uid) !== undefined;
      const kept = Object.entries(original.inputs).map(([name, list]): [string, Connection[]] => [
        name,
        list.filter((c) => there(c.job_uid)),
      ]);
      this.refresher.refresh({
        ...job,
        params: original.params,
        inputs: Object.fromEntries(kept),
        cloned_from: original.uid,
      });
    });
  }

  setParam(job: Job, name: string, value: unknown): Job {
    requireBuilding(job);
    const spec = this.refresher.spec(job.type);
    const { [name]: _old, ...others } = job.params;
    const params = value === null ? others : { ...others, [name]: value };
    const problems = checkParams(spec, params).filter(
      (problem) => problem.name.split('.')[0] === name || !(name in spec.params.shape),
    );
    refuseParams(spec, params, problems);
    return this.db.transaction(() => this.refresher.refresh({ ...job, params: withoutDefaults(spec, params) }));
  }

  private async make(project: StoredProject, spec: JobSpec, input: JobHead, build: (job: Job) => void): Promise<Job> {
    const uid = this.db.transaction(() => {
      const job = this.jobs.insert((uid) => emptyJob(uid, project.uid, spec, input));
      build(job);
      return job.uid;
    });
    const dir = join(project.project_dir, uid);
    await mkdir(dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      const job = this.jobs.require(project.uid, uid);
      this.db.transaction(() => {
        this.refresher.forget(job);
        this.jobs.remove(job);
      });
      throw fileError(error, 'Job directory', dir);
    });
    return this.jobs.require(project.uid, uid);
  }
}
