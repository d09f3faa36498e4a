import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dataset } from './dataset.ts';

const table = (...uids: number[]): Dataset =>
  Dataset.create(BigUint64Array.from(uids, BigInt), ['blob', 'alignments3D']);

test('a new dataset has the columns of its slots, zero-filled, and uid first', () => {
  const d = table(5, 6);
  assert.equal(d.fields()[0].name, 'uid');
  assert.deepEqual(d.slots(), ['blob', 'alignments3D']);
  assert.deepEqual(d.field('alignments3D/pose'), { name: 'alignments3D/pose', type: 'f4', shape: [3] });
  assert.equal(d.f4('alignments3D/pose').length, 6);
  assert.deepEqual(d.text('blob/path'), ['', '']);
});

test('select copies rows in the order asked for, sub-arrays included', () => {
  const d = table(10, 11, 12);
  d.f4('alignments3D/pose').set([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  d.text('blob/path').splice(0, 3, 'a', 'b', 'c');
  const s = d.select([2, 0, 2]);
  assert.deepEqual([...s.u8('uid')], [12n, 10n, 12n]);
  assert.deepEqual([...s.f4('alignments3D/pose')], [6, 7, 8, 0, 1, 2, 6, 7, 8]);
  assert.deepEqual(s.text('blob/path'), ['c', 'a', 'c']);
  s.f4('alignments3D/pose')[0] = 99;
  assert.equal(d.f4('alignments3D/pose')[6], 6, 'the source is untouched');
});

test('innerJoin keeps the order of the left table, drops rows without partner and lets the left column win', () => {
  const left = table(1, 2, 3, 4).pick(['blob']);
  left.u4('blob/idx').set([10, 20, 30, 40]);
  const right = table(4, 2, 9);
  right.u4('blob/idx').set([7, 7, 7]);
  right.u4('alignments3D/class').set([44, 22, 99]);
  const j = left.innerJoin(right);
  assert.deepEqual([...j.u8('uid')], [2n, 4n]);
  assert.deepEqual([...j.u4('blob/idx')], [20, 40]);
  assert.deepEqual([...j.u4('alignments3D/class')], [22, 44]);
});

test('concat keeps the columns that all tables have', () => {
  const joined = Dataset.concat([table(1, 2), table(3).pick(['blob'])]);
  assert.deepEqual([...joined.u8('uid')], [1n, 2n, 3n]);
  assert.deepEqual(joined.slots(), ['blob']);
});

test('concat refuses a column with two shapes and names it', () => {
  const a = new Dataset(BigUint64Array.of(1n));
  const b = new Dataset(BigUint64Array.of(2n));
  a.add('x/y', 'f4', [2]);
  b.add('x/y', 'f4', [3]);
  assert.throws(() => Dataset.concat([a, b]), {
    kind: 'input',
    code: 'CS_COLUMN_SHAPE',
    message: /x\/y.*f4\[3\].*f4\[2\]/,
  });
});

test('a column that is missing or of another type is an error that names what is there', () => {
  const d = table(1);
  assert.throws(() => d.f4('blob/pxsize'), { code: 'CS_COLUMN_MISSING', message: /"blob\/pxsize".*blob\/psize_A/ });
  assert.throws(() => d.f4('blob/idx'), { code: 'CS_COLUMN_TYPE', message: /u4, wanted f4/ });
  assert.throws(() => d.set('blob/idx', 'u4', new Uint32Array(7)), { code: 'CS_COLUMN_SHAPE' });
  assert.throws(() => Dataset.create(d.u8('uid'), ['blub']), { code: 'CS_SLOT_UNKNOWN' });
});

test('drop removes a slot or one column, never uid', () => {
  const d = table(1);
  d.drop('alignments3D');
  d.drop('blob/sign');
  d.drop('uid');
  assert.deepEqual(d.slots(), ['blob']);
  assert.equal(d.has('blob/sign'), false);
  assert.equal(d.has('uid'), true);
});
