import { CsError } from '../../../base/errors.ts';
import type { User } from '../../../schema/model.ts';
import type { Core } from '../../core/core.ts';
import type { Handlers, Signed } from '../handlers.ts';

type Names =
  | 'projects.list'
  | 'projects.create'
  | 'projects.get'
  | 'projects.dir'
  | 'projects.update'
  | 'projects.delete'
  | 'projects.add_user'
  | 'projects.remove_user'
  | 'projects.set_param_default'
  | 'projects.unset_param_default'
  | 'workspaces.list'
  | 'workspaces.create'
  | 'workspaces.get'
  | 'workspaces.update'
  | 'workspaces.delete';

/** The account that a call acts for: a plain user only for himself, an admin for anyone. */
export function actingFor({ accounts }: Core, who: Signed, user_id: string): User {
  if (!who.admin && user_id !== who.user.id && user_id.toLowerCase() !== who.user.email) {
    throw new CsError(
      'denied',
      'CS_NOT_YOURSELF',
      `You are signed in as ${who.user.email} and cannot act for "${user_id}".`,
    );
  }
  return accounts.find(user_id);
}

export function projectHandlers(core: Core): Handlers<Names> {
  const { projects, workspaces, accounts, bus } = core;
  return {
    'projects.list': (_input, who) => projects.list(who),
    'projects.create': (input, who) =>
      projects.create(actingFor(core, who, input.owner_user_id), input.project_container_dir, input.title, input.desc),
    'projects.get': (input, who) => projects.withCounts(projects.require(who, input.project_uid)),
    'projects.dir': (input, who) => projects.require(who, input.project_uid).project_dir,
    'projects.update': (input, who) => {
      const project = projects.require(who, input.project_uid);
      const { title = project.title, description = project.description, paused = project.paused } = input;
      const saved = projects.save({ ...project, title, description, paused });
      if (paused !== project.paused) bus.scheduling.send();
      return saved;
    },
    'projects.delete': async (input, who) => {
      await projects.delete(projects.requireOwner(who, input.project_uid), input.delete_files);
      return {};
    },
    'projects.add_user': (input, who) =>
      projects.addUser(projects.requireOwner(who, input.project_uid), accounts.find(input.user_id)),
    'projects.remove_user': (input, who) =>
      projects.removeUser(projects.requireOwner(who, input.project_uid), accounts.find(input.user_id).id),
    'projects.set_param_default': (input, who) => {
      const project = projects.require(who, input.project_uid);
      const { param_name, value } = input;
      return projects.save({
        ...project,
        project_params_pdef: { ...project.project_params_pdef, [param_name]: value },
      });
    },
    'projects.unset_param_default': (input, who) => {
      const project = projects.require(who, input.project_uid);
      const { [input.param_name]: _gone, ...kept } = project.project_params_pdef;
      return projects.save({ ...project, project_params_pdef: kept });
    },
    'workspaces.list': (input, who) => workspaces.list(projects.require(who, input.project_uid).uid),
    'workspaces.create': (input, who) => {
      const project = projects.require(who, input.project_uid);
      return workspaces.create(project.uid, actingFor(core, who, input.created_by_user_id).id, input.title, input.desc);
    },
    'workspaces.get': (input, who) =>
      workspaces.require(projects.require(who, input.project_uid).uid, input.workspace_uid),
    'workspaces.update': (input, who) =>
      workspaces.update(projects.require(who, input.project_uid).uid, input.workspace_uid, input),
    'workspaces.delete': (input, who) => {
      workspaces.delete(projects.require(who, input.project_uid).uid, input.workspace_uid);
      return {};
    },
  };
}
