import { errnoOf, fileError } from '../../host/fs-errors.ts';
import { Fetch, type Fetched, type FetchOptions } from './fetch.ts';
import { evictOldest } from './room.ts';
import type { CacheStore } from './store.ts';
import { CacheUser } from './user.ts';

/** A store as one process uses it. What it has fetched stays where it is until `release`. */
export class SsdCache {
  readonly user: CacheUser;
  private readonly store: CacheStore;

  /** @param purpose what the process does, for `cryosparcw cache status` */
  constructor(store: CacheStore, purpose: string) {
    this.store = store;
    this.user = newUser(store, purpose);
  }

  release(): void {
    this.user.release();
  }

  /**
   * Bring files into the cache. No failure of a single file, and no lack of space, is an error: such a file is read from
   * where it is.
   *
   * @param paths absolute
   * @throws CsError when the store as a whole cannot be used; the reason of `options.signal` when it is aborted
   */
  async fetch(paths: readonly string[], options: FetchOptions): Promise<Fetched> {
    try {
      return await new Fetch(this.store, this.user, options).run(paths);
    } catch (error) {
      options.signal.throwIfAborted();
      throw fileError(error, 'SSD cache', this.store.root);
    }
  }
}

function newUser(store: CacheStore, purpose: string): CacheUser {
  for (;;) {
    try {
      return new CacheUser(store, purpose);
    } catch (error) {
      // the drive may be full of our own files
      if (errnoOf(error) !== 'ENOSPC' || !evictOldest(store)) throw fileError(error, 'SSD cache', store.root);
    }
  }
}
