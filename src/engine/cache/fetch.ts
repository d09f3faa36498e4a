import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';
import { copyVerified } from './copy.ts';
import { lanes } from './lanes.ts';
import { type CacheLimits, freeBytes, makeRoom, megabytes, type Room } from './room.ts';
import { type InodeHabits, type Source, sourceOf } from './source.ts';
import type { CacheStore } from './store.ts';
import type { Streams } from './streams.ts';
import { statOf, sum } from './survey.ts';
import type { CacheUser } from './user.ts';

/** How often to look whether another process has finished a copy, ms. */
const POLL_MS = 200;
/** A copy by another process that does not advance for so long is not waited for, ms. */
const STALL_MS = 120_000;
/** Time to wait for others who make room at this moment, ms. */
const SPACE_WAIT_MS = 60_000;
const SPACE = 'space';

export interface Tally {
  files: number;
  bytes: number;
}

/** What became of a request. */
export interface Fetched {
  /** where to read each file: by the path that was asked for */
  readonly local: Map<string, string>;
  /** were in the cache already */
  readonly reused: Tally;
  readonly copied: Tally;
  /** were copied by other processes while this one waited */
  readonly shared: Tally;
  /** were in the cache with a wrong size and were taken out */
  readonly damaged: number;
  readonly evicted: number;
  /** read from where they are, by reason */
  readonly direct: Map<string, Tally>;
  readonly elapsed_ms: number;
}

export interface FetchOptions {
  readonly limits: CacheLimits;
  readonly streams: Streams;
  readonly signal: AbortSignal;
  /** @param done bytes of `total` that are copied */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One request for files, see `SsdCache.fetch`. */
export class Fetch {
  private readonly store: CacheStore;
  private readonly user: CacheUser;
  private readonly options: FetchOptions;
  private readonly started_ms = performance.now();
  private readonly reused: Tally = { files: 0, bytes: 0 };
  private readonly copied: Tally = { files: 0, bytes: 0 };
  private readonly shared: Tally = { files: 0, bytes: 0 };
  private readonly direct = new Map<string, Tally>();
  /** names of the files that are in the cache now */
  private readonly kept = new Set<string>();
  private damaged = 0;
  private total_bytes = 0;
  private done_bytes = 0;
  /** why nothing more is copied: the drive has failed */
  private broken: string | null = null;

  constructor(store: CacheStore, user: CacheUser, options: FetchOptions) {
    this.store = store;
    this.user = user;
    this.options = options;
  }

  async run(paths: readonly string[]): Promise<Fetched> {
    const named = await this.identify([...new Set(paths)]);
    const sources = [...new Map([...named.values()].map((source) => [source.name, source])).values()];
    const missing = sources.filter((source) => !this.keep(source, this.reused));
    const { granted, refused, evicted, reason } = await this.room(missing);
    for (const source of refused) this.readDirectly(source.size, reason);
    try {
      await this.copyAll(granted);
    } finally {
      this.user.unreserve();
    }
    const local = new Map(
      paths.map((path) => {
        const source = named.get(path);
        return [path, source && this.kept.has(source.name) ? this.user.pathOf(source.name) : path];
      }),
    );
    const { reused, copied, shared, damaged, direct } = this;
    const elapsed_ms = performance.now() - this.started_ms;
    return { local, reused, copied, shared, damaged, evicted: evicted.length, direct, elapsed_ms };
  }

  /** Look at all files; one that cannot be looked at is left to the job, which says so in its own words. */
  private async identify(paths: readonly string[]): Promise<Map<string, Source>> {
    const { signal } = this.options;
    const habits: InodeHabits = new Map();
    const found = new Map<string, Source>();
    await lanes(8, paths, async (path) => {
      signal.throwIfAborted();
      try {
        found.set(path, await sourceOf(path, habits));
      } catch (error) {
        if (!(error instanceof CsError)) throw error;
      }
    });
    return found;
  }

  private keep(source: Source, tally: Tally): boolean {
    const state = this.user.keep(source.name, source.size);
    if (state === 'damaged') this.damaged++;
    if (state !== 'kept') return false;
    this.kept.add(source.name);
    add(tally, source.size);
    return true;
  }

  /** Make room, one process at a time. Where that fails, what is in the cache already is used all the same. */
  private async room(missing: readonly Source[]): Promise<Room> {
    try {
      return await this.makeRoomAlone(missing);
    } catch (error) {
      this.options.signal.throwIfAborted();
      const { message } = fileError(error, 'SSD cache', this.store.root);
      return { granted: [], refused: [...missing], evicted: [], reason: message };
    }
  }

