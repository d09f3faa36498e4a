import type { QueryClient } from '@tanstack/react-query';
import type { PushEvents } from '../../schema/push.ts';
import { applyPush } from './patch.ts';
import type { Cache } from './patch.ts';
import { resilientStream } from './stream.ts';
import type { StreamState } from './stream.ts';

const KINDS: readonly (keyof PushEvents)[] = [
  'job',
  'job_deleted',
  'project',
  'project_deleted',
  'workspace',
  'workspace_deleted',
  'resources',
];

/** The query cache as `applyPush` wants it. */
export function cacheOf(client: QueryClient): Cache {
  return {
    get: (key) => client.getQueryData(key),
    set: (key, value) => client.setQueryData(key, value),
    invalidate: (key) => void client.invalidateQueries({ queryKey: key }),
  };
}

/**
 * Keeps the cached lists alive by the server's pushes. After a gap (reconnection) everything shown is read again.
 * @returns the function that ends it
 */
export function followServer(client: QueryClient, onState: (state: StreamState) => void): () => void {
  const cache = cacheOf(client);
  let opened = false;
  return resilientStream({
    url: () => '/api/events',
    kinds: KINDS,
    onState,
    onOpen: () => {
      if (opened) void client.invalidateQueries();
      opened = true;
    },
    onMessage: (kind, data) => applyPush(cache, kind as keyof PushEvents, JSON.parse(data) as never),
  });
}
