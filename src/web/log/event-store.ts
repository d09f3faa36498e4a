import type { JobEvent } from '../../schema/events.ts';

export type EventKind = JobEvent['type'];

/**
 * The events of one job as they arrive. An event that comes again replaces the earlier one in place; a snapshot is
 * a new array only after a change, so that views can compare by identity.
 */
export class EventStore {
  private readonly byId = new Map<number, JobEvent>();
  private ordered: readonly JobEvent[] = [];
  private stale = false;
  private readonly listeners = new Set<() => void>();
  private scheduled = false;
  private run = '';
  private readonly defer: (run: () => void) => void;

  /** @param defer runs the given function soon, once for many changes; the browser passes requestAnimationFrame */
  constructor(defer: (run: () => void) => void) {
    this.defer = defer;
  }

  put(event: JobEvent): void {
    this.byId.set(event.id, event);
    this.stale = true;
    if (this.scheduled) return;
    this.scheduled = true;
    this.defer(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  }

  /** All events by position. */
  snapshot = (): readonly JobEvent[] => {
    if (this.stale) {
      this.ordered = [...this.byId.values()].sort((a, b) => a.id - b.id);
      this.stale = false;
    }
    return this.ordered;
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Begins the log of a run; forgets the events of an earlier one, as clearing the job did. */
  begin(run: string): void {
    if (run === this.run) return;
    this.run = run;
    this.byId.clear();
    this.stale = true;
    for (const listener of this.listeners) listener();
  }

  /**
   * From where a reconnection must read on: behind the last event, but before the first progress bar that was not
   * yet full, as that one may have moved in between.
   */
  resumeAfter(): number {
    let after = 0;
    for (const event of this.snapshot()) {
      if (event.type === 'progress' && event.fraction < 1) return event.id - 1;
      after = event.id;
    }
    return after;
  }
}

/** Which kinds a filter of the log shows. Checkpoints are for the machine and are never shown. */
export const LOG_FILTERS = {
  all: ['text', 'warning', 'error', 'progress', 'image', 'figure'],
  text: ['text', 'warning', 'error', 'progress'],
  problems: ['warning', 'error'],
  plots: ['image', 'figure'],
} as const satisfies Record<string, readonly EventKind[]>;

export type LogFilter = keyof typeof LOG_FILTERS;

/** Events of a filter whose text holds `query`. */
export function selectEvents(events: readonly JobEvent[], filter: LogFilter, query: string): JobEvent[] {
  const kinds: readonly EventKind[] = LOG_FILTERS[filter];
  const wanted = query.trim().toLowerCase();
  return events.filter(
    (e) => kinds.includes(e.type) && (wanted === '' || ('text' in e && e.text.toLowerCase().includes(wanted))),
  );
}

/** Figures and pictures for the top of the job's page: flagged `dashboard`, of equal titles the latest only. */
export function dashboardEvents(events: readonly JobEvent[]): JobEvent[] {
  const latest = new Map<string, JobEvent>();
  for (const event of events) {
    if (!event.flags.includes('dashboard')) continue;
    if (event.type === 'figure') latest.set(`figure ${event.figure.title}`, event);
    if (event.type === 'image') latest.set(`image ${event.text}`, event);
  }
  return [...latest.values()];
}
