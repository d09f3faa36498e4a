import { join } from 'node:path';
import type { movingApi } from '../../../schema/api-moving.ts';
import { describeJob } from '../../../schema/job.ts';
import { ACTIVE_STATUSES, type Job } from '../../../schema/model.ts';
import { CsError } from '../../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { readJobEvents, readTail } from '../../core/job-log.ts';
import type { StoredProject } from '../../core/projects.ts';
import { type Handlers, JsonText, type Signed } from '../handlers.ts';
import { actingFor } from './projects.ts';

type Names = Exclude<Extract<keyof Handlers, `jobs.${string}`>, keyof typeof movingApi>;

const LOG_TAIL_BYTES = 1_000_000;
/** How long `jobs.kill` waits for the processes to be gone before it answers with the job as it is. */
const KILL_WAIT_S = 25;

export function jobHandlers(core: Core): Handlers<Names> {
  const { projects, workspaces, jobs, builder, connector, lifecycle, runs, bus } = core;
  const types = [...core.specs.values()].map(describeJob);

  const find = (who: Signed, input: { project_uid: string; job_uid: string }): { project: StoredProject; job: Job } => {
    const project = projects.require(who, input.project_uid);
    return { project, job: jobs.require(project.uid, input.job_uid) };
  };

  return {
    'jobs.types': () => types,
    'jobs.list': (input, who) => {
      const project = projects.require(who, input.project_uid);
      if (input.workspace_uid) workspaces.require(project.uid, input.workspace_uid);
      return new JsonText(jobs.listText(project.uid, input.workspace_uid));
    },
    'jobs.queue': (_input, who) => jobs.live(who),
    'jobs.get': (input, who) => find(who, input).job,
    'jobs.create': (input, who) => {
      const project = projects.require(who, input.project_uid);
      workspaces.require(project.uid, input.workspace_uid);
      const created_by_user_id = creator(core, who, input.user_id, project);
      return builder.create(project, { ...input, created_by_user_id });
    },
    'jobs.status': (input, who) => find(who, input).job.status,
    'jobs.dir': (input, who) => {
      const { project, job } = find(who, input);
      return join(project.project_dir, job.job_dir);
    },
    'jobs.log': (input, who) => {
      const { project, job } = find(who, input);
      return readTail(join(project.project_dir, job.job_dir, 'job.log'), LOG_TAIL_BYTES);
    },
    'jobs.events': async (input, who) => {
      const { project, job } = find(who, input);
      const events = await readJobEvents(join(project.project_dir, job.job_dir));
      return events.filter((event) => event.id > input.after).slice(0, input.limit);
    },
    'jobs.update': (input, who) => {
      const { job } = find(who, input);
      const { title = job.title, description = job.description, priority = job.priority } = input;
      const saved = jobs.save({ ...job, title, description, priority });
      if (priority !== job.priority) bus.scheduling.send();
      return saved;
    },
    'jobs.set_param': (input, who) => builder.setParam(find(who, input).job, input.param_name, input.param_new_value),
    'jobs.connect': (input, who) =>
      connector.connect(projects.require(who, input.project_uid).uid, input.source_group, input.dest_group),
    'jobs.connect_result': (input, who) =>
      connector.connectResult(projects.require(who, input.project_uid).uid, input.source_result, input.dest_slot),
    'jobs.disconnect': (input, who) =>
      connector.disconnect(projects.require(who, input.project_uid).uid, input.dest_group, input.connect_idx),
    'jobs.enqueue': (input, who) => {
      const { project, job } = find(who, input);
      if (input.user_id !== undefined) creator(core, who, input.user_id, project);
      return lifecycle.enqueue(job, input);
    },
    'jobs.wait': (input, who) => {
      const { project, job } = find(who, input);
      return lifecycle.waitEnded(project.uid, job.uid, input.timeout_s);
    },
    'jobs.kill': async (input, who) => {
      const { project, job } = find(who, input);
      if (job.status === 'queued') return lifecycle.unqueue(job);
      if (!ACTIVE_STATUSES.includes(job.status)) {
        throw new CsError(
          'conflict',
          'CS_JOB_STATUS',
          `${job.uid} is ${job.status}; only a queued or running job can be killed.`,
        );
      }
      runs.kill(job);
      await lifecycle.waitEnded(project.uid, job.uid, KILL_WAIT_S);
      return jobs.require(project.uid, job.uid);
    },
    'jobs.clear': (input, who) => {
      const { project, job } = find(who, input);
      return lifecycle.clear(project, job);
    },
    'jobs.clone': (input, who) => {
      const { project, job } = find(who, input);
      const workspace_uid = workspaces.require(project.uid, input.workspace_uid ?? job.workspace_uids[0] ?? 'W1').uid;
      return builder.clone(project, job, workspace_uid, creator(core, who, undefined, project));
    },
    'jobs.delete': async (input, who) => {
      const { project, job } = find(who, input);
      await lifecycle.delete(project, job);
      return {};
    },
  };
}

/** Whose job it is: the named account, else the caller; `cryosparcm` without a name acts for the project's owner. */
export function creator(core: Core, who: Signed, user_id: string | undefined, project: StoredProject): string {
  if (user_id !== undefined) return actingFor(core, who, user_id).id;
  return who.system ? project.owner_user_id : who.user.id;
}
