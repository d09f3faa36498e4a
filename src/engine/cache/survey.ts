import { lstatSync, readFileSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../host/fs-errors.ts';
import { type CacheStore, isCachedName, list } from './store.ts';
import { type CacheHolder, isGone, LEASE_FILE, lookAtLease, RESERVED_FILE } from './user.ts';

/** What has no readable lease may be in the making; after this time it is not. */
const UNFINISHED_MS = 3_600_000;

export interface Entry {
  readonly name: string;
  readonly size: number;
  /** bytes that it takes on the drive, fewer than its size where it has holes */
  readonly allocated: number;
  readonly last_used_ms: number;
  readonly in_use: boolean;
}

export interface UserState {
  readonly token: string;
  readonly holder: CacheHolder;
  /** its process has ended; what it left is removed when room is made next */
  readonly gone: boolean;
  readonly files: number;
  /** size of the files that it reads */
  readonly bytes: number;
  /** bytes on the drive of what it is copying */
  readonly part_bytes: number;
  /** files that it has claimed space for and that are not in the store, by name */
  readonly pending: Readonly<Record<string, number>>;
}

export interface Survey {
  readonly entries: Entry[];
  readonly users: UserState[];
  /** files that were taken out of the store and are still being read */
  readonly unlisted_bytes: number;
}

/** All that is in a store. @param probe_dir directory on the same drive where a file may be made */
export function survey(store: CacheStore, probe_dir: string): Survey {
  const entries: Entry[] = [];
  const listed = new Set<number>();
  for (const name of store.names()) {
    const stat = statOf(store.pathOf(name));
    if (!stat?.isFile()) continue;
    listed.add(stat.ino);
    const { size, blocks, mtimeMs, nlink } = stat;
    entries.push({ name, size, allocated: 512 * blocks, last_used_ms: mtimeMs, in_use: nlink > 1 });
  }
  const present = new Set(entries.map((entry) => entry.name));
  const unlisted = new Map<number, number>();
  const users = list(store.users).flatMap((token) => {
    const dir = join(store.users, token);
    const lease = lookAtLease(probe_dir, join(dir, LEASE_FILE));
    if (typeof lease === 'string') return [];
    const state = { token, holder: lease.holder, gone: isGone(lease), files: 0, bytes: 0, part_bytes: 0 };
    for (const name of list(dir)) {
      const isPart = name.endsWith('.part');
      const stat = isPart || isCachedName(name) ? statOf(join(dir, name)) : null;
      if (!stat) continue;
      if (isPart) state.part_bytes += 512 * stat.blocks;
      else {
        state.files++;
        state.bytes += stat.size;
        if (!listed.has(stat.ino)) unlisted.set(stat.ino, stat.size);
      }
    }
    const pending = Object.entries(reservedBy(dir)).filter(([name]) => !present.has(name));
    return [{ ...state, pending: Object.fromEntries(pending) }];
  });
  return { entries, users, unlisted_bytes: sum(unlisted.values()) };
}

/** Remove what processes that are gone have left: their directories with parts and links, and their copy leases. */
export function sweep(store: CacheStore, probe_dir: string): void {
  for (const token of list(store.users)) {
    const dir = join(store.users, token);
    if (isLeft(probe_dir, join(dir, LEASE_FILE), dir)) rmSync(dir, { recursive: true, force: true });
  }
  for (const name of list(store.copying)) {
    const path = join(store.copying, name);
    if (isLeft(probe_dir, path, path)) rmSync(path, { force: true });
  }
}

function isLeft(probe_dir: string, lease: string, path: string): boolean {
  const found = lookAtLease(probe_dir, lease);
  return typeof found === 'string' ? isOld(path) : isGone(found);
}

function isOld(path: string): boolean {
  const stat = statOf(path);
  return stat !== null && Date.now() - stat.mtimeMs > UNFINISHED_MS;
}

function reservedBy(dir: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(join(dir, RESERVED_FILE), 'utf8')) as Record<string, number>;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return {};
    throw error;
  }
}

export function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
