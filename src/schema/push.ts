import type { Job, Project, Workspace } from './model.ts';
import type { JobEvent } from './events.ts';

/**
 * What the server pushes (server-sent events; `event:` is the key, `data:` the JSON).
 * On (re)connection the client re-reads its lists; pushes only patch them.
 */
export interface PushEvents {
  /** a job was created or changed */
  job: Job;
  job_deleted: { project_uid: string; uid: string };
  project: Project;
  project_deleted: { uid: string };
  workspace: Workspace;
  workspace_deleted: { project_uid: string; uid: string };
  /** lanes, targets or their use changed: read them again */
  resources: Record<string, never>;
}

/** Stream of one job's log: `event: event`, `data:` a `JobEvent`, `id:` its position. */
export type JobEventPush = JobEvent;
