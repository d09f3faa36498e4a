import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, labelOf, plural, value } from './number.ts';
import { absoluteTime, duration, relativeTime } from './time.ts';

test('counts are grouped by narrow spaces from five digits on, never by comma or point', () => {
  assert.deepEqual([7, 9800, 20_000, 1_234_567, -20_000].map(count), [
    '7',
    '9800',
    '20\u202f000',
    '1\u202f234\u202f567',
    '−20\u202f000',
  ]);
});

test('values show their significant digits, and powers of ten only where plain digits would be unreadable', () => {
  assert.deepEqual(
    [2.71949, 0.000012345, 1.5, -2.25, 0, Number.NaN, 12_345_678.9].map((x) => value(x)),
    ['2.719', '1.234e−5', '1.5', '−2.25', '0', '–', '1.235e7'],
  );
  assert.equal(value(3.2, 3), '3.2');
  assert.equal(
    value(3_300_123_456, 3),
    '3\u202f300\u202f123\u202f456',
    'whole numbers, such as seeds, keep all digits',
  );
});

test('sizes in bytes change unit before they need four digits', () => {
  assert.deepEqual([0, 834, 999, 999_600, 12_400_000, 1.31e9].map(bytes), [
    '0 B',
    '834 B',
    '999 B',
    '1 MB',
    '12.4 MB',
    '1.31 GB',
  ]);
});

test('a plural agrees with its number', () => {
  assert.deepEqual([plural(0, 'job'), plural(1, 'job'), plural(2, 'mask', 'masks')], ['0 jobs', '1 job', '2 masks']);
});

test('a key is split into words and the unit of its suffix', () => {
  assert.deepEqual(labelOf('resolution_A'), { label: 'Resolution', unit: 'Å' });
  assert.deepEqual(labelOf('psize_A'), { label: 'Pixel size', unit: 'Å' });
  assert.deepEqual(labelOf('fsc_half_map_resolution_A'), { label: 'FSC half map resolution', unit: 'Å' });
  assert.deepEqual(labelOf('num_classes'), { label: 'Num classes', unit: '' });
});

test('relative times round down and become dates after two weeks', () => {
  const now_ms = Date.parse('2026-11-23T12:00:00Z');
  const ago = (s: number): string => relativeTime(new Date(now_ms - s * 1000).toISOString(), now_ms);
  assert.deepEqual(
    [ago(0), ago(59), ago(61), ago(3599), ago(7300), ago(86_400 * 3)],
    ['just now', '59 s ago', '1 min ago', '59 min ago', '2 h ago', '3 d ago'],
  );
  assert.match(ago(86_400 * 20), /^2026-11-0[23]$/);
  assert.equal(relativeTime('nonsense', now_ms), '–');
});

test('absolute times are local, in an order that is the same everywhere', () => {
  const local = new Date(2026, 0, 5, 4, 3, 2);
  assert.equal(absoluteTime(local.toISOString()), '2026-01-05 04:03:02');
});

test('lengths of time show two units at most', () => {
  assert.deepEqual([400, 42_000, 59_700, 192_000, 7_500_000, 100_800_000].map(duration), [
    '0.4 s',
    '42 s',
    '1 min 00 s',
    '3 min 12 s',
    '2 h 05 min',
    '1 d 4 h',
  ]);
});
