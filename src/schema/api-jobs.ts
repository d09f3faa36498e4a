import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { eventSchema } from './events.ts';
import type { JobTypeInfo } from './job.ts';
import { job, jobStatus, jobUid, outputRef, projectUid, workspaceUid } from './model.ts';

const one = { project_uid: projectUid, job_uid: jobUid };

/** Calls on jobs. `input_group_connects`: input name → `J1.output`, or a list of them. */
export const jobApi = {
  'jobs.types': endpoint({
    role: 'user',
    cli: 'get_job_types',
    summary: 'All job types with their inputs, outputs and parameters.',
    input: z.strictObject({}),
    output: z.array(z.custom<JobTypeInfo>()),
  }),
  'jobs.list': endpoint({
    role: 'user',
    cli: 'list_jobs',
    summary: 'Jobs of a project, or of one workspace of it.',
    input: z.strictObject({ project_uid: projectUid, workspace_uid: workspaceUid.optional() }),
    output: z.array(job),
  }),
  'jobs.queue': endpoint({
    role: 'user',
    summary: 'All queued and active jobs that the caller may see, with the reason why each waits.',
    input: z.strictObject({}),
    output: z.array(job),
  }),
  'jobs.get': endpoint({ role: 'user', cli: 'get_job', summary: 'One job.', input: z.strictObject(one), output: job }),
  'jobs.create': endpoint({
    role: 'user',
    cli: 'make_job',
    summary: 'Create a job in a workspace, with parameters and connections.',
    input: z.strictObject({
      job_type: z.string(),
      project_uid: projectUid,
      workspace_uid: workspaceUid,
      user_id: z.string().optional().describe('id or email of the caller'),
      title: z.string().default(''),
      desc: z.string().default(''),
      params: z.record(z.string(), z.unknown()).default({}),
      input_group_connects: z.record(z.string(), z.union([outputRef, z.array(outputRef)])).default({}),
    }),
    output: job,
  }),
  'jobs.status': endpoint({
    role: 'user',
    cli: 'get_job_status',
    summary: 'Status of a job.',
    input: z.strictObject(one),
    output: jobStatus,
  }),
  'jobs.dir': endpoint({
    role: 'user',
    cli: 'get_job_dir_abs',
    summary: 'Absolute path of the job directory.',
    input: z.strictObject(one),
    output: z.string(),
  }),
  'jobs.log': endpoint({
    role: 'user',
    cli: 'get_job_log',
    summary: "The job's standard output (at most its last megabyte).",
    input: z.strictObject(one),
    output: z.string(),
  }),
  'jobs.events': endpoint({
    role: 'user',
    cli: 'get_job_streamlog',
    summary: "The job's event log, from event `after` + 1.",
    input: z.strictObject({ ...one, after: z.int().min(0).default(0), limit: z.int().min(1).max(5000).default(1000) }),
    output: z.array(eventSchema),
  }),
  'jobs.update': endpoint({
    role: 'user',
    cli: 'update_job',
    summary: 'Change title, description or priority.',
    input: z.strictObject({
      ...one,
      title: z.string().optional(),
      description: z.string().optional(),
      priority: z.int().min(0).max(100).optional(),
    }),
    output: job,
  }),
  'jobs.set_param': endpoint({
    role: 'user',
    cli: 'job_set_param',
    summary: 'Set one parameter of a job that is being built; null puts the default back.',
    input: z.strictObject({ ...one, param_name: z.string(), param_new_value: z.unknown() }),
    output: job,
  }),
  'jobs.connect': endpoint({
    role: 'user',
    cli: 'job_connect_group',
    summary: 'Connect an output of a job to an input of another: `J1.particles` to `J2.particles`.',
    input: z.strictObject({ project_uid: projectUid, source_group: outputRef, dest_group: outputRef }),
    output: job,
  }),
  'jobs.connect_result': endpoint({
    role: 'user',
    cli: 'job_connect_result',
    summary: 'Take one slot of a connected input from another output: `J1.particles.blob` to `J2.particles.0.blob`.',
    input: z.strictObject({ project_uid: projectUid, source_result: z.string(), dest_slot: z.string() }),
    output: job,
  }),
  'jobs.disconnect': endpoint({
    role: 'user',
    cli: 'job_connected_group_clear',
    summary: 'Remove one connection of an input by its index, or all of them.',
    input: z.strictObject({ project_uid: projectUid, dest_group: outputRef, connect_idx: z.int().min(0).optional() }),
    output: job,
  }),
  'jobs.enqueue': endpoint({
    role: 'user',
    cli: 'enqueue_job',
    summary: 'Queue a job to a lane (the first one if none is named), or straight to a host and its GPUs.',
    input: z.strictObject({
      ...one,
      lane: z.string().optional(),
      user_id: z.string().optional(),
      hostname: z.string().optional(),
      gpus: z.array(z.int()).optional(),
    }),
    output: job,
  }),
  'jobs.wait': endpoint({
    role: 'user',
    cli: 'wait_job_complete',
    summary: 'Answer when the job has ended, or after the time-out with the status it then has.',
    input: z.strictObject({ ...one, timeout_s: z.number().min(0).max(60).default(30) }),
    output: jobStatus,
  }),
  'jobs.kill': endpoint({
    role: 'user',
    cli: 'kill_job',
    summary: 'Stop a queued or running job.',
    input: z.strictObject(one),
    output: job,
  }),
  'jobs.clear': endpoint({
    role: 'user',
    cli: 'clear_job',
    summary: 'Delete the results of an ended job and make it editable again.',
    input: z.strictObject(one),
    output: job,
  }),
  'jobs.clone': endpoint({
    role: 'user',
    cli: 'clone_job',
    summary: 'A new job of the same type, parameters and connections.',
    input: z.strictObject({ ...one, workspace_uid: workspaceUid.optional() }),
    output: job,
  }),
  'jobs.delete': endpoint({
    role: 'user',
    cli: 'delete_job',
    summary: 'Remove a job and its directory; not while others need it.',
    input: z.strictObject(one),
    output: z.object({}),
  }),
};
