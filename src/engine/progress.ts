import type { EventLog } from './event-log.ts';

/** Time between two writes of the progress bar, ms: four a second at most. */
const INTERVAL_MS = 250;

/** The job's progress bar: one event of the log, written again at most four times a second; the last state always is. */
export class ProgressBar {
  private readonly log: EventLog;
  private id: number | null = null;
  private written_at = Number.NEGATIVE_INFINITY;
  private pending: { fraction: number; text: string } | null = null;

  constructor(log: EventLog) {
    this.log = log;
  }

  /** @param fraction 0 to 1, values outside are cut; not a number counts as 0 */
  set(fraction: number, text: string): void {
    this.pending = { fraction: Math.min(1, Math.max(0, fraction || 0)), text };
    if (performance.now() - this.written_at >= INTERVAL_MS) this.flush();
  }

  /** Write the state that was held back. Called every quarter second, and at the end of the job. */
  flush(): void {
    if (!this.pending) return;
    const { fraction, text } = this.pending;
    this.pending = null;
    this.written_at = performance.now();
    this.id ??= this.log.takeId();
    this.log.append({ type: 'progress', flags: [], fraction, text }, this.id);
  }
}
