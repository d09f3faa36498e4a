import type { Job, Output } from '../../schema/model.ts';

/** A job document for tests; everything that is not named has the value of a fresh job. */
export function makeJob(uid: string, given: Partial<Job> = {}): Job {
  return {
    uid,
    project_uid: 'P1',
    workspace_uids: ['W1'],
    type: 'import_particles',
    title: '',
    description: '',
    status: 'building',
    created_by_user_id: 'u1',
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
    queue_status: null,
    queue_message: null,
    cluster_job_id: null,
    cluster_job_status: null,
    cluster_job_custom_vars: {},
    resources_needed: { cpu: 1, gpu: 0, ram: 1, ssd: false },
    resources_allocated: null,
    progress: null,
    errors_run: [],
    ui_tile_image: null,
    cloned_from: null,
    version_created: 'v0',
    version_run: null,
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    queued_at: null,
    launched_at: null,
    started_at: null,
    running_at: null,
    completed_at: null,
    killed_at: null,
    failed_at: null,
    heartbeat_at: null,
    ...given,
  };
}

/** An output with the given slots. */
export function makeOutput(name: string, type: Output['type'], slots: readonly string[]): Output {
  const results = slots.map((slot) => ({
    name: slot,
    dtype: slot,
    passthrough: false,
    versions: [],
    metafiles: [],
    num_items: [],
  }));
  return { name, type, title: name, passthrough: null, num_items: 0, results, image: null, summary: {} };
}
