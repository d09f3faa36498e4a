import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJob } from '../testing/make-job.ts';
import { entriesOf, rank } from './palette.ts';
import { jobSearch, loginSearch, workspaceSearch } from './search.ts';

test('a uid or its bare number puts that job first', () => {
  const jobs = [makeJob('J1'), makeJob('J12'), makeJob('J120'), makeJob('J3', { title: 'mask of J12' })];
  const entries = entriesOf([], [], jobs, new Map());
  assert.equal(rank(entries, 'j12')[0].uid, 'J12');
  assert.equal(rank(entries, '12')[0].uid, 'J12');
  assert.deepEqual(
    rank(entries, 'mask').map((e) => e.uid),
    ['J3'],
  );
  assert.deepEqual(rank(entries, 'nothing like it'), []);
});

test('the address keeps what it knows and drops the rest', () => {
  assert.deepEqual(workspaceSearch({ view: 'tree', q: 12, status: ['failed', 'bogus'], job: 'J3', x: 1 }), {
    view: 'tree',
    q: '12',
    status: ['failed'],
    job: 'J3',
  });
  assert.deepEqual(workspaceSearch({ view: 'other', q: '', status: 'nonsense' }), {});
  assert.deepEqual(jobSearch({ tab: 'log', map: 7 }), { tab: 'log' });
});

test('after signing in one comes back to this application only', () => {
  assert.deepEqual(loginSearch({ to: '/projects/P1' }), { to: '/projects/P1' });
  for (const to of ['https://elsewhere.example', '//elsewhere.example', '', 4])
    assert.deepEqual(loginSearch({ to }), {}, String(to));
});
