import { createReadStream } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freemem } from 'node:os';
import { fileError } from '../../host/fs-errors.ts';
import type { JobEvent } from '../../schema/events.ts';

export const EVENTS_FILE = 'events.jsonl';

/**
 * The event log of a job, oldest first, each event as it stands after its last update. A last line that is cut off
 * (its writer was killed) is left out.
 * @param job_dir absolute; a job that has not written a log has an empty one
 * @param after 0, or an event that the reader has: only later events come, and updates that were written after it
 */
export async function readJobEvents(job_dir: string, after = 0): Promise<JobEvent[]> {
  const events = new Map<number, JobEvent>();
  const path = join(job_dir, EVENTS_FILE);
  let seen = after === 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      const event = parseEvent(line);
      if (!event) continue;
      if (seen || event.id > after) events.set(event.id, event);
      seen ||= event.id === after;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, 'Log', path);
  }
  return [...events.values()].sort((a, b) => a.id - b.id);
}

function parseEvent(line: string): JobEvent | null {
  try {
    return JSON.parse(line) as JobEvent;
  } catch {
    return null;
  }
}

/** Say in the event log of a job why it could not be started; only for jobs without a process of their own. */
export async function appendError(job_dir: string, text: string): Promise<void> {
  const last = (await readJobEvents(job_dir)).at(-1)?.id ?? 0;
  const event: JobEvent = {
    id: last + 1,
    created_at: new Date().toISOString(),
    cpumem_mb: 0,
    avail_mb: Math.round(freemem() / 1e6),
    flags: [],
    type: 'error',
    text,
  };
  await appendFile(join(job_dir, EVENTS_FILE), `${JSON.stringify(event)}\n`);
}

/** The end of a text file, from a line's start if it is longer than `bytes`; empty when there is no such file. */
export async function readTail(path: string, bytes: number): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
      const text = buffer.toString('utf8', 0, bytesRead);
      return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw fileError(error, 'Log', path);
  }
}
