import * as z from 'zod';
import { DATA_TYPES } from './slots.ts';

/**
 * The documents of the system, as the API returns them and as a project directory keeps them.
 * Keys are the system's own snake_case names; times are ISO 8601 UTC text.
 *
 * project: a directory with everything in it; workspace: a named set of its jobs; job: one run of a job type;
 * lane: a queue; target: a machine (or cluster) that serves one lane.
 */
export const projectUid = z.string().regex(/^P[1-9]\d*$/, 'must look like P1');
export const workspaceUid = z.string().regex(/^[WS][1-9]\d*$/, 'must look like W1');
export const jobUid = z.string().regex(/^J[1-9]\d*$/, 'must look like J1');
/** A group of results of a job, as `J1.imported_particles`. */
export const outputRef = z.string().regex(/^J[1-9]\d*\.[\w-]+$/, 'must look like J1.particles');

const time = z.string().nullable();

export const user = z.object({
  id: z.string(),
  email: z.string(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  role: z.enum(['user', 'admin']),
  created_at: z.string(),
});
export type User = z.output<typeof user>;

export const project = z.object({
  uid: projectUid,
  title: z.string(),
  description: z.string(),
  project_dir: z.string(),
  owner_user_id: z.string(),
  users_with_access: z.array(z.string()),
  project_params_pdef: z.record(z.string(), z.unknown()),
  paused: z.boolean(),
  /** only read: its directory may have been put away */
  archived: z.boolean(),
  created_at: z.string(),
  updated_at: z.string(),
  created_at_version: z.string(),
  counts: z.object({ workspaces: z.int(), jobs: z.int(), jobs_active: z.int() }),
});
export type Project = z.output<typeof project>;

export const workspace = z.object({
  uid: workspaceUid,
  project_uid: projectUid,
  workspace_type: z.enum(['base', 'live']),
  title: z.string(),
  description: z.string(),
  created_by_user_id: z.string(),
  created_at: z.string(),
  counts: z.object({ jobs: z.int(), jobs_active: z.int() }),
});
export type Workspace = z.output<typeof workspace>;

export const JOB_STATUSES = [
  'building',
  'queued',
  'launched',
  'started',
  'running',
  'waiting',
  'completed',
  'killed',
  'failed',
] as const;
export const jobStatus = z.enum(JOB_STATUSES);
export type JobStatus = z.output<typeof jobStatus>;

/** Holding a target's slots. */
export const ACTIVE_STATUSES: readonly JobStatus[] = ['launched', 'started', 'running', 'waiting'];
/** Ended; nothing changes any more until the job is cleared. */
export const FINISHED_STATUSES: readonly JobStatus[] = ['completed', 'killed', 'failed'];

/** One result of an output: a slot of its dataset. */
export const result = z.object({
  name: z.string(),
  dtype: z.string(),
  passthrough: z.boolean(),
  /** iterations for which a file exists, "F" is the final one */
  versions: z.array(z.string()),
  /** dataset files, relative to the project directory, one per version */
  metafiles: z.array(z.string()),
  num_items: z.array(z.int()),
});
export type Result = z.output<typeof result>;

export const output = z.object({
  name: z.string(),
  type: z.enum(DATA_TYPES),
  title: z.string(),
  passthrough: z.string().nullable(),
  num_items: z.int(),
  results: z.array(result),
  /** thumbnail, relative to the project directory */
  image: z.string().nullable(),
  /** numbers worth showing on a card, for example { resolution_A: 3.2 } */
  summary: z.record(z.string(), z.union([z.number(), z.string()])),
});
export type Output = z.output<typeof output>;

export const connection = z.object({
  job_uid: jobUid,
  output: z.string(),
  /** single results taken from elsewhere than the connected output: slot name → source */
  results: z.record(
    z.string(),
    z.object({ job_uid: jobUid, output: z.string(), result: z.string(), version: z.string() }),
  ),
});
export type Connection = z.output<typeof connection>;

export const resources = z.object({ cpu: z.int(), gpu: z.int(), ram: z.int(), ssd: z.boolean() });

export const allocation = z.object({
  lane: z.string(),
  target: z.string(),
  hostname: z.string(),
  slots: z.object({ CPU: z.array(z.int()), GPU: z.array(z.int()), RAM: z.array(z.int()) }),
  ssd: z.boolean(),
});
export type Allocation = z.output<typeof allocation>;

export const job = z.object({
  uid: jobUid,
  project_uid: projectUid,
  workspace_uids: z.array(workspaceUid),
  type: z.string(),
  title: z.string(),
  description: z.string(),
  status: jobStatus,
  created_by_user_id: z.string(),
  /** only those that differ from the defaults */
  params: z.record(z.string(), z.unknown()),
  /** connections by input name */
  inputs: z.record(z.string(), z.array(connection)),
  outputs: z.array(output),
  parents: z.array(jobUid),
  children: z.array(jobUid),
  /** why the job cannot be queued: missing inputs or parameters, in words */
  build_errors: z.array(z.string()),
  /** relative to the project directory */
  job_dir: z.string(),
  priority: z.int().min(0).max(100),
  queued_to_lane: z.string().nullable(),
  queued_to_hostname: z.string().nullable(),
  queued_to_gpu: z.array(z.int()).nullable(),
  queue_status: z
    .enum([
      'waiting_inputs',
      'project_paused',
      'actively_queued',
      'waiting_resources',
      'waiting_maintenance',
      'launched',
    ])
    .nullable(),
  /** why a queued job waits, in words */
  queue_message: z.string().nullable(),
  resources_needed: resources,
  resources_allocated: allocation.nullable(),
  /** its number in the scheduler of the cluster that it was submitted to */
  cluster_job_id: z.string().nullable().default(null),
  /** what that scheduler last said of it, in its own word */
  cluster_job_status: z.string().nullable().default(null),
  /** its own values of the cluster's template variables */
  cluster_job_custom_vars: z.record(z.string(), z.unknown()).default({}),
  progress: z.object({ fraction: z.number(), text: z.string() }).nullable(),
  /** why it failed or was killed */
  errors_run: z.array(z.object({ kind: z.string(), code: z.string(), message: z.string() })),
  /** last picture of the event log, relative to the project directory */
  ui_tile_image: z.string().nullable(),
  cloned_from: jobUid.nullable(),
  version_created: z.string(),
  version_run: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  queued_at: time,
  launched_at: time,
  started_at: time,
  running_at: time,
  completed_at: time,
  killed_at: time,
  failed_at: time,
  heartbeat_at: time,
});
export type Job = z.output<typeof job>;

export const lane = z.object({
  name: z.string(),
  title: z.string(),
  desc: z.string(),
  type: z.enum(['node', 'cluster']),
});
export type Lane = z.output<typeof lane>;

export const gpu = z.object({ id: z.int(), name: z.string(), mem: z.number() });

export const targetNode = z.object({
  name: z.string(),
  hostname: z.string(),
  lane: z.string(),
  type: z.literal('node'),
  title: z.string(),
  /** `user@host` for ssh; empty when the target is the master's own machine */
  ssh_str: z.string(),
  worker_bin_path: z.string(),
  cache_path: z.string().nullable(),
  cache_quota_mb: z.number().nullable(),
  cache_reserve_mb: z.number(),
  resource_slots: z.object({ CPU: z.array(z.int()), GPU: z.array(z.int()), RAM: z.array(z.int()) }),
  resource_fixed: z.object({ SSD: z.boolean() }),
  gpus: z.array(gpu),
  version: z.string(),
});
export type TargetNode = z.output<typeof targetNode>;

/** A cluster with a scheduler of its own; commands and script are Jinja2 templates. Its lane has its name. */
export const targetCluster = z.object({
  name: z.string(),
  hostname: z.string(),
  lane: z.string(),
  type: z.literal('cluster'),
  title: z.string(),
  worker_bin_path: z.string(),
  /** a template, as directories of batch systems are often named by the job; null: no cache */
  cache_path: z.string().nullable(),
  cache_quota_mb: z.number().nullable(),
  cache_reserve_mb: z.number(),
  send_cmd_tpl: z.string(),
  qsub_cmd_tpl: z.string(),
  qstat_cmd_tpl: z.string(),
  /** answers with nothing but the state of one job; null: none */
  qstat_code_cmd_tpl: z.string().nullable(),
  qdel_cmd_tpl: z.string(),
  qinfo_cmd_tpl: z.string(),
  transfer_cmd_tpl: z.string(),
  script_tpl: z.string(),
  /** values of template variables for all jobs of this cluster */
  custom_vars: z.record(z.string(), z.unknown()),
});
export type TargetCluster = z.output<typeof targetCluster>;

export const processStatus = z.object({
  name: z.string(),
  state: z.enum(['RUNNING', 'STARTING', 'STOPPED', 'BACKOFF', 'FATAL']),
  pid: z.int().nullable(),
  since: z.string().nullable(),
  restarts: z.int(),
  message: z.string(),
});
