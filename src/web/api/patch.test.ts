import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../schema/model.ts';
import { makeJob } from '../testing/make-job.ts';
import { applyPush, putJob } from './patch.ts';
import type { Cache } from './patch.ts';

function memoryCache(
  content: Record<string, unknown> = {},
): Cache & { stored: Map<string, unknown>; invalid: string[] } {
  const stored = new Map(Object.entries(content));
  const invalid: string[] = [];
  return {
    stored,
    invalid,
    get: (key) => stored.get(key.join('/')),
    set: (key, value) => void stored.set(key.join('/'), value),
    invalidate: (key) => void invalid.push(key.join('/')),
  };
}
const uids = (list: unknown): string[] => (list as Job[]).map((j) => j.uid);

test('a pushed job replaces the old one in its list and a new one joins it', () => {
  const cache = memoryCache({ 'jobs/P1': [makeJob('J1'), makeJob('J2')], queue: [] });
  applyPush(cache, 'job', makeJob('J2', { title: 'new' }));
  applyPush(cache, 'job', makeJob('J3'));
  assert.deepEqual(uids(cache.get(['jobs', 'P1'])), ['J3', 'J1', 'J2']);
  assert.equal((cache.get(['jobs', 'P1']) as Job[])[2].title, 'new');
});

test('a list that was never read is not made up from a push', () => {
  const cache = memoryCache();
  applyPush(cache, 'job', makeJob('J1'));
  assert.equal(cache.get(['jobs', 'P1']), undefined);
});

test('an older state of a job never undoes a newer one', () => {
  const cache = memoryCache({ 'jobs/P1': [] });
  putJob(cache, makeJob('J1', { title: 'newer', updated_at: '2026-01-01T00:00:02.000Z' }));
  putJob(cache, makeJob('J1', { title: 'older', updated_at: '2026-01-01T00:00:01.000Z' }));
  assert.equal((cache.get(['job', 'P1', 'J1']) as Job).title, 'newer');
});

test('the queue holds waiting and active jobs only, told apart by project', () => {
  const cache = memoryCache({ queue: [] });
  applyPush(cache, 'job', makeJob('J1', { status: 'queued' }));
  applyPush(cache, 'job', makeJob('J1', { status: 'running', project_uid: 'P2' }));
  assert.equal((cache.get(['queue']) as Job[]).length, 2);
  applyPush(
    cache,
    'job',
    makeJob('J1', { status: 'completed', project_uid: 'P2', updated_at: '2026-02-01T00:00:00.000Z' }),
  );
  assert.deepEqual(
    (cache.get(['queue']) as Job[]).map((j) => j.project_uid),
    ['P1'],
  );
});

test('a deleted job leaves all lists', () => {
  const cache = memoryCache({ 'jobs/P1': [makeJob('J1'), makeJob('J2')], queue: [makeJob('J1')] });
  applyPush(cache, 'job_deleted', { project_uid: 'P1', uid: 'J1' });
  assert.deepEqual(uids(cache.get(['jobs', 'P1'])), ['J2']);
  assert.deepEqual(cache.get(['queue']), []);
});

test('changed resources are read again', () => {
  const cache = memoryCache();
  applyPush(cache, 'resources', {});
  assert.deepEqual(cache.invalid, ['lanes', 'targets', 'usage']);
});
