import { CsError } from '../../../base/errors.ts';
import type { movingApi } from '../../../schema/api-moving.ts';
import type { Job } from '../../../schema/model.ts';
import type { Core } from '../../core/core.ts';
import { findSymlinks, replaceSymlinks } from '../../core/moving/symlinks.ts';
import type { StoredProject } from '../../core/projects.ts';
import type { Handlers, Signed } from '../handlers.ts';
import { creator } from './jobs.ts';
import { actingFor } from './projects.ts';

export function movingHandlers(core: Core): Handlers<keyof typeof movingApi> {
  const { projects, workspaces, jobs, moves, exchange } = core;

  const find = (who: Signed, input: { project_uid: string; job_uid: string }): { project: StoredProject; job: Job } => {
    const project = projects.require(who, input.project_uid);
    return { project, job: jobs.require(project.uid, input.job_uid) };
  };

  return {
    'projects.detach': async (input, who) => {
      await moves.detach(projects.requireOwner(who, input.project_uid));
      return {};
    },
    'projects.attach': (input, who) => {
      if (input.force && !who.admin)
        throw new CsError('denied', 'CS_NOT_ADMIN', 'Only an admin may attach a project by force.');
      return moves.attach(who, actingFor(core, who, input.owner_user_id), input.path, input.force);
    },
    'projects.archive': (input, who) => moves.archive(projects.requireOwner(who, input.project_uid)),
    'projects.unarchive': (input, who) => moves.unarchive(projects.requireOwner(who, input.project_uid), input.path),
    'projects.symlinks': async (input, who) => {
      const { uid, project_dir } = projects.require(who, input.project_uid);
      const dirs = jobs.dirs(uid);
      const links = [];
      for (const job_dir of dirs) links.push(...(await findSymlinks(project_dir, job_dir)));
      return links;
    },
    'jobs.symlinks': (input, who) => {
      const { project, job } = find(who, input);
      return findSymlinks(project.project_dir, job.job_dir);
    },
    'jobs.replace_symlinks': (input, who) => {
      const { project, job } = find(who, input);
      projects.refuseArchived(project.uid);
      return replaceSymlinks(project.project_dir, job.job_dir, input.prefix_cut, input.prefix_new);
    },
    'jobs.export': (input, who) => {
      const { project, job } = find(who, input);
      return exchange.exportJob(project, job);
    },
    'jobs.export_output': (input, who) => {
      const { project, job } = find(who, input);
      return exchange.exportOutput(project, job, input.output_name, input.result_names);
    },
    'jobs.import': (input, who) => {
      const project = projects.require(who, input.project_uid);
      workspaces.require(project.uid, input.workspace_uid);
      const head = { workspace_uid: input.workspace_uid, created_by_user_id: creator(core, who, undefined, project) };
      return exchange.importJob(project, head, input.path);
    },
    'jobs.import_result_group': (input, who) => {
      const project = projects.require(who, input.project_uid);
      workspaces.require(project.uid, input.workspace_uid);
      const head = { workspace_uid: input.workspace_uid, created_by_user_id: creator(core, who, undefined, project) };
      return exchange.importGroup(project, head, input.path, input.lane);
    },
  };
}
