import { useSyncExternalStore } from 'react';
import type { JSX } from 'react';
import { absoluteTime, relativeTime } from '../format/time.ts';

const TICK_MS = 10_000;
let now_ms = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all relative times of the page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now_ms = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Unix time, ms, that moves on every ten seconds. */
export function useNow_ms(): number {
  return useSyncExternalStore(subscribe, () => now_ms);
}

/** "4 min ago", with the absolute time in the tooltip. */
export function TimeAgo({ at }: { at: string | null }): JSX.Element {
  const now = useNow_ms();
  if (at === null) return <span className="faint">–</span>;
  return (
    <time dateTime={at} title={absoluteTime(at)} className="nowrap">
      {relativeTime(at, Math.max(now, Date.parse(at)))}
    </time>
  );
}
