import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Rehearsal } from '../testing/rehearsal.ts';
import { CacheSite } from './testing/site.ts';

interface Read {
  local: string;
  text: string;
}

async function launch(cache_path: string | null): Promise<Rehearsal> {
  const job = await Rehearsal.launch('caches', { claim: { cache_path, params: { path: 'J1/stack.mrcs' } } });
  mkdirSync(`${job.root}/J1`);
  writeFileSync(`${job.root}/J1/stack.mrcs`, 'images');
  return job;
}

async function reads(job: Rehearsal): Promise<Read> {
  job.start();
  assert.equal(await job.ended(), 0, job.read('job.log') + job.stderr);
  const told = job.log.flatMap((e) => (e.type === 'text' ? (/^reads (.*)/.exec(e.text)?.[1] ?? []) : []))[0];
  return JSON.parse(told ?? '{}') as Read;
}

function texts(job: Rehearsal, type: 'text' | 'warning'): string {
  return job.log.flatMap((e) => (e.type === type ? [e.text] : [])).join('\n');
}

test('a job reads from the cache that its claim names, tells so, and lets go of it at its end', async (t) => {
  const site = new CacheSite(t);
  await using job = await launch(site.cache_path);
  const { local, text } = await reads(job);
  assert.equal(text, 'images');
  assert.ok(local.startsWith(`${site.store.users}/`), local);
  assert.match(texts(job, 'text'), /SSD cache: 1 file \(0\.0 MB\) copied/);
  assert.equal(site.store.names().length, 1);
  assert.deepEqual(readdirSync(site.store.users), []);
});

test('a job on a worker without a cache, or with one that is not there, reads its files where they are', async () => {
  await using without = await launch(null);
  await using vanished = await launch('/no/such/drive');
  for (const job of [without, vanished]) {
    assert.deepEqual(await reads(job), { local: `${job.root}/J1/stack.mrcs`, text: 'images' });
  }
  assert.match(texts(without, 'text'), /SSD cache: this worker has none/);
  assert.match(texts(vanished, 'warning'), /SSD cache: not used.*\/no\/such\/drive does not exist/);
});
