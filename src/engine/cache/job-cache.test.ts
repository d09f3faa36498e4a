import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CsError } from '../../base/errors.ts';
import type { Claim } from '../messages.ts';
import { JobCache } from './job-cache.ts';
import { cacheSettings } from './settings.ts';
import { CHUNK_BYTES } from './streams.ts';
import { CacheSite } from './testing/site.ts';

interface Heard {
  cache: JobCache;
  logs: string[];
  warnings: string[];
  bar: [number, string][];
  abort: AbortController;
}

function jobOf(site: CacheSite, claim: Partial<Claim> = {}, env: NodeJS.ProcessEnv = {}): Heard {
  const [logs, warnings, bar]: [string[], string[], [number, string][]] = [[], [], []];
  const abort = new AbortController();
  const whole = { project_uid: 'P3', job_uid: 'J9', cache_path: site.cache_path, cache_quota_mb: null, ...claim };
  const voice = {
    log: (text: string) => void logs.push(text),
    warn: (text: string) => void warnings.push(text),
    progress: (fraction: number, text: string) => void bar.push([fraction, text]),
    signal: abort.signal,
  };
  return { cache: new JobCache({ cache_reserve_mb: 0, ...whole } as Claim, voice, env), logs, warnings, bar, abort };
}

test('a job is told what was copied, what was there, and how fast; the bar shows the rate', async (t) => {
  const site = new CacheSite(t);
  const paths = [site.source('a.mrcs', 2 * CHUNK_BYTES), site.source('b.mrcs', 1000)];
  const first = jobOf(site);
  const local = await first.cache.fetch(paths);
  assert.notEqual(local.get(paths[0]), paths[0]);
  first.cache.release();
  assert.match(first.logs.join(), /^SSD cache: 2 files \(16\.8 MB\) copied in \d+\.\d s \(\d+ MB\/s\)\.$/);
  assert.match(first.bar.at(-1)?.[1] ?? '', /^Copying to the SSD cache: 100 % of 16\.8 MB, \d+ MB\/s, 0 s left$/);
  const second = jobOf(site);
  await Promise.all([second.cache.fetch(paths), second.cache.fetch(paths)]);
  second.cache.release();
  assert.deepEqual(second.logs, Array(2).fill('SSD cache: 2 files (16.8 MB) there already.'));
  assert.deepEqual([first.warnings, second.warnings, second.bar], [[], [], []]);
  assert.deepEqual(site.users(), [], 'it has let go of the files');
});

test('without a cache, or where its directory is missing or forbidden, files are read from where they are', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 10);
  const none = jobOf(site, { cache_path: null });
  assert.equal((await none.cache.fetch([path])).get(path), path);
  assert.deepEqual(
    [none.logs, none.warnings],
    [['SSD cache: this worker has none; files are read from where they are.'], []],
  );
  const file = site.source('file', 1);
  for (const [cache_path, words] of [
    ['/no/such/drive', /\/no\/such\/drive does not exist/],
    [file, /is not a directory/],
    ['/proc', /\/proc/],
  ] as const) {
    const job = jobOf(site, { cache_path });
    assert.equal((await job.cache.fetch([path])).get(path), path);
    assert.match(job.warnings.join(), words);
    job.cache.release();
  }
});

test('a store of another account, or a link in its place, is not used', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 10);
  mkdirSync(join(site.cache_path, 'cryosparc_cache'));
  mkdirSync(join(site.dir, 'elsewhere'));
  symlinkSync(join(site.dir, 'elsewhere'), site.store.root);
  const job = jobOf(site);
  assert.equal((await job.cache.fetch([path])).get(path), path);
  assert.match(job.warnings.join(), /is not a directory/);
  assert.deepEqual(readdirSync(join(site.dir, 'elsewhere')), []);
});

test('a drive that vanishes, before or while files are copied, fails nothing', async (t) => {
  const site = new CacheSite(t);
  const paths = [site.source('a.mrcs', 4 * CHUNK_BYTES), site.source('b.mrcs', 10)];
  const job = jobOf(site);
  await job.cache.fetch([paths[1]]);
  rmSync(site.cache_path, { recursive: true });
  const local = await job.cache.fetch(paths);
  assert.deepEqual(
    [...local],
    [
      [paths[0], paths[0]],
      [paths[1], paths[1]],
    ],
  );
  assert.equal(job.warnings.length, 1);
  job.cache.release();

  const other = new CacheSite(t);
  const gone = jobOf(other);
  const copying = gone.cache.fetch(paths);
  // the first chunk is on its way when the directories go
  while (gone.bar.length < 2) await new Promise((resolve) => setImmediate(resolve));
  rmSync(other.cache_path, { recursive: true });
  assert.equal((await copying).get(paths[0]), paths[0]);
  assert.ok(gone.warnings.length > 0);
  gone.cache.release();
});

test('a job that is killed while files are copied ends at once', async (t) => {
  const site = new CacheSite(t);
  const job = jobOf(site);
  const copying = job.cache.fetch([site.source('a.mrcs', 6 * CHUNK_BYTES)]);
  while (job.bar.length < 2) await new Promise((resolve) => setImmediate(resolve));
  job.abort.abort(new CsError('conflict', 'CS_KILLED', 'The job was killed.'));
  await assert.rejects(copying, /The job was killed/);
  job.cache.release();
  assert.deepEqual(site.users(), []);
});

test('files that cannot be kept within the quota are counted by reason', async (t) => {
  const site = new CacheSite(t);
  const paths = ['a', 'b', 'c'].map((name) => site.source(`${name}.mrcs`, 1e6));
  const job = jobOf(site, { cache_quota_mb: 1.5 });
  await job.cache.fetch(paths);
  job.cache.release();
  assert.match(job.logs.join(), /^SSD cache: 1 file \(1\.0 MB\) copied/);
  assert.deepEqual(job.warnings, [
    'SSD cache: 2 files (2.0 MB) read from where they are: the quota of 1.5 MB does not hold them beside the files in use.',
  ]);
});

test('a cache that another program has damaged is not trusted', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 10);
  await site.visit([path]);
  rmSync(site.store.users, { recursive: true });
  writeFileSync(site.store.users, 'a file in its place');
  const job = jobOf(site);
  assert.equal((await job.cache.fetch([path])).get(path), path);
  assert.equal(job.warnings.length, 1);
  job.cache.release();
});

test('settings come from the environment; one that makes no sense is named and the default taken', () => {
  const said: string[] = [];
  const read = (env: NodeJS.ProcessEnv) => cacheSettings(env, (text) => said.push(text));
  assert.deepEqual(read({}), { lifetime_ms: 30 * 86_400_000, streams: 2 });
  const env = { CRYOSPARC_SSD_CACHE_LIFETIME_DAYS: '0.5', CRYOSPARC_CACHE_NUM_THREADS: '8' };
  assert.deepEqual(read(env), { lifetime_ms: 43_200_000, streams: 8 });
  assert.deepEqual(said, []);
  assert.equal(read({ CRYOSPARC_CACHE_NUM_THREADS: 'many' }).streams, 2);
  assert.deepEqual(said, [
    'Setting CRYOSPARC_CACHE_NUM_THREADS is "many", wanted a number from 1 to 64; it is taken as 2.',
  ]);
});
