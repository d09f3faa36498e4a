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
import { errnoOf } from './fs-errors.ts';
import { machineMark, ownStartTicks } from './machine-mark.ts';
import { isAlive } from './process-tree.ts';

/** Age at which a lease that is not renewed may be taken over. */
export const EXPIRY_MS = 30_000;

/** Who holds a lease; each kind of lease adds what it has to say to those who find it held. */
export const leaseHolder = z.object({
  token: z.string(),
  hostname: z.string(),
  pid: z.int(),
  start_ticks: z.number(),
  machine: z.object({ boot_id: z.string(), pid_namespace: z.string() }),
  user: z.string(),
  since: z.string(),
});
export type LeaseHolder = z.output<typeof leaseHolder>;

export interface Found<H extends LeaseHolder> {
  holder: H;
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

/** Who holds a lease or take-over marker. */
export function readHolder<H extends LeaseHolder>(path: string, schema: z.ZodType<H>): H | 'gone' | 'damaged' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'gone';
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

/** A lease or take-over marker as it stands. @param dir directory for the yardstick, see `ageOf` */
export function readLease<H extends LeaseHolder>(
  dir: string,
  path: string,
  schema: z.ZodType<H>,
): Found<H> | 'gone' | 'damaged' {
  const holder = readHolder(path, schema);
  if (holder === 'gone') return holder;
  const age_ms = ageOf(dir, path);
  if (age_ms === null) return 'gone';
  return holder === 'damaged' ? holder : { holder, age_ms };
}

/**
 * Time since a file was written, by the clock of the server that holds it: a file written now is the yardstick.
 * @param dir directory on the same server where the yardstick may be made
 */
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
export function isOver({ holder, age_ms }: Found<LeaseHolder>): boolean {
  return age_ms > EXPIRY_MS || (isFromHere(holder) && !isAlive(holder));
}

/** Whether the holder's process number means a process of this machine, since its last start, in this container. */
export function isFromHere(holder: LeaseHolder): boolean {
  const own = machineMark();
  const { boot_id, pid_namespace } = holder.machine;
  const sameMachine = own.boot_id !== '' && boot_id === own.boot_id && pid_namespace === own.pid_namespace;
  return sameMachine && holder.hostname === hostname();
}

/** What this process writes into a lease. */
export function describeSelf(token: string): LeaseHolder {
  const since = new Date().toISOString();
  const start_ticks = ownStartTicks();
  return {
    token,
    hostname: hostname(),
    pid: process.pid,
    start_ticks,
    machine: machineMark(),
    user: userInfo().username,
    since,
  };
}

/** Make a new file that is on disk when this returns. */
export function writeDurable(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes, { mode: 0o600, flag: 'wx', flush: true });
}
