import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEvent } from '../../schema/events.ts';
import { dashboardEvents, EventStore, selectEvents } from './event-store.ts';

const common = { created_at: '2026-01-01T00:00:00Z', cpumem_mb: 1, avail_mb: 1, flags: [] };
const text = (id: number, words: string): JobEvent => ({ ...common, id, type: 'text', text: words });
const progress = (id: number, fraction: number): JobEvent => ({ ...common, id, type: 'progress', text: 'p', fraction });
const figure = (id: number, title: string, flags: string[]): JobEvent => ({
  ...common,
  id,
  flags,
  type: 'figure',
  text: '',
  figure: {
    kind: 'histogram',
    title,
    x: { label: 'x', scale: 'linear', ticks: 'plain' },
    y: { label: 'y', scale: 'linear', ticks: 'plain' },
    edges: [0, 1],
    counts: [1],
    markers: [],
  },
});
const now = (run: () => void): void => run();

test('events stand in order of their position, whatever order they came in, and later ones replace earlier ones', () => {
  const store = new EventStore(now);
  store.put(text(2, 'b'));
  store.put(text(1, 'a'));
  store.put(text(2, 'B'));
  assert.deepEqual(
    store.snapshot().map((e) => e.type === 'text' && e.text),
    ['a', 'B'],
  );
});

test('a snapshot is the same object until something changes, and listeners hear once of many changes', () => {
  const pending: (() => void)[] = [];
  const store = new EventStore((run) => pending.push(run));
  let heard = 0;
  store.subscribe(() => (heard += 1));
  store.put(text(1, 'a'));
  store.put(text(2, 'b'));
  assert.equal(pending.length, 1);
  pending[0]();
  assert.equal(heard, 1);
  assert.equal(store.snapshot(), store.snapshot());
});

test('a reconnection reads on behind the last event, but before a progress bar that was not full', () => {
  const store = new EventStore(now);
  assert.equal(store.resumeAfter(), 0);
  for (const e of [text(1, 'a'), progress(2, 1), progress(3, 0.4), text(4, 'b')]) store.put(e);
  assert.equal(store.resumeAfter(), 2);
  store.put(progress(3, 1));
  assert.equal(store.resumeAfter(), 4);
});

test('the log of another run starts from nothing, that of the same run goes on', () => {
  const store = new EventStore(now);
  store.begin('first');
  store.put(text(1, 'a'));
  store.begin('first');
  assert.equal(store.snapshot().length, 1);
  store.begin('second');
  assert.equal(store.snapshot().length, 0);
});

test('filters choose kinds and words; checkpoints never show', () => {
  const events: JobEvent[] = [
    text(1, 'Reading'),
    { ...common, id: 2, type: 'error', text: 'No space' },
    { ...common, id: 3, type: 'checkpoint', meta: {} },
    figure(4, 'FSC', []),
  ];
  const ids = (...args: [Parameters<typeof selectEvents>[1], string]): number[] =>
    selectEvents(events, ...args).map((e) => e.id);
  assert.deepEqual(ids('all', ''), [1, 2, 4]);
  assert.deepEqual(ids('problems', ''), [2]);
  assert.deepEqual(ids('plots', ''), [4]);
  assert.deepEqual(ids('all', 'READ'), [1]);
});

test('of figures with one title the dashboard shows the latest', () => {
  const events = [figure(1, 'FSC', ['dashboard']), figure(2, 'FSC', ['dashboard']), figure(3, 'Other', [])];
  assert.deepEqual(
    dashboardEvents(events).map((e) => e.id),
    [2],
  );
});