  private async makeRoomAlone(missing: readonly Source[]): Promise<Room> {
    const { signal, limits } = this.options;
    const end_ms = performance.now() + SPACE_WAIT_MS;
    for (;;) {
      signal.throwIfAborted();
      const refused = this.user.take(this.store.root, SPACE);
      if (refused === null) break;
      if (performance.now() > end_ms) {
        const holder =
          typeof refused === 'object' ? ` (process ${refused.holder.pid} on ${refused.holder.hostname})` : '';
        throw new CsError('conflict', 'CS_CACHE_BUSY', `The SSD cache is being tidied by another process${holder}.`);
      }
      await sleep(POLL_MS / 4);
    }
    try {
      return makeRoom(this.store, this.user, missing, limits);
    } finally {
      this.user.give(this.store.root, SPACE);
    }
  }

  private async copyAll(sources: readonly Source[]): Promise<void> {
    this.total_bytes = sum(sources.map((source) => source.size));
    if (sources.length > 0) this.advance(0);
    const later: Source[] = [];
    await lanes(this.options.streams.count, sources, async (source) => {
      if (!(await this.tryCopy(source))) later.push(source);
    });
    for (const source of later) await this.awaitCopy(source);
  }

  /** Copy a file unless another process is doing so. @returns false: another process is */
  private async tryCopy(source: Source): Promise<boolean> {
    const { signal } = this.options;
    signal.throwIfAborted();
    if (this.broken !== null) {
      this.readDirectly(source.size, this.broken);
      return true;
    }
    try {
      if (this.user.take(this.store.copying, source.key) !== null) return false;
      try {
        // another process may have finished between our look at the store and our lease
        if (this.keep(source, this.shared)) this.advance(source.size);
        else await this.copy(source);
      } finally {
        this.user.give(this.store.copying, source.key);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      this.copyFailed(source, error);
    }
    return true;
  }

  private async copy(source: Source): Promise<void> {
    const { streams, signal, limits } = this.options;
    if (freeBytes(this.store) - source.size < limits.reserve_bytes) {
      this.readDirectly(source.size, 'other files have filled the drive meanwhile');
      return;
    }
    const part = this.user.pathOf(`${source.key}.part`);
    const onBytes = (bytes: number): void => this.advance(bytes);
    const { path, size, mtime_ns, name } = source;
    try {
      const crc = await copyVerified(source, part, { streams, signal, onBytes });
      const copied_at = new Date().toISOString();
      this.store.writeMeta(name, { path, size, mtime_ns: String(mtime_ns), crc, copied_at });
      this.user.publish(part, name);
    } finally {
      rmSync(part, { force: true });
    }
    this.kept.add(name);
    add(this.copied, size);
  }

  /** Wait for the copy that another process makes; when that process dies, make it ourselves. */
  private async awaitCopy(source: Source): Promise<void> {
    const { signal } = this.options;
    let seen = '';
    let seen_ms = performance.now();
    for (;;) {
      signal.throwIfAborted();
      if (this.keep(source, this.shared)) return this.advance(source.size);
      const refused = this.user.take(this.store.copying, source.key);
      if (refused === null) {
        this.user.give(this.store.copying, source.key);
        if (await this.tryCopy(source)) return;
      } else if (typeof refused === 'object') {
        const { token, pid, hostname } = refused.holder;
        const part = statOf(`${this.store.users}/${token}/${source.key}.part`);
        const now = `${token} ${part?.mtimeMs} ${part?.blocks}`;
        if (now !== seen) [seen, seen_ms] = [now, performance.now()];
        if (performance.now() - seen_ms > STALL_MS) {
          const reason = `process ${pid} on ${hostname}, which copies them, does not advance`;
          return this.readDirectly(source.size, reason);
        }
      }
      await sleep(POLL_MS);
    }
  }

  private copyFailed(source: Source, error: unknown): void {
    const { message, details } = fileError(error, 'SSD cache', this.store.root);
    // the source's own failure is this file's alone; that of the drive would come again with each file
    if (details['path'] !== source.path) this.broken ??= message;
    this.readDirectly(source.size, this.broken ?? message);
  }

  private readDirectly(size: number, reason: string): void {
    const tally = this.direct.get(reason) ?? { files: 0, bytes: 0 };
    add(tally, size);
    this.direct.set(reason, tally);
  }

  private advance(bytes: number): void {
    this.done_bytes += bytes;
    this.options.onProgress?.(this.done_bytes, this.total_bytes);
  }
}

function add(tally: Tally, size: number): void {
  tally.files++;
  tally.bytes += size;
}

/** `12 files (3.40 GB)` */
export function tallyText({ files, bytes }: Tally): string {
  return `${files} ${files === 1 ? 'file' : 'files'}${bytes > 0 ? ` (${megabytes(bytes)})` : ''}`;
}
