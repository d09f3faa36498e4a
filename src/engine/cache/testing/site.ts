import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { SsdCache } from '../cache.ts';
import type { Fetched, FetchOptions } from '../fetch.ts';
import { CacheStore } from '../store.ts';
import { Streams } from '../streams.ts';
import type { FetcherAnswer, FetcherOrder } from './fetcher.ts';

export type TestFetch = Partial<FetchOptions['limits']> & Partial<Omit<FetchOptions, 'limits'>>;

/** A directory with source files and a cache. */
export class CacheSite {
  readonly dir: string;
  readonly cache_path: string;
  private readonly t: TestContext;
  private readonly caches: SsdCache[] = [];

  /** @param cache_path a drive of its own; absent: a directory beside the sources */
  constructor(t: TestContext, cache_path?: string) {
    this.t = t;
    this.dir = mkdtempSync(join(tmpdir(), 'cs-cache-'));
    this.cache_path = cache_path ?? join(this.dir, 'ssd');
    mkdirSync(this.cache_path, { recursive: true });
    t.after(() => {
      for (const cache of this.caches) cache.release();
      rmSync(this.dir, { recursive: true, force: true });
    });
  }

  get store(): CacheStore {
    return CacheStore.at(this.cache_path);
  }

  /** A source file of `size` bytes that are told from those of other names. */
  source(name: string, size: number): string {
    const path = join(this.dir, name);
    const bytes = Buffer.alloc(size, `${name} `);
    writeFileSync(path, bytes);
    return path;
  }

  /** A job that uses the cache; it lets go of its files at the end of the test, or when it is released. */
  open(purpose = 'P1 J1'): SsdCache {
    const cache = new SsdCache(CacheStore.open(this.cache_path), purpose);
    this.caches.push(cache);
    return cache;
  }

  async fetch(cache: SsdCache, paths: readonly string[], options: TestFetch = {}): Promise<Fetched> {
    const { quota_bytes = null, reserve_bytes = 0, lifetime_ms = 1e12, ...rest } = options;
    return await cache.fetch(paths, {
      streams: new Streams(2),
      signal: new AbortController().signal,
      limits: { quota_bytes, reserve_bytes, lifetime_ms },
      ...rest,
    });
  }

  /** Fetch as a job that ends at once. */
  async visit(paths: readonly string[], options: TestFetch = {}): Promise<Fetched> {
    const cache = this.open();
    try {
      return await this.fetch(cache, paths, options);
    } finally {
      cache.release();
    }
  }

  /** Let every file of the cache look as if it was last used so long ago. */
  age(by_ms: number): void {
    for (const name of this.store.names()) {
      const time = (Date.now() - by_ms) / 1000;
      utimesSync(this.store.pathOf(name), time, time);
    }
  }

  /** Directories of the processes that use the store. */
  users(): string[] {
    return readdirSync(this.store.users);
  }

  /** Start a process that fetches. */
  fetcher(order: Omit<FetcherOrder, 'cache_path'>): Fetcher {
    const fetcher = new Fetcher({ ...order, cache_path: this.cache_path });
    this.t.after(() => fetcher.kill());
    return fetcher;
  }
}

export class Fetcher {
  readonly child: ChildProcess;
  private readonly answers: FetcherAnswer[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(order: FetcherOrder) {
    this.child = fork(new URL('./fetcher.ts', import.meta.url), [JSON.stringify(order)]);
    this.child.on('message', (answer: FetcherAnswer) => {
      this.answers.push(answer);
      for (const look of this.waiting.splice(0)) look();
    });
    this.child.on('exit', () => {
      for (const look of this.waiting.splice(0)) look();
    });
  }

  /** Wait for an answer. @throws when the process ends without it */
  async says(what: FetcherAnswer['said']): Promise<FetcherAnswer> {
    for (;;) {
      const answer = this.answers.find(({ said }) => said === what);
      if (answer) return answer;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`the process ended (${this.child.exitCode ?? this.child.signalCode}) before it said ${what}`);
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  has(what: FetcherAnswer['said']): boolean {
    return this.answers.some(({ said }) => said === what);
  }

  /** SIGKILL, and wait until the process is gone. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
