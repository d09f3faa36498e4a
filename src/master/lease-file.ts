import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { errnoOf } from '../host/fs-errors.ts';
import { isAlive } from '../host/process-tree.ts';
import { type MachineMark, machineMark, ownStartTicks } from './machine-mark.ts';

/** Age at which a lease that is not renewed may be taken over. */
export const EXPIRY_MS = 30_000;

const holderSchema = z.object({
  token: z.string(),
  hostname: z.string(),
  pid: z.int(),
  start_ticks: z.number(),
  machine: z.object({ boot_id: z.string(), pid_namespace: z.string() }),
  user: z.string(),
  port: z.int(),
  since: z.string(),
});
export type Holder = z.output<typeof holderSchema>;

export interface Found {
  holder: Holder;
  /** time since the last renewal, by the clock of the file server */
  age_ms: number;
}

/** Hard link; true also when the answer of an NFS server was lost and the call repeated. */
export function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return sameFile(from, to);
  }
}

function sameFile(a: string, b: string): boolean {
  try {
    const [x, y] = [a, b].map((path) => {
      const fd = openSync(path, 'r');
      try {
        return fstatSync(fd).ino;
      } finally {
        closeSync(fd);
      }
    });
    return x === y;
  } catch {
    return false;
  }
}

/** A lease or take-over marker as it stands. */
export function read(dir: string, path: string): Found | 'gone' | 'damaged' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  const age_ms = ageOf(dir, path);
  if (age_ms === null) return 'gone';
  try {
    return { holder: holderSchema.parse(JSON.parse(text)), age_ms };
  } catch {
    return 'damaged';
  }
}

/** Time since a file was written, by the clock of the server that holds it: a file written now is the yardstick. */
export function ageOf(dir: string, path: string): number | null {
  const probe = join(dir, `lease.${randomUUID()}.probe`);
  try {
    const fd = openSync(probe, 'wx', 0o600);
    let now_ms: number;
    try {
      writeSync(fd, '.');
      fsyncSync(fd);
      now_ms = fstatSync(fd).mtimeMs;
    } finally {
      closeSync(fd);
    }
    const target = openSync(path, 'r');
    try {
      return now_ms - fstatSync(target).mtimeMs;
    } finally {
      closeSync(target);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Whether whoever wrote it no longer counts: too old, or a process of this machine that is gone. */
export function isOver({ holder, age_ms }: Found): boolean {
  if (age_ms > EXPIRY_MS) return true;
  return isThisMachine(holder.machine) && holder.hostname === hostname() && !isAlive(holder);
}

function isThisMachine(mark: MachineMark): boolean {
  const own = machineMark();
  return own.boot_id !== '' && mark.boot_id === own.boot_id && mark.pid_namespace === own.pid_namespace;
}

/** What this process writes into a lease. */
export function describeSelf(token: string, port: number): Holder {
  const since = new Date().toISOString();
  const start_ticks = ownStartTicks();
  return {
    token,
    hostname: hostname(),
    pid: process.pid,
    start_ticks,
    machine: machineMark(),
    user: userInfo().username,
    port,
    since,
  };
}

/** Make a new file that is on disk when this returns. */
export function writeDurable(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { mode: 0o600, flag: 'wx', flush: true });
}
