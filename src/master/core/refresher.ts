import { CsError } from '../../base/errors.ts';
import type { JobSpec } from '../../schema/job.ts';
import type { Job } from '../../schema/model.ts';
import { connectionErrors, parentsOf, plannedOutputs } from './connections.ts';
import type { Jobs } from './jobs.ts';
import { paramErrors } from './params.ts';

/** Keeps what follows from a job's parameters and connections up to date, in the job and in those after it. */
export class Refresher {
  private readonly jobs: Jobs;
  private readonly specs: ReadonlyMap<string, JobSpec>;

  constructor(jobs: Jobs, specs: ReadonlyMap<string, JobSpec>) {
    this.jobs = jobs;
    this.specs = specs;
  }

  /** @throws CsError `CS_JOB_TYPE` naming the types that there are */
  spec(type: string): JobSpec {
    const spec = this.specs.get(type);
    if (spec) return spec;
    const known = [...this.specs.keys()].join(', ');
    throw new CsError('input', 'CS_JOB_TYPE', `There is no job type "${type}". Types: ${known}.`, { type });
  }

  /**
   * Work out all that follows from parameters and connections (planned outputs, needed resources, build errors,
   * parents), store the job, and do the same for jobs that are connected to it and have not run.
   */
  refresh(job: Job): Job {
    const find = this.jobs.finder(job.project_uid);
    const spec = this.spec(job.type);
    const problems = paramErrors(spec, job.params);
    const parsed = spec.params.safeParse(job.params);
    const params = parsed.success ? parsed.data : null;
    const before = this.jobs.find(job.project_uid, job.uid);
    const parents = parentsOf(job.inputs);
    const saved = this.jobs.save({
      ...job,
      parents,
      outputs: params ? plannedOutputs(spec, params, job.inputs, find) : job.outputs,
      resources_needed: params ? spec.resources(params) : job.resources_needed,
      build_errors: [...problems, ...connectionErrors(spec, job.inputs, find)],
    });
    for (const uid of new Set([...parents, ...(before?.parents ?? [])]))
      this.updateChildren(job, uid, parents.includes(uid));
    this.refreshChildren(saved);
    return saved;
  }

  /** The outputs of a job have changed: bring those up to date that wait for it. */
  refreshChildren(job: Job): void {
    for (const uid of job.children) {
      const child = this.jobs.find(job.project_uid, uid);
      // a type that this version does not have any more cannot be worked out, and must not stop its parent
      if (!child || !this.specs.has(child.type)) continue;
      if (child.status === 'building' || child.status === 'queued') this.refresh(child);
    }
  }

  /** Take a job that is being deleted out of its parents' lists. */
  forget(job: Job): void {
    for (const uid of job.parents) this.updateChildren(job, uid, false);
  }

  private updateChildren(job: Job, parent_uid: string, isChild: boolean): void {
    const parent = this.jobs.find(job.project_uid, parent_uid);
    if (!parent || parent.children.includes(job.uid) === isChild) return;
    const children = isChild ? [...parent.children, job.uid] : parent.children.filter((uid) => uid !== job.uid);
    this.jobs.save({ ...parent, children });
  }
}
