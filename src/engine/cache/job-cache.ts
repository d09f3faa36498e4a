import { asCsError } from '../../base/errors.ts';
import type { JobContext } from '../context.ts';
import type { Claim } from '../messages.ts';
import { SsdCache } from './cache.ts';
import { type Fetched, tallyText } from './fetch.ts';
import { megabytes } from './room.ts';
import { cacheSettings, type CacheSettings } from './settings.ts';
import { CacheStore } from './store.ts';
import { Streams } from './streams.ts';

type Voice = Pick<JobContext, 'log' | 'warn' | 'progress' | 'signal'>;

/**
 * The SSD cache as a job sees it: it asks for files and is told where to read them. Whatever goes wrong with the
 * cache, the answer is where the files are anyway, with a word in the event log.
 */
export class JobCache {
  private readonly claim: Claim;
  private readonly voice: Voice;
  private readonly env: NodeJS.ProcessEnv;
  private settings: CacheSettings | null = null;
  private cache: SsdCache | null = null;
  private queue: Promise<unknown> = Promise.resolve();

  /** @param env environment with the settings of the cache */
  constructor(claim: Claim, voice: Voice, env: NodeJS.ProcessEnv) {
    this.claim = claim;
    this.voice = voice;
    this.env = env;
  }

  /** @param paths absolute. @returns where to read each */
  async fetch(paths: readonly string[]): Promise<Map<string, string>> {
    // one request at a time: a process holds a lease once
    const answer = this.queue.then(() => this.fetchNow(paths));
    this.queue = answer.catch(() => {});
    return await answer;
  }

  release(): void {
    try {
      this.cache?.release();
    } catch (error) {
      this.voice.warn(`SSD cache: ${asCsError(error).message} What this job used is freed later.`);
    }
  }

  private async fetchNow(paths: readonly string[]): Promise<Map<string, string>> {
    const { voice, claim } = this;
    const { cache_path } = claim;
    if (cache_path === null) {
      voice.log('SSD cache: this worker has none; files are read from where they are.');
      return new Map(paths.map((path) => [path, path]));
    }
    try {
      this.cache ??= new SsdCache(CacheStore.open(cache_path), `${claim.project_uid} ${claim.job_uid}`);
      this.settings ??= cacheSettings(this.env, (text) => voice.warn(text));
      const { quota_bytes, reserve_bytes } = limitsOf(claim);
      const { lifetime_ms, streams } = this.settings;
      const fetched = await this.cache.fetch(paths, {
        limits: { quota_bytes, reserve_bytes, lifetime_ms },
        streams: new Streams(streams),
        signal: voice.signal,
        onProgress: this.progress(),
      });
      this.tell(fetched);
      return fetched.local;
    } catch (error) {
      voice.signal.throwIfAborted();
      voice.warn(`SSD cache: not used; files are read from where they are. ${asCsError(error).message}`);
      return new Map(paths.map((path) => [path, path]));
    }
  }

  private progress(): (done: number, total: number) => void {
    const started_ms = performance.now();
    return (done, total) => {
      const rate = done / Math.max(0.001, (performance.now() - started_ms) / 1000);
      const left_s = rate > 0 ? `, ${Math.ceil((total - done) / rate)} s left` : '';
      const share = total > 0 ? Math.floor((100 * done) / total) : 100;
      this.voice.progress(
        0,
        `Copying to the SSD cache: ${share} % of ${megabytes(total)}, ${(rate / 1e6).toFixed(0)} MB/s${left_s}`,
      );
    };
  }

  private tell({ reused, copied, shared, damaged, evicted, direct, elapsed_ms }: Fetched): void {
    const parts: string[] = [];
    if (reused.files > 0) parts.push(`${tallyText(reused)} there already`);
    if (copied.files > 0) {
      const rate = copied.bytes / 1e6 / Math.max(0.001, elapsed_ms / 1000);
      parts.push(`${tallyText(copied)} copied in ${(elapsed_ms / 1000).toFixed(1)} s (${rate.toFixed(0)} MB/s)`);
    }
    if (shared.files > 0) parts.push(`${tallyText(shared)} copied by other jobs meanwhile`);
    if (evicted > 0) parts.push(`${evicted} not used for long removed`);
    if (damaged > 0) parts.push(`${damaged} had lost bytes and were taken out`);
    if (parts.length > 0) this.voice.log(`SSD cache: ${parts.join('; ')}.`);
    for (const [reason, tally] of direct) {
      const words = reason.replace(/\.$/, '');
      this.voice.warn(`SSD cache: ${tallyText(tally)} read from where they are: ${words}.`);
    }
  }
}

function limitsOf(claim: Claim): { quota_bytes: number | null; reserve_bytes: number } {
  const { cache_quota_mb, cache_reserve_mb } = claim;
  return { quota_bytes: cache_quota_mb === null ? null : 1e6 * cache_quota_mb, reserve_bytes: 1e6 * cache_reserve_mb };
}
