import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { adminApi } from './api-admin.ts';
import { clusterApi } from './api-clusters.ts';
import { jobApi } from './api-jobs.ts';
import { movingApi } from './api-moving.ts';
import { runApi } from './api-runs.ts';
import { lane, processStatus, project, projectUid, targetNode, user, workspace, workspaceUid } from './model.ts';

/**
 * Every call of the system, once: from this table come the routes (`POST /api/<name>`, JSON in and out), the
 * checks, the OpenAPI text, the web client's types and `cryosparcm cli`. Besides it there are only byte streams:
 *   GET /api/events                      server-sent events for the signed-in user (see `push.ts`)
 *   GET /api/job_events?project_uid=&job_uid=&after=   server-sent events of one job's log, from event `after`+1
 *   GET /api/file?project_uid=&path=     a file below the project directory, with Range; path relative to it
 *   GET /api/volume?project_uid=&path=&max_size=   an MRC map for the viewer, binned to at most max_size voxels a
 *                                        side: header JSON line ({shape:[z,y,x], psize_A, min, max, mean, std}), then f32 LE
 *   GET /openapi.json                    this table as OpenAPI 3.1
 */
const none = z.object({});

const authApi = {
  'auth.login': endpoint({
    role: 'public',
    summary: 'Sign in; sets the session cookie.',
    input: z.strictObject({ email: z.string(), password: z.string() }),
    output: user,
  }),
  'auth.logout': endpoint({ role: 'user', summary: 'End this session.', input: z.strictObject({}), output: none }),
  'auth.me': endpoint({ role: 'user', summary: 'The signed-in user.', input: z.strictObject({}), output: user }),
  'auth.create_token': endpoint({
    role: 'user',
    summary: 'A new API token for the caller; it is shown only once.',
    input: z.strictObject({ title: z.string().min(1), expires_in_days: z.int().min(1).max(365).default(14) }),
    output: z.object({ id: z.string(), token: z.string() }),
  }),
  'auth.list_tokens': endpoint({
    role: 'user',
    summary: "The caller's API tokens, without their values.",
    input: z.strictObject({}),
    output: z.array(z.object({ id: z.string(), title: z.string(), created_at: z.string(), expires_at: z.string() })),
  }),
  'auth.revoke_token': endpoint({
    role: 'user',
    summary: 'Make an API token useless.',
    input: z.strictObject({ id: z.string() }),
    output: none,
  }),
};

const password = z.string().min(8, 'must have at least 8 characters');

const userApi = {
  'users.create': endpoint({
    role: 'admin',
    cli: 'create_user',
    summary: 'Create an account; the first one of an instance is an admin.',
    input: z.strictObject({
      email: z.email(),
      password,
      username: z.string().default(''),
      first_name: z.string().default(''),
      last_name: z.string().default(''),
      role: z.enum(['user', 'admin']).default('user'),
    }),
    output: user,
  }),
  'users.list': endpoint({
    role: 'user',
    cli: 'list_users',
    summary: 'All accounts.',
    input: z.strictObject({}),
    output: z.array(user),
  }),
  'users.find': endpoint({
    role: 'user',
    cli: 'get_user',
    summary: 'One account, by id or email.',
    input: z.strictObject({ user_id: z.string() }),
    output: user,
  }),
  'users.reset_password': endpoint({
    role: 'admin',
    cli: 'reset_password',
    summary: "Set an account's password and end its sessions.",
    input: z.strictObject({ email: z.string(), password }),
    output: none,
  }),
  'users.change_password': endpoint({
    role: 'user',
    summary: "Change the caller's own password.",
    input: z.strictObject({ old_password: z.string(), new_password: password }),
    output: none,
  }),
  'users.set_role': endpoint({
    role: 'admin',
    cli: 'set_user_role',
    summary: 'Make an account an admin or a plain user; the last admin stays one.',
    input: z.strictObject({ user_id: z.string(), role: z.enum(['user', 'admin']) }),
    output: user,
  }),
  'users.delete': endpoint({
    role: 'admin',
    cli: 'delete_user',
    summary: 'Remove an account; its projects pass to the caller.',
    input: z.strictObject({ user_id: z.string() }),
    output: none,
  }),
};

