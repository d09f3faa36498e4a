import type { Job, Project, Workspace } from '../../schema/model.ts';
import type { PushEvents } from '../../schema/push.ts';

/** The part of a query cache that pushes touch; a `Map` will do in a test. */
export interface Cache {
  get(key: readonly unknown[]): unknown;
  set(key: readonly unknown[], value: unknown): void;
  invalidate(key: readonly unknown[]): void;
}

const WAITING_OR_ACTIVE: readonly string[] = ['queued', 'launched', 'started', 'running', 'waiting'];

/** What tells the items of any list apart. */
interface Listed {
  uid: string;
  project_uid?: string;
}

/**
 * Brings one push into the cached lists. A list that was never read is left alone: it will be read whole.
 * An older state of a job than the cached one is ignored, so that the answer to a call is never undone by a late push.
 */
export function applyPush<K extends keyof PushEvents>(cache: Cache, kind: K, data: PushEvents[K]): void {
  switch (kind) {
    case 'job':
      putJob(cache, data as Job);
      return;
    case 'job_deleted': {
      const { project_uid, uid } = data as PushEvents['job_deleted'];
      removeFrom(cache, ['jobs', project_uid], (j) => j.uid === uid);
      removeFrom(cache, ['queue'], (j) => j.uid === uid && j.project_uid === project_uid);
      cache.invalidate(['job', project_uid, uid]);
      return;
    }
    case 'project': {
      const project = data as Project;
      putInto<Project>(cache, ['projects'], project, (p) => p.uid === project.uid);
      cache.set(['project', project.uid], project);
      return;
    }
    case 'project_deleted':
      removeFrom(cache, ['projects'], (p) => p.uid === (data as PushEvents['project_deleted']).uid);
      return;
    case 'workspace': {
      const workspace = data as Workspace;
      putInto<Workspace>(cache, ['workspaces', workspace.project_uid], workspace, (w) => w.uid === workspace.uid);
      return;
    }
    case 'workspace_deleted': {
      const { project_uid, uid } = data as PushEvents['workspace_deleted'];
      removeFrom(cache, ['workspaces', project_uid], (w) => w.uid === uid);
      return;
    }
    case 'resources':
      for (const key of ['lanes', 'targets', 'usage']) cache.invalidate([key]);
      return;
    default:
      throw new TypeError(`unknown push ${String(kind satisfies never)}`);
  }
}

/** Puts a job into every list that shows it; used for pushes and for the answers of calls alike. */
export function putJob(cache: Cache, job: Job): void {
  const known = cache.get(['job', job.project_uid, job.uid]) as Job | undefined;
  if (known && known.updated_at > job.updated_at) return;
  cache.set(['job', job.project_uid, job.uid], job);
  putInto<Job>(cache, ['jobs', job.project_uid], job, (j) => j.uid === job.uid);
  const same = (j: Listed): boolean => j.uid === job.uid && j.project_uid === job.project_uid;
  if (WAITING_OR_ACTIVE.includes(job.status)) putInto(cache, ['queue'], job, same);
  else removeFrom(cache, ['queue'], same);
}

function putInto<T>(cache: Cache, key: readonly unknown[], item: T, same: (item: T) => boolean): void {
  const list = cache.get(key) as T[] | undefined;
  if (!list) return;
  const at = list.findIndex(same);
  cache.set(key, at < 0 ? [item, ...list] : list.with(at, item));
}

function removeFrom(cache: Cache, key: readonly unknown[], same: (item: Listed) => boolean): void {
  const list = cache.get(key) as Listed[] | undefined;
  if (list?.some(same))
    cache.set(
      key,
      list.filter((item) => !same(item)),
    );
}
