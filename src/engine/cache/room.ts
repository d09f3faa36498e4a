import { statfsSync } from 'node:fs';
import type { Source } from './source.ts';
import type { CacheStore } from './store.ts';
import { type Entry, statOf, sum, survey, sweep } from './survey.ts';
import type { CacheUser } from './user.ts';

export interface CacheLimits {
  /** the store may hold so much; null: no limit */
  readonly quota_bytes: number | null;
  /** free space to leave on the drive */
  readonly reserve_bytes: number;
  /** files that nobody has used for so long are removed */
  readonly lifetime_ms: number;
}

export interface Room {
  /** files that may be copied, in the order in which they were asked for */
  readonly granted: Source[];
  readonly refused: Source[];
  readonly evicted: string[];
  /** why files were refused */
  readonly reason: string;
}

/**
 * Make room for files, and claim it: remove what has outlived its time, then the least recently used of what nobody
 * reads, until quota and reserve hold with the new files and with what other processes have claimed. Files that another
 * process is about to copy cost nothing. Called by one process at a time (the lease `space`).
 */
export function makeRoom(store: CacheStore, user: CacheUser, wanted: readonly Source[], limits: CacheLimits): Room {
  sweep(store, user.dir);
  const { entries, users, unlisted_bytes } = survey(store, user.dir);
  const others = users.filter(({ token }) => token !== user.token);
  const claimed = new Map(others.flatMap(({ pending }) => Object.entries(pending)));
  // a copy stays claimed for a moment after it has its name: it is listed then, and must not count twice
  const listed = new Set(entries.map((entry) => entry.name));
  const claimed_bytes = sum([...claimed].flatMap(([name, bytes]) => (listed.has(name) ? [] : [bytes])));
  const still_to_write = Math.max(0, claimed_bytes - sum(others.map((other) => other.part_bytes)));

  const usable = entries.filter((entry) => !entry.in_use).sort((a, b) => a.last_used_ms - b.last_used_ms);
  const size = (list: readonly Entry[]): number => sum(list.map((entry) => entry.size));
  // both may be negative: then something has to go even if nothing is added
  const quota_left = (limits.quota_bytes ?? Number.POSITIVE_INFINITY) - size(entries) - unlisted_bytes - claimed_bytes;
  const drive_left = freeBytes(store) - limits.reserve_bytes - still_to_write;

  const quota_room = quota_left + size(usable);
  const drive_room = drive_left + sum(usable.map((entry) => entry.allocated));
  let room = Math.min(quota_room, drive_room);
  let added = 0;
  const granted: Source[] = [];
  const refused: Source[] = [];
  for (const source of wanted) {
    if (claimed.has(source.name) || listed.has(source.name)) granted.push(source);
    else if (source.size <= room) {
      granted.push(source);
      added += source.size;
      room -= source.size;
    } else refused.push(source);
  }

  const evicted: string[] = [];
  let [quota_after, drive_after] = [quota_left - added, drive_left - added];
  const now_ms = Date.now();
  for (const entry of usable) {
    const outlived = now_ms - entry.last_used_ms > limits.lifetime_ms;
    if (!outlived && quota_after >= 0 && drive_after >= 0) break;
    if (!evict(store, entry.name)) continue;
    evicted.push(entry.name);
    quota_after += entry.size;
    drive_after += entry.allocated;
  }
  if (granted.length > 0) user.reserve(Object.fromEntries(granted.map(({ name, size }) => [name, size])));
  const reason =
    quota_room < drive_room
      ? `the quota of ${megabytes(limits.quota_bytes ?? 0)} does not hold them beside the files in use`
      : `they do not fit beside the files in use and the ${megabytes(limits.reserve_bytes)} that are to stay free`;
  return { granted, refused, evicted, reason };
}

/**
 * Remove the least recently used file that nobody reads: on a drive so full that not even a lease can be written.
 * @returns false when there is none
 */
export function evictOldest(store: CacheStore): boolean {
  const usable = store.names().flatMap((name) => {
    const stat = statOf(store.pathOf(name));
    return stat?.nlink === 1 ? [{ name, last_used_ms: stat.mtimeMs }] : [];
  });
  usable.sort((a, b) => a.last_used_ms - b.last_used_ms);
  return usable.some(({ name }) => evict(store, name));
}

/** Remove a file unless someone has begun to read it. */
export function evict(store: CacheStore, name: string): boolean {
  const stat = statOf(store.pathOf(name));
  if (!stat || stat.nlink > 1) return false;
  store.discard(name);
  return true;
}

/** Space that this account may still use on the drive of a store. */
export function freeBytes(store: CacheStore): number {
  const { bavail, bsize } = statfsSync(store.root);
  return bavail * bsize;
}

export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
