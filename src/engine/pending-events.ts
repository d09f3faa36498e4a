import type { JobEvent } from '../schema/events.ts';

/** One report stays well below the master's limit on a request, bytes of JSON. */
const BATCH_BYTES = 2_500_000;
/** While the master is away, no more than this is kept for it; all events stand in the job's log file anyway. */
const KEPT = 20_000;

/** Events that the master has not heard of yet, in the order of their first writing; a newer one replaces its id's older one. */
export class PendingEvents {
  private events = new Map<number, JobEvent>();

  add(event: JobEvent): void {
    this.events.set(event.id, event);
    if (this.events.size > KEPT) {
      const oldest = this.events.keys().next().value;
      if (oldest !== undefined) this.events.delete(oldest);
    }
  }

  get size(): number {
    return this.events.size;
  }

  /** Take what fits into one report; at least one event if there is any. */
  take(): JobEvent[] {
    const batch: JobEvent[] = [];
    let bytes = 0;
    for (const [id, event] of this.events) {
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (bytes > BATCH_BYTES && batch.length > 0) break;
      batch.push(event);
      this.events.delete(id);
    }
    return batch;
  }

  /** Put a batch back in front that did not arrive; events that were written anew meanwhile stay the newer ones. */
  putBack(batch: readonly JobEvent[]): void {
    const newer = this.events;
    this.events = new Map(batch.map((event) => [event.id, event]));
    for (const event of newer.values()) this.add(event);
  }
}
