import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { CsError } from '../base/errors.ts';
import { eventSchema, type JobEvent } from '../schema/events.ts';
import { EventLog } from './event-log.ts';
import { PendingEvents } from './pending-events.ts';
import { ProgressBar } from './progress.ts';

function logFile(t: TestContext): string {
  const dir = mkdtempSync(`${tmpdir()}/cs-events-`);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return `${dir}/events.jsonl`;
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}

test('each event is a line that fits the schema, with memory of the process, and is told after it was written', (t) => {
  const path = logFile(t);
  const told: [number, number][] = [];
  const log = new EventLog(path, (event) => told.push([event.id, lines(path).length]));
  log.append({ type: 'text', flags: [], text: 'first\nwith a second line' });
  log.append({ type: 'warning', flags: ['x'], text: 'second' });
  log.close();
  const events = lines(path).map((line) => eventSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    events.map((e) => e.id),
    [1, 2],
  );
  assert.deepEqual(told, [
    [1, 1],
    [2, 2],
  ]);
  assert.ok(events[0].cpumem_mb > 10 && events[0].avail_mb > 10);
});

test('after a torn line the log goes on with the next id on a line of its own', (t) => {
  const path = logFile(t);
  const before = new EventLog(path);
  before.append({ type: 'text', flags: [], text: 'a' });
  before.append({ type: 'text', flags: [], text: 'b' });
  before.close();
  appendFileSync(path, '{"id":3,"type":"te');
  const after = new EventLog(path);
  assert.equal(after.append({ type: 'text', flags: [], text: 'c' }).id, 3);
  after.close();
  const found = lines(path);
  assert.equal(found.length, 4);
  assert.equal((JSON.parse(found[3]) as JobEvent).id, 3);
});

test('an event too large for one report is refused before it is written', (t) => {
  const path = logFile(t);
  const log = new EventLog(path);
  assert.throws(
    () => log.append({ type: 'text', flags: [], text: 'x'.repeat(3_000_000) }),
    (e) => e instanceof CsError && e.code === 'CS_EVENT_TOO_LARGE',
  );
  assert.equal(readFileSync(path, 'utf8'), '');
  log.close();
});

test('a full disk is told with the path of the log', () => {
  const log = new EventLog('/dev/full');
  assert.throws(
    () => log.append({ type: 'text', flags: [], text: 'x' }),
    (e) => e instanceof CsError && e.kind === 'resource' && e.message.includes('/dev/full'),
  );
  log.close();
});

test('the progress bar is one event; steps in quick succession are one line, and the last state is written', (t) => {
  const path = logFile(t);
  const log = new EventLog(path);
  const bar = new ProgressBar(log);
  log.append({ type: 'text', flags: [], text: 'before' });
  for (let i = 0; i <= 1000; i++) bar.set(i / 1000, `step ${i}`);
  bar.set(7, 'too much');
  log.append({ type: 'text', flags: [], text: 'after' });
  bar.flush();
  bar.flush();
  log.close();
  const bars = lines(path)
    .map((line) => eventSchema.parse(JSON.parse(line)))
    .filter((e) => e.type === 'progress');
  assert.ok(bars.length >= 2 && bars.length < 20, `${bars.length} lines`);
  assert.deepEqual(new Set(bars.map((e) => e.id)), new Set([2]));
  assert.deepEqual([bars.at(-1)?.fraction, bars.at(-1)?.text], [1, 'too much']);
});

function event(id: number, text: string): JobEvent {
  return { id, type: 'text', text, created_at: '2026-01-01T00:00:00.000Z', cpumem_mb: 1, avail_mb: 1, flags: [] };
}

test('what did not arrive is sent again in order, with the newer state of what was written anew', () => {
  const pending = new PendingEvents();
  for (const id of [1, 2, 3]) pending.add(event(id, 'old'));
  const batch = pending.take();
  assert.deepEqual(
    batch.map((e) => e.id),
    [1, 2, 3],
  );
  pending.add(event(2, 'new'));
  pending.add(event(4, 'old'));
  pending.putBack(batch);
  assert.deepEqual(
    pending.take().map((e) => [e.id, e.type === 'text' ? e.text : '']),
    [
      [1, 'old'],
      [2, 'new'],
      [3, 'old'],
      [4, 'old'],
    ],
  );
  assert.equal(pending.size, 0);
});

test('a batch stays below what a report may hold, and a single large event still goes', () => {
  const pending = new PendingEvents();
  for (const id of [1, 2, 3]) pending.add(event(id, 'x'.repeat(1_900_000)));
  assert.deepEqual(
    [pending.take().length, pending.take().length, pending.take().length, pending.take().length],
    [1, 1, 1, 0],
  );
});
