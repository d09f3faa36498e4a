import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../base/rng.ts';
import { makeJob } from '../testing/make-job.ts';
import { filterJobs, tally } from './filter.ts';
import { jobLine } from './job-summary.ts';
import { layoutLineage } from './lineage.ts';
import { neighbour } from './move.ts';
import type { Box } from './move.ts';
import { runTime_ms } from './status.ts';

const TITLES = new Map([['homo_reconstruct', 'Homogeneous Reconstruction Only']]);
const NONE = { q: '', status: [], type: [] };

test('all words must match, in uid, title, type, the title of the type or the description', () => {
  const jobs = [
    makeJob('J2', { type: 'homo_reconstruct' }),
    makeJob('J12', { title: 'Tight mask' }),
    makeJob('J123', { description: 'mask of J12' }),
  ];
  const uids = (q: string): string[] => filterJobs(jobs, { ...NONE, q }, TITLES).map((j) => j.uid);
  assert.deepEqual(uids('homogeneous only'), ['J2']);
  assert.deepEqual(uids('MASK'), ['J123', 'J12']);
  assert.deepEqual(uids('mask tight'), ['J12']);
  assert.deepEqual(uids('j12'), ['J12'], 'a whole uid means that job alone');
  assert.deepEqual(uids(''), ['J123', 'J12', 'J2'], 'newest first, by number');
});

test('filters of status and type are combined', () => {
  const jobs = [
    makeJob('J1', { status: 'failed' }),
    makeJob('J2', { status: 'completed' }),
    makeJob('J3', { status: 'failed', type: 'volume_tools' }),
  ];
  assert.deepEqual(
    filterJobs(jobs, { q: '', status: ['failed'], type: ['volume_tools'] }, TITLES).map((j) => j.uid),
    ['J3'],
  );
  assert.deepEqual(
    tally(jobs, (j) => j.status),
    [
      ['failed', 2],
      ['completed', 1],
    ],
  );
});

test('a job says in one line why it waits, failed, or cannot be queued', () => {
  assert.equal(
    jobLine(makeJob('J1', { status: 'queued', queue_message: 'waits for J3 (running)' })),
    'waits for J3 (running)',
  );
  assert.equal(jobLine(makeJob('J1', { status: 'building', build_errors: ['Input x needs y.'] })), 'Input x needs y.');
  assert.equal(
    jobLine(makeJob('J1', { status: 'failed', errors_run: [{ kind: 'input', code: 'CS_X', message: 'No.' }] })),
    'No.',
  );
});

test('the run time of a job counts to its end, or to now while it runs', () => {
  const running_at = '2026-01-01T00:00:00Z';
  const now_ms = Date.parse('2026-01-01T00:01:00Z');
  assert.equal(runTime_ms(makeJob('J1', { running_at }), now_ms), 60_000);
  assert.equal(runTime_ms(makeJob('J1', { running_at, failed_at: '2026-01-01T00:00:05Z' }), now_ms), 5000);
  assert.equal(runTime_ms(makeJob('J1', {}), now_ms), null);
});

test('in the lineage every job stands below all of its parents, and no two overlap', () => {
  const seed = Number(process.env['CS_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const rng = new Rng(seed);
  const jobs = Array.from({ length: 300 }, (_, i) => ({
    uid: `J${i + 1}`,
    parents: i === 0 || rng.uniform() < 0.1 ? [] : [...new Set([rng.below(i), rng.below(i)])].map((p) => `J${p + 1}`),
  }));
  const { nodes, edges, rows, columns } = layoutLineage(jobs);
  assert.equal(nodes.size, jobs.length, `seed ${seed}`);
  assert.equal(
    edges.length,
    jobs.reduce((n, j) => n + j.parents.length, 0),
    `seed ${seed}`,
  );
  for (const { from, to } of edges)
    assert.ok(nodes.get(from)!.row < nodes.get(to)!.row, `${from} above ${to}, seed ${seed}`);
  const byRow = new Map<number, number[]>();
  for (const node of nodes.values()) {
    assert.ok(
      node.row < rows && node.column + 1 <= columns + 1e-9 && node.column > -1e-9,
      `${node.uid} inside, seed ${seed}`,
    );
    byRow.set(node.row, [...(byRow.get(node.row) ?? []), node.column]);
  }
  for (const [row, list] of byRow) {
    list.sort((a, b) => a - b);
    for (let i = 1; i < list.length; i++)
      assert.ok(list[i] - list[i - 1] > 1 - 1e-6, `row ${row} spaced, seed ${seed}`);
  }
});

test('a straight chain of jobs is a straight line, a fork is symmetric', () => {
  const chain = layoutLineage([
    { uid: 'J1', parents: [] },
    { uid: 'J2', parents: ['J1'] },
    { uid: 'J3', parents: ['J2'] },
  ]);
  assert.equal(new Set([...chain.nodes.values()].map((n) => n.column)).size, 1);
  const fork = layoutLineage([
    { uid: 'J1', parents: [] },
    { uid: 'J2', parents: ['J1'] },
    { uid: 'J3', parents: ['J1'] },
  ]);
  const column = (uid: string): number => fork.nodes.get(uid)!.column;
  assert.ok(Math.abs(column('J1') - (column('J2') + column('J3')) / 2) < 1e-6);
});

test('parents outside of the shown set and circles do not break the layout', () => {
  const { nodes, edges } = layoutLineage([
    { uid: 'J1', parents: ['J2'] },
    { uid: 'J2', parents: ['J1', 'J99'] },
  ]);
  assert.equal(nodes.size, 2);
  assert.equal(edges.length, 2);
});

test('arrow keys move to the nearest job in their direction and wrap from row to row', () => {
  const boxes: Box[] = Array.from({ length: 5 }, (_, i) => ({
    uid: `J${i}`,
    x: (i % 3) * 100,
    y: Math.floor(i / 3) * 50,
    width: 90,
    height: 40,
  }));
  const moves = (from: string | undefined, key: Parameters<typeof neighbour>[2]): string | undefined =>
    neighbour(boxes, from, key);
  assert.equal(moves(undefined, 'ArrowDown'), 'J0');
  assert.equal(moves('J0', 'ArrowRight'), 'J1');
  assert.equal(moves('J1', 'ArrowDown'), 'J4');
  assert.equal(moves('J4', 'ArrowUp'), 'J1');
  assert.equal(moves('J2', 'ArrowRight'), 'J3', 'on to the next row');
  assert.equal(moves('J3', 'ArrowLeft'), 'J2', 'back to the row before');
  assert.equal(moves('J0', 'ArrowUp'), 'J0', 'stays at the edge');
});
