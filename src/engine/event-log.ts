import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { CsError } from '../base/errors.ts';
import { fileError } from '../host/fs-errors.ts';
import { MemoryGauge } from '../host/memory.ts';
import type { JobEvent } from '../schema/events.ts';

type Own = 'id' | 'created_at' | 'cpumem_mb' | 'avail_mb';
type WithoutOwn<E> = E extends unknown ? Omit<E, Own> : never;
/** An event without what the log itself fills in. */
export type EventBody = WithoutOwn<JobEvent>;

/** An event larger than this would not fit into one report to the master. */
const MAX_EVENT_BYTES = 2_000_000;

/**
 * The event log of a job, `<job_dir>/events.jsonl`: one JSON object a line, appended, in the file when `append`
 * returns. Only one process writes it at a time: main while it lives, then its monitor.
 */
export class EventLog {
  private readonly path: string;
  private readonly fd: number;
  private readonly onEvent: (event: JobEvent) => void;
  private readonly memory = new MemoryGauge();
  private next_id: number;
  /** the last line has no end: the process or the disk gave up within it */
  private torn: boolean;

  /**
   * Opens or creates the log; ids go on after the largest one in it.
   * @param onEvent is told each event after it was written
   * @throws CsError naming the file when it cannot be opened
   */
  constructor(path: string, onEvent: (event: JobEvent) => void = () => {}) {
    this.path = path;
    this.onEvent = onEvent;
    try {
      this.fd = openSync(path, 'a+', 0o644);
      const size = fstatSync(this.fd).size;
      this.torn = size > 0 && lastByte(this.fd, size) !== 0x0a;
      this.next_id = size > 0 ? largestId(readFileSync(path, 'utf8')) + 1 : 1;
    } catch (error) {
      throw fileError(error, 'Event log', path);
    }
  }

  /** A new id, for an event that is to be written several times. */
  takeId(): number {
    return this.next_id++;
  }

  /**
   * Write an event.
   * @param id that of an earlier event to replace it, else a new one is taken
   * @throws CsError `resource` `CS_DISK_FULL` naming the file; `bug` `CS_EVENT_TOO_LARGE`
   */
  append(body: EventBody, id: number = this.takeId()): JobEvent {
    const event = { ...body, id, created_at: new Date().toISOString(), ...this.memory.read() };
    const line = `${JSON.stringify(event)}\n`;
    const bytes = Buffer.byteLength(line);
    if (bytes > MAX_EVENT_BYTES) {
      const message = `An event of type ${body.type} has ${bytes} bytes, at most ${MAX_EVENT_BYTES} fit.`;
      throw new CsError('bug', 'CS_EVENT_TOO_LARGE', message, { type: body.type, bytes });
    }
    this.write(line);
    this.onEvent(event);
    return event;
  }

  close(): void {
    closeSync(this.fd);
  }

  private write(line: string): void {
    const buffer = Buffer.from(this.torn ? `\n${line}` : line);
    let done = 0;
    try {
      while (done < buffer.length) done += writeSync(this.fd, buffer, done);
      this.torn = false;
    } catch (error) {
      this.torn ||= done > 0;
      throw fileError(error, 'Event log', this.path);
    }
  }
}

function lastByte(fd: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, size - 1);
  return byte[0];
}

/** Largest id in the log; damaged lines are passed over. */
function largestId(text: string): number {
  let largest = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      const { id } = JSON.parse(line) as { id?: unknown };
      if (typeof id === 'number' && id > largest) largest = id;
    } catch {
      // a torn line: its event is lost, those after it are not
    }
  }
  return largest;
}
