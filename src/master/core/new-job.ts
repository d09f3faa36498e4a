import { VERSION } from '../../host/version.ts';
import type { JobSpec } from '../../schema/job.ts';
import type { Job } from '../../schema/model.ts';

/** What a job is begun with, whatever its type. */
export interface JobHead {
  workspace_uid: string;
  created_by_user_id: string;
  title: string;
  desc: string;
}

export interface NewJob extends JobHead {
  job_type: string;
  params: Record<string, unknown>;
  input_group_connects: Record<string, string | string[]>;
}

/** What a job knows of its last run, before there is one. */
export const NOT_RUN = {
  queue_status: null,
  queue_message: null,
  resources_allocated: null,
  cluster_job_id: null,
  cluster_job_status: null,
  progress: null,
  errors_run: [],
  ui_tile_image: null,
  version_run: null,
  queued_at: null,
  launched_at: null,
  started_at: null,
  running_at: null,
  completed_at: null,
  killed_at: null,
  failed_at: null,
  heartbeat_at: null,
} satisfies Partial<Job>;

/** A job without parameters and connections. */
export function emptyJob(uid: string, project_uid: string, spec: Pick<JobSpec, 'type'>, input: JobHead): Job {
  const now = new Date().toISOString();
  return {
    uid,
    project_uid,
    workspace_uids: [input.workspace_uid],
    type: spec.type,
    title: input.title,
    description: input.desc,
    status: 'building',
    created_by_user_id: input.created_by_user_id,
    params: {},
    inputs: {},
    outputs: [],
    parents: [],
    children: [],
    build_errors: [],
    job_dir: uid,
    priority: 0,
    queued_to_lane: null,
    queued_to_hostname: null,
    queued_to_gpu: null,
    resources_needed: { cpu: 1, gpu: 0, ram: 1, ssd: false },
    cluster_job_custom_vars: {},
    cloned_from: null,
    version_created: VERSION,
    created_at: now,
    updated_at: now,
    ...NOT_RUN,
  };
}
