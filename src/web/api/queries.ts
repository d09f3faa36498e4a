import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult } from '@tanstack/react-query';
import type { CsError } from '../../base/errors.ts';
import type { ApiInput, ApiName, ApiOutput } from '../../schema/api.ts';
import type { Job, Project, Workspace } from '../../schema/model.ts';
import { call } from './client.ts';
import { cacheOf } from './live.ts';
import { applyPush, putJob } from './patch.ts';

/** Reads of the API, one place for their cache keys. Lists stay fresh by pushes (`live.ts`), not by re-reading. */
export const reads = {
  me: () => queryOptions({ queryKey: ['me'], queryFn: () => call('auth.me', {}), retry: false }),
  users: () => queryOptions({ queryKey: ['users'], queryFn: () => call('users.list', {}) }),
  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: () => call('auth.list_tokens', {}) }),
  projects: () => queryOptions({ queryKey: ['projects'], queryFn: () => call('projects.list', {}) }),
  project: (project_uid: string) =>
    queryOptions({ queryKey: ['project', project_uid], queryFn: () => call('projects.get', { project_uid }) }),
  workspaces: (project_uid: string) =>
    queryOptions({ queryKey: ['workspaces', project_uid], queryFn: () => call('workspaces.list', { project_uid }) }),
  jobs: (project_uid: string) =>
    queryOptions({ queryKey: ['jobs', project_uid], queryFn: () => call('jobs.list', { project_uid }) }),
  job: (project_uid: string, job_uid: string) =>
    queryOptions({
      queryKey: ['job', project_uid, job_uid],
      queryFn: () => call('jobs.get', { project_uid, job_uid }),
    }),
  /** @param state changes with each run of the job, so that an older run's text is not shown for a newer one */
  jobLog: (project_uid: string, job_uid: string, state: string) =>
    queryOptions({
      queryKey: ['jobLog', project_uid, job_uid, state],
      queryFn: () => call('jobs.log', { project_uid, job_uid }),
    }),
  jobTypes: () => queryOptions({ queryKey: ['jobTypes'], queryFn: () => call('jobs.types', {}) }),
  queue: () => queryOptions({ queryKey: ['queue'], queryFn: () => call('jobs.queue', {}) }),
  lanes: () => queryOptions({ queryKey: ['lanes'], queryFn: () => call('resources.lanes', {}) }),
  targets: () => queryOptions({ queryKey: ['targets'], queryFn: () => call('resources.targets', {}) }),
  usage: () => queryOptions({ queryKey: ['usage'], queryFn: () => call('resources.usage', {}) }),
  info: () => queryOptions({ queryKey: ['info'], queryFn: () => call('instance.info', {}) }),
  changelog: () => queryOptions({ queryKey: ['changelog'], queryFn: () => call('instance.changelog', {}) }),
  browse: (path: string) =>
    queryOptions({
      queryKey: ['browse', path],
      queryFn: () => call('instance.browse_files', { path }),
      staleTime: 5_000,
    }),
};

/** The signed-in user; pages below the shell are shown only when there is one. */
export function useMe(): { id: string; email: string; role: 'user' | 'admin' } {
  const { data } = useQuery(reads.me());
  return data ?? { id: '', email: '', role: 'user' };
}

/**
 * A call that changes something. A returned job, project or workspace goes into the cached lists at once.
 * @param again keys of lists to be read again afterwards
 */
export function useCall<K extends ApiName>(
  name: K,
  again: readonly (readonly unknown[])[] = [],
): UseMutationResult<ApiOutput<K>, CsError, ApiInput<K>> {
  const client = useQueryClient();
  return useMutation<ApiOutput<K>, CsError, ApiInput<K>>({
    mutationFn: (input) => call(name, input),
    onSuccess: (answer) => {
      const cache = cacheOf(client);
      if (isJob(answer)) putJob(cache, answer);
      else if (isProject(answer)) applyPush(cache, 'project', answer);
      else if (isWorkspace(answer)) applyPush(cache, 'workspace', answer);
      for (const key of again) cache.invalidate(key);
    },
  });
}

const hasKeys = (value: unknown, keys: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);
const isJob = (value: unknown): value is Job => hasKeys(value, ['uid', 'project_uid', 'job_dir', 'status']);
const isProject = (value: unknown): value is Project => hasKeys(value, ['uid', 'project_dir']);
const isWorkspace = (value: unknown): value is Workspace => hasKeys(value, ['uid', 'workspace_type']);
