import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { job, jobUid, project, projectUid, workspaceUid } from './model.ts';

const one = { project_uid: projectUid, job_uid: jobUid };
const none = z.object({});
const symlink = z.object({ path: z.string(), target: z.string(), exists: z.boolean() });
const exported = z.object({
  /** absolute */
  path: z.string(),
  /** data files that are named but not there, relative to the project directory */
  missing: z.array(z.string()),
});

/** Calls by which projects, jobs and results go from one instance or project to another. */
export const movingApi = {
  'projects.detach': endpoint({
    role: 'user',
    cli: 'detach_project',
    summary: 'Write everything into the project directory, unlock it and forget the project here; owner or admin only.',
    input: z.strictObject({ project_uid: projectUid }),
    output: none,
  }),
  'projects.attach': endpoint({
    role: 'user',
    cli: 'attach_project',
    summary: 'Take over a project directory with all that stands in it; it keeps its uid unless that is taken here.',
    input: z.strictObject({
      owner_user_id: z.string().describe('id or email; a plain user can only name himself'),
      path: z.string().describe('absolute path of the project directory'),
      force: z.boolean().default(false).describe('also when another instance has it attached; admins only'),
    }),
    output: project.extend({ problems: z.array(z.string()) }),
  }),
  'projects.archive': endpoint({
    role: 'user',
    cli: 'archive_project',
    summary: 'Let a project only be read, so that its directory can be put away; owner or admin only.',
    input: z.strictObject({ project_uid: projectUid }),
    output: project,
  }),
  'projects.unarchive': endpoint({
    role: 'user',
    cli: 'unarchive_project',
    summary: 'Work on with an archived project, whose directory may have moved; owner or admin only.',
    input: z.strictObject({ project_uid: projectUid, path: z.string().optional() }),
    output: project,
  }),
  'projects.symlinks': endpoint({
    role: 'user',
    cli: 'get_project_symlinks',
    summary: 'Symbolic links in the job directories of a project, and whether they lead somewhere.',
    input: z.strictObject({ project_uid: projectUid }),
    output: z.array(symlink),
  }),
  'jobs.symlinks': endpoint({
    role: 'user',
    cli: 'get_job_symlinks',
    summary: 'Symbolic links in the directory of a job, and whether they lead somewhere.',
    input: z.strictObject(one),
    output: z.array(symlink),
  }),
  'jobs.replace_symlinks': endpoint({
    role: 'user',
    cli: 'job_import_replace_symlinks',
    summary: 'Point links of a job whose target begins with one path to the same place below another; tells how many.',
    input: z.strictObject({ ...one, prefix_cut: z.string(), prefix_new: z.string() }),
    output: z.int(),
  }),
  'jobs.export': endpoint({
    role: 'user',
    cli: 'export_job',
    summary: 'Lay out an ended job below `exports/jobs` of its project, for `import_job`.',
    input: z.strictObject(one),
    output: exported,
  }),
  'jobs.export_output': endpoint({
    role: 'user',
    cli: 'export_output_results',
    summary: 'Lay out an output of a job below `exports/groups` of its project, for `import_result_group`.',
    input: z.strictObject({ ...one, output_name: z.string(), result_names: z.array(z.string()).optional() }),
    output: exported,
  }),
  'jobs.import': endpoint({
    role: 'user',
    cli: 'import_job',
    summary: 'A job with results from a directory that `export_job` made.',
    input: z.strictObject({
      project_uid: projectUid,
      workspace_uid: workspaceUid,
      path: z.string().describe('absolute path of the exported directory'),
    }),
    output: job,
  }),
  'jobs.import_result_group': endpoint({
    role: 'user',
    cli: 'import_result_group',
    summary: 'Create and queue a job that takes over the results of a group file (.csg).',
    input: z.strictObject({
      project_uid: projectUid,
      workspace_uid: workspaceUid,
      lane: z.string().optional(),
      path: z.string().describe('absolute path of the .csg file'),
    }),
    output: job,
  }),
};
