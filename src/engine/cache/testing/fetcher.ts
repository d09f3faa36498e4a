import { existsSync } from 'node:fs';
import { Streams } from '../streams.ts';
import { SsdCache } from '../cache.ts';
import { CacheStore } from '../store.ts';

/** What a fetching process is told on its command line, as JSON. */
export interface FetcherOrder {
  readonly cache_path: string;
  readonly paths: readonly string[];
  readonly quota_bytes?: number;
  /** stand still once the first chunk is copied, until this file is there */
  readonly pause_until?: string;
}

/** What it answers. */
export interface FetcherAnswer {
  readonly said: 'copying' | 'fetched';
  readonly local?: [string, string][];
  readonly reused?: number;
  readonly copied?: number;
  readonly shared?: number;
  readonly direct?: [string, number][];
}

/** A process that fetches files and then reads them, without end, until it is told to end by closing the channel. */
async function main(order: FetcherOrder): Promise<void> {
  const cache = new SsdCache(CacheStore.open(order.cache_path), 'a test');
  let paused = false;
  const fetched = await cache.fetch(order.paths, {
    limits: { quota_bytes: order.quota_bytes ?? null, reserve_bytes: 0, lifetime_ms: 1e12 },
    streams: new Streams(2),
    signal: new AbortController().signal,
    onProgress: (done) => {
      if (order.pause_until === undefined || paused || done === 0) return;
      paused = true;
      process.send?.({ said: 'copying' } satisfies FetcherAnswer);
      while (!existsSync(order.pause_until)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    },
  });
  process.once('disconnect', () => {
    cache.release();
    process.exit(0);
  });
  process.send?.({
    said: 'fetched',
    local: [...fetched.local],
    reused: fetched.reused.files,
    copied: fetched.copied.files,
    shared: fetched.shared.files,
    direct: [...fetched.direct].map(([reason, { files }]) => [reason, files]),
  } satisfies FetcherAnswer);
}

await main(JSON.parse(process.argv[2] ?? '{}') as FetcherOrder);