const projectApi = {
  'projects.list': endpoint({
    role: 'user',
    cli: 'list_projects',
    summary: 'Projects that the caller may see, newest first.',
    input: z.strictObject({}),
    output: z.array(project),
  }),
  'projects.create': endpoint({
    role: 'user',
    cli: 'create_empty_project',
    summary: 'Create a project and its directory `CS-<title>` below the container directory.',
    input: z.strictObject({
      owner_user_id: z.string().describe('id or email; a plain user can only name himself'),
      project_container_dir: z.string(),
      title: z.string().min(1),
      desc: z.string().default(''),
    }),
    output: project,
  }),
  'projects.get': endpoint({
    role: 'user',
    cli: 'get_project',
    summary: 'One project.',
    input: z.strictObject({ project_uid: projectUid }),
    output: project,
  }),
  'projects.dir': endpoint({
    role: 'user',
    cli: 'get_project_dir_abs',
    summary: 'Absolute path of the project directory.',
    input: z.strictObject({ project_uid: projectUid }),
    output: z.string(),
  }),
  'projects.update': endpoint({
    role: 'user',
    cli: 'update_project',
    summary: 'Change title, description, or whether its jobs may start.',
    input: z.strictObject({
      project_uid: projectUid,
      title: z.string().min(1).optional(),
      description: z.string().optional(),
      paused: z.boolean().optional(),
    }),
    output: project,
  }),
  'projects.add_user': endpoint({
    role: 'user',
    cli: 'add_project_user_access',
    summary: 'Share a project with an account; owner or admin only.',
    input: z.strictObject({ project_uid: projectUid, user_id: z.string() }),
    output: project,
  }),
  'projects.remove_user': endpoint({
    role: 'user',
    cli: 'remove_project_user_access',
    summary: 'Stop sharing a project with an account.',
    input: z.strictObject({ project_uid: projectUid, user_id: z.string() }),
    output: project,
  }),
  'projects.delete': endpoint({
    role: 'user',
    cli: 'delete_project',
    summary: 'Remove a project; its directory is deleted only when asked.',
    input: z.strictObject({ project_uid: projectUid, delete_files: z.boolean().default(false) }),
    output: none,
  }),
  'projects.set_param_default': endpoint({
    role: 'user',
    cli: 'set_project_param_default',
    summary: 'Default of a parameter for new jobs of this project.',
    input: z.strictObject({ project_uid: projectUid, param_name: z.string(), value: z.unknown() }),
    output: project,
  }),
  'projects.unset_param_default': endpoint({
    role: 'user',
    cli: 'unset_project_param_default',
    summary: 'Forget a parameter default of this project.',
    input: z.strictObject({ project_uid: projectUid, param_name: z.string() }),
    output: project,
  }),
  'workspaces.list': endpoint({
    role: 'user',
    cli: 'list_workspaces',
    summary: 'Workspaces of a project.',
    input: z.strictObject({ project_uid: projectUid }),
    output: z.array(workspace),
  }),
  'workspaces.create': endpoint({
    role: 'user',
    cli: 'create_empty_workspace',
    summary: 'Create a workspace.',
    input: z.strictObject({
      project_uid: projectUid,
      created_by_user_id: z.string().describe('id or email of the caller'),
      title: z.string().min(1),
      desc: z.string().default(''),
    }),
    output: workspace,
  }),
  'workspaces.get': endpoint({
    role: 'user',
    cli: 'get_workspace',
    summary: 'One workspace.',
    input: z.strictObject({ project_uid: projectUid, workspace_uid: workspaceUid }),
    output: workspace,
  }),
  'workspaces.update': endpoint({
    role: 'user',
    cli: 'update_workspace',
    summary: 'Change title or description.',
    input: z.strictObject({
      project_uid: projectUid,
      workspace_uid: workspaceUid,
      title: z.string().min(1).optional(),
      description: z.string().optional(),
    }),
    output: workspace,
  }),
  'workspaces.delete': endpoint({
    role: 'user',
    cli: 'delete_workspace',
    summary: 'Remove an empty workspace.',
    input: z.strictObject({ project_uid: projectUid, workspace_uid: workspaceUid }),
    output: none,
  }),
};

