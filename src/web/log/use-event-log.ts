import { useEffect, useState, useSyncExternalStore } from 'react';
import type { JobEvent } from '../../schema/events.ts';
import { resilientStream } from '../api/stream.ts';
import { EventStore } from './event-store.ts';

/** Events that come closer together than this are shown together. */
const FLUSH_MS = 50;

/**
 * The event log of a job: its history, then what is new, over one stream.
 * @param run changes when the job was cleared; the log then starts from nothing
 */
export function useEventLog(project_uid: string, job_uid: string, run: string): readonly JobEvent[] {
  const [store] = useState(() => new EventStore((flush) => setTimeout(flush, FLUSH_MS)));
  useEffect(() => {
    store.begin(run);
    return resilientStream({
      url: () => `/api/job_events?${new URLSearchParams({ project_uid, job_uid, after: String(store.resumeAfter()) })}`,
      kinds: ['event'],
      onMessage: (_kind, data) => store.put(JSON.parse(data) as JobEvent),
    });
  }, [store, project_uid, job_uid, run]);
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
