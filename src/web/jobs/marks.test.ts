import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeJob } from '../testing/make-job.ts';
import { applicable, forEachJob } from './bulk.ts';
import { lastLines } from './last-lines.ts';
import { NO_MARKS, pick } from './marks.ts';

const ORDER = ['J5', 'J4', 'J3', 'J2', 'J1'];

test('control adds and takes away, beginning with the job of the side panel', () => {
  let marks = pick(NO_MARKS, 'J2', 'toggle', ORDER, 'J4');
  assert.deepEqual([...marks.uids], ['J4', 'J2']);
  marks = pick(marks, 'J4', 'toggle', ORDER, 'J4');
  assert.deepEqual([...marks.uids], ['J2']);
  assert.equal(pick(marks, 'J1', 'one', ORDER, 'J4').uids.size, 0, 'an ordinary click unmarks all');
});

test('shift marks all from the last one to here, in the order of the list, in both directions', () => {
  const down = pick(NO_MARKS, 'J2', 'range', ORDER, 'J4');
  assert.deepEqual([...down.uids], ['J4', 'J3', 'J2']);
  const up = pick(down, 'J5', 'range', ORDER, 'J4');
  assert.deepEqual([...up.uids].sort(), ['J2', 'J3', 'J4', 'J5']);
  assert.deepEqual([...pick(NO_MARKS, 'J3', 'range', ORDER, undefined).uids], ['J3'], 'nothing to draw a range from');
});

test('an action is done to the jobs that it fits: parents are queued first, children deleted first', () => {
  const jobs = [
    makeJob('J9', { parents: [] }),
    makeJob('J2', { parents: ['J9'] }),
    makeJob('J3', { parents: ['J2'], status: 'running' }),
    makeJob('J4', { build_errors: ['Input x is empty.'] }),
  ];
  const uids = (action: Parameters<typeof applicable>[0]): string[] => applicable(action, jobs).map((j) => j.uid);
  assert.deepEqual(uids('queue'), ['J9', 'J2']);
  assert.deepEqual(uids('kill'), ['J3']);
  assert.deepEqual(uids('delete'), ['J4', 'J2', 'J9']);
  assert.deepEqual(uids('clear'), []);
});

test('what is refused for one job does not keep the others from it', async () => {
  const outcome = await forEachJob([makeJob('J1'), makeJob('J2'), makeJob('J3')], (job) =>
    job.uid === 'J2' ? Promise.reject(new Error('J7 needs it.')) : Promise.resolve(),
  );
  assert.deepEqual(outcome, { done: 2, refused: [{ uid: 'J2', why: 'J7 needs it.' }] });
});

test('the end of a log comes without blank lines and terminal colours', () => {
  assert.deepEqual(lastLines('one\n\u001b[31mtwo\u001b[0m  \n\nthree\n', 2), ['two', 'three']);
  assert.deepEqual(lastLines('', 5), []);
});