const targetUsage = z.object({
  name: z.string(),
  used: z.object({ CPU: z.array(z.int()), GPU: z.array(z.int()), RAM: z.array(z.int()) }),
  jobs: z.array(z.object({ project_uid: projectUid, job_uid: z.string() })),
});

const instanceApi = {
  'instance.test': endpoint({
    role: 'public',
    cli: 'test_connection',
    summary: 'True when the master answers.',
    input: z.strictObject({}),
    output: z.literal(true),
  }),
  'instance.version': endpoint({
    role: 'public',
    cli: 'get_running_version',
    summary: 'Version of the master.',
    input: z.strictObject({}),
    output: z.string(),
  }),
  'instance.info': endpoint({
    role: 'user',
    cli: 'get_system_info',
    summary: 'Processes, database, versions and settings of the master.',
    input: z.strictObject({}),
    output: z.object({
      version: z.string(),
      node_version: z.string(),
      hostname: z.string(),
      base_port: z.int(),
      uptime_s: z.number(),
      processes: z.array(processStatus),
      database: z.object({ path: z.string(), size_mb: z.number(), integrity: z.string(), schema_version: z.int() }),
      settings: z.record(z.string(), z.string()),
    }),
  }),
  'instance.changelog': endpoint({
    role: 'user',
    summary: 'What is new in each version.',
    input: z.strictObject({}),
    output: z.array(z.object({ version: z.string(), date: z.string(), items: z.array(z.string()) })),
  }),
  'instance.backup': endpoint({
    role: 'admin',
    cli: 'backup_database',
    summary: 'Write a consistent copy of the database to a file, while running.',
    input: z.strictObject({ path: z.string() }),
    output: z.object({ path: z.string(), size_mb: z.number() }),
  }),
  'instance.browse_files': endpoint({
    role: 'user',
    summary: 'Names in a directory of the shared file system, for choosing a path.',
    input: z.strictObject({ path: z.string() }),
    output: z.object({
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), dir: z.boolean(), size: z.number(), modified_at: z.string() })),
    }),
  }),
  'resources.lanes': endpoint({
    role: 'user',
    cli: 'get_scheduler_lanes',
    summary: 'All lanes.',
    input: z.strictObject({}),
    output: z.array(lane),
  }),
  'resources.add_lane': endpoint({
    role: 'admin',
    cli: 'add_scheduler_lane',
    summary: 'Create a lane.',
    input: z.strictObject({
      name: z.string().regex(/^[\w.-]+$/),
      type: z.enum(['node', 'cluster']).default('node'),
      title: z.string().default(''),
      desc: z.string().default(''),
    }),
    output: lane,
  }),
  'resources.remove_lane': endpoint({
    role: 'admin',
    cli: 'remove_scheduler_lane',
    summary: 'Remove a lane that has no targets.',
    input: z.strictObject({ name: z.string() }),
    output: none,
  }),
  'resources.targets': endpoint({
    role: 'user',
    cli: 'get_scheduler_targets',
    summary: 'All targets.',
    input: z.strictObject({}),
    output: z.array(targetNode),
  }),
  'resources.remove_node': endpoint({
    role: 'admin',
    cli: 'remove_scheduler_target_node',
    summary: 'Disconnect a worker; its running jobs go on.',
    input: z.strictObject({ hostname: z.string() }),
    output: none,
  }),
  'resources.usage': endpoint({
    role: 'user',
    summary: 'Who holds which slots.',
    input: z.strictObject({}),
    output: z.array(targetUsage),
  }),
};

export const api = {
  ...authApi,
  ...userApi,
  ...projectApi,
  ...jobApi,
  ...instanceApi,
  ...adminApi,
  ...clusterApi,
  ...movingApi,
  ...runApi,
};

export type Api = typeof api;
export type ApiName = keyof Api;
/** What a caller sends: defaults may be left out. */
export type ApiInput<K extends ApiName> = z.input<Api[K]['input']>;
export type ApiOutput<K extends ApiName> = z.output<Api[K]['output']>;
