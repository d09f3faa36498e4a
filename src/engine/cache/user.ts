import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { errnoOf } from '../../host/fs-errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import {
  ageOf,
  describeSelf,
  type Found,
  isFromHere,
  leaseHolder,
  readHolder,
  writeDurable,
} from '../../host/lease-file.ts';
import { type LeaseSpot, type Refused, takeLease } from '../../host/lease-take.ts';
import { isAlive } from '../../host/process-tree.ts';
import { type CacheStore, isCachedName, list } from './store.ts';

export const LEASE_FILE = 'lease.json';
export const RESERVED_FILE = 'reserved.json';
const RENEW_MS = 5000;
/** Age at which the lease of a process that cannot be looked up from here (another machine or container) is over. */
const FOREIGN_EXPIRY_MS = 120_000;

const cacheHolder = leaseHolder.extend({
  /** what the process does, for `cryosparcw cache status` */
  purpose: z.string(),
});
export type CacheHolder = z.output<typeof cacheHolder>;

/**
 * A process that uses a store: a directory `users/<token>` with its lease, the parts that it is copying, and a hard
 * link to each file that it reads. The link is what keeps a file: it cannot fail half-way, and it is gone with the
 * directory, which anyone removes once the lease is over.
 */
export class CacheUser {
  readonly token: string;
  readonly dir: string;
  private readonly store: CacheStore;
  private readonly lease: string;
  private readonly bytes: Buffer;
  private fd: number;
  private readonly timer: NodeJS.Timeout;

  constructor(store: CacheStore, purpose: string) {
    this.store = store;
    this.token = randomUUID();
    this.dir = join(store.users, this.token);
    this.lease = join(this.dir, LEASE_FILE);
    const holder: CacheHolder = { ...describeSelf(this.token), purpose };
    this.bytes = Buffer.from(`${JSON.stringify(holder)}\n`);
    mkdirSync(this.dir, { mode: 0o700 });
    try {
      writeDurable(this.lease, this.bytes);
      this.fd = openSync(this.lease, 'r+');
    } catch (error) {
      rmSync(this.dir, { recursive: true, force: true });
      throw error;
    }
    this.timer = setInterval(() => this.renew(), RENEW_MS);
    this.timer.unref();
  }

  /** Where this process reads a file of the cache. */
  pathOf(name: string): string {
    return join(this.dir, name);
  }

  /**
   * Keep a file of the store, if it is there and has all its bytes.
   * @returns `damaged`: a file of another size was there; it is taken out of the store
   */
  keep(name: string, size: number): 'kept' | 'missing' | 'damaged' {
    const own = this.pathOf(name);
    try {
      linkSync(this.store.pathOf(name), own);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 'missing';
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
    if (statSync(own).size !== size) {
      rmSync(own);
      this.store.discard(name);
      return 'damaged';
    }
    touch(own);
    return 'kept';
  }

  /** Give a finished part its place in the store, in one step, and keep it. */
  publish(part: string, name: string): void {
    const own = this.pathOf(name);
    rmSync(own, { force: true });
    linkSync(part, own);
    touch(own);
    renameSync(part, this.store.pathOf(name));
  }

  /** Claim space for files that are to be copied, until they are in the store. */
  reserve(sizes: Readonly<Record<string, number>>): void {
    writeFileAtomic(join(this.dir, RESERVED_FILE), JSON.stringify(sizes));
  }

  unreserve(): void {
    rmSync(join(this.dir, RESERVED_FILE), { force: true });
  }

  /** Take `<dir>/<stem>.lease`. @returns null when it is ours, else why not */
  take(dir: string, stem: string): Refused<CacheHolder> | null {
    let tookOver = false;
    const spot: LeaseSpot<CacheHolder> = {
      dir,
      name: `${stem}.lease`,
      stem,
      look: (path) => lookAtLease(this.dir, path),
      isOver: isGone,
      next: () => {
        tookOver = true;
        const next = join(this.dir, `${stem}.next`);
        linkSync(this.lease, next);
        return next;
      },
    };
    const refused = takeLease(spot, this.lease);
    if (tookOver && refused === null) this.removeMarkers(dir, stem);
    return refused;
  }

  /** Once the lease is replaced, its take-over markers have done their work; ours would live as long as we do. */
  private removeMarkers(dir: string, stem: string): void {
    for (const name of list(dir)) {
      if (!name.startsWith(`${stem}.`) || !name.includes('.taken.')) continue;
      const holder = readHolder(join(dir, name), cacheHolder);
      if (typeof holder === 'object' && holder.token === this.token) rmSync(join(dir, name), { force: true });
    }
  }

  give(dir: string, stem: string): void {
    const path = join(dir, `${stem}.lease`);
    const holder = readHolder(path, cacheHolder);
    if (typeof holder === 'object' && holder.token === this.token) rmSync(path, { force: true });
  }

  /** Let go of all files: from now on they may be evicted; this is their last use. */
  release(): void {
    clearInterval(this.timer);
    if (this.fd < 0) return;
    closeSync(this.fd);
    this.fd = -1;
    for (const name of list(this.dir)) if (isCachedName(name)) touch(this.pathOf(name));
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The same bytes again, through the open descriptor: the time of change is then that of the drive's own clock. */
  private renew(): void {
    const fd = this.fd;
    write(fd, this.bytes, 0, this.bytes.length, 0, (error) => {
      // a full or vanished drive: reading goes on, others may take the files
      if (!error && fd === this.fd) fsync(fd, () => {});
    });
  }
}

/** The time of last use of a cached file is its time of change. */
function touch(path: string): void {
  const now = Date.now() / 1000;
  utimesSync(path, now, now);
}

/**
 * A lease as it stands. Its age counts only where its process cannot be looked up.
 * @param dir directory on the same drive where a file may be made
 */
export function lookAtLease(dir: string, path: string): Found<CacheHolder> | 'gone' | 'damaged' {
  const holder = readHolder(path, cacheHolder);
  if (typeof holder === 'string') return holder;
  if (isFromHere(holder)) return { holder, age_ms: 0 };
  try {
    return { holder, age_ms: ageOf(dir, path) ?? 0 };
  } catch (error) {
    // no yardstick can be made on a full drive: the holder has the benefit of the doubt
    if (errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT') return { holder, age_ms: 0 };
    throw error;
  }
}

/**
 * Whether the holder is gone: of a process of this machine that alone counts, however long it was too busy to renew;
 * one of elsewhere is gone when it has not renewed for two minutes.
 */
export function isGone({ holder, age_ms }: Found<CacheHolder>): boolean {
  return isFromHere(holder) ? !isAlive(holder) : age_ms > FOREIGN_EXPIRY_MS;
}
