import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import { python, withoutPython } from '../../test/python.ts';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { decodeCsdat, encodeCsdat, readDataset, readDatasetInfo, writeDataset } from './cs-file.ts';
import { Dataset } from './dataset.ts';

function sample(length: number, seed: number): Dataset {
  const rng = new Rng(seed);
  const d = Dataset.create(
    BigUint64Array.from({ length }, () => rng.uid()),
    ['blob', 'ctf', 'alignments3D', 'location'],
  );
  for (const { name, type } of d.fields()) {
    const column = d.column(name);
    if (name === 'uid') continue;
    for (let i = 0; i < column.length; i++) {
      if (Array.isArray(column)) column[i] = ['', 'J1/imported/a.mrc', 'größe – µ.mrcs', 'x'.repeat(90)][rng.below(4)];
      else if (column instanceof BigUint64Array) column[i] = rng.uid();
      else column[i] = type === 'f4' ? rng.normal() : rng.below(1000);
    }
  }
  return d;
}

function assertSame(found: Dataset, wanted: Dataset, message: string): void {
  assert.deepEqual(found.fields(), wanted.fields(), message);
  for (const { name } of wanted.fields())
    assert.deepEqual(found.column(name), wanted.column(name), `${name}, ${message}`);
}

test('a dataset comes back from a file and from a stream as it was', (t) => {
  const seed = drawSeed();
  const path = join(tempDir(t), 'a.cs');
  for (const length of [0, 1, 333]) {
    const d = sample(length, seed);
    writeDataset(path, d);
    assertSame(readDataset(path), d, `length ${length}, seed ${seed}`);
    assert.deepEqual(readDatasetInfo(path), { length, fields: d.fields() });
    const stream = encodeCsdat(d);
    assertSame(decodeCsdat(stream, 'stream'), d, `stream, length ${length}, seed ${seed}`);
    writeFileSync(path, stream);
    assertSame(readDataset(path), d, 'a stream in a file');
    assert.deepEqual(readDatasetInfo(path), { length, fields: d.fields() });
  }
});

test('a file of more rows than one block comes back', (t) => {
  const path = join(tempDir(t), 'a.cs');
  const d = new Dataset(BigUint64Array.from({ length: 30_000 }, (_, i) => BigInt(i)));
  d.set(
    'x/path',
    'O',
    Array.from({ length: d.length }, (_, i) => `${i}`.padStart(400, 'p')),
  );
  writeDataset(path, d);
  assertSame(readDataset(path), d, '12 MB of records');
});

test('NumPy opens what we write as a structured array with the same values', { skip: withoutPython('numpy') }, (t) => {
  const path = join(tempDir(t), 'a.cs');
  const d = sample(5, 1);
  writeDataset(path, d);
  const script = `
import numpy, json, sys
a = numpy.load(sys.argv[1], max_header_size=10**6)
text = lambda v: v.decode() if isinstance(v, bytes) else str(v) if isinstance(v, int) else v
print(json.dumps([[n, a.dtype[n].base.str, list(a.dtype[n].shape), [text(v) for v in a[n].ravel().tolist()]] for n in a.dtype.names]))`;
  const columns = JSON.parse(python(script, path)) as [string, string, number[], unknown[]][];
  assert.deepEqual(
    columns.map((c) => c[0]),
    d.fields().map((f) => f.name),
  );
  for (const [name, dtype, shape, values] of columns) {
    const field = d.field(name);
    const code = field.type === 'O' ? /^\|S[1-9]/ : new RegExp(`^<${field.type}$`);
    assert.match(dtype, code, name);
    assert.deepEqual(shape, [...field.shape], name);
    assert.deepEqual(values.map(String), Array.from(d.column(name), String), name);
  }
});

test('what NumPy writes is read: text of both kinds, big-endian, half, bool and 64-bit integers, all header versions', {
  skip: withoutPython('numpy'),
}, (t) => {
  const dir = tempDir(t);
  python(
    `
import numpy, sys
from numpy.lib import format
a = numpy.zeros(3, dtype=[('uid', '<u8'), ('a/u', '<U7'), ('a/s', 'S4'), ('a/be', '>f4', (2,)), ('a/h', '<f2'), ('a/b', '?'), ('a/i', '<i8'), ('a/d', '>f8')])
a['uid'] = [1, 2, 3]
a['a/u'] = ['x', 'µm Å', '']
a['a/s'] = [b'abcd', b'e', b'']
a['a/be'] = [[1, 2], [3, 4], [5, 6]]
a['a/h'] = [0.5, -2, 65504]
a['a/b'] = [True, False, True]
a['a/i'] = [-7, 8, 2147483647]
a['a/d'] = [0.1, 0.2, 0.3]
for v in (1, 2, 3):
    with open(f'{sys.argv[1]}/{v}.cs', 'wb') as f: format.write_array(f, a, version=(v, 0))
`,
    dir,
  );
  for (const version of [1, 2, 3]) {
    const d = readDataset(join(dir, `${version}.cs`));
    assert.deepEqual([...d.u8('uid')], [1n, 2n, 3n]);
    assert.deepEqual(d.text('a/u'), ['x', 'µm Å', '']);
    assert.deepEqual(d.text('a/s'), ['abcd', 'e', '']);
    assert.deepEqual([...d.f4('a/be')], [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([...d.f4('a/h')], [0.5, -2, 65504]);
    assert.deepEqual([...(d.column('a/b') as Uint8Array)], [1, 0, 1]);
    assert.deepEqual([...d.i4('a/i')], [-7, 8, 2147483647]);
    assert.deepEqual([...d.f8('a/d')], [0.1, 0.2, 0.3]);
  }
});

test('a real particle file has the rows that NumPy sees', {
  skip: without('ml-struct-bio__cryodrgn/empiar_10076_7.cs'),
}, () => {
  const d = readDataset(sharedFile('ml-struct-bio__cryodrgn/empiar_10076_7.cs'));
  assert.equal(d.length, 7);
  assert.equal(d.u8('uid')[0], 3806243878409217281n);
  assert.equal(d.text('blob/path')[6], 'empiar_10076_7.mrc');
  assert.equal(d.f4('ctf/df1_A')[1], 15303);
  assert.equal(d.u8('blob/import_sig')[0], 11557850377458268207n);
});

test('a real file with a header beyond ten kilobytes and no rows is read', {
  skip: without('cryoem-uoft__cryosparc-tools/4k_dataset.cs'),
}, () => {
  const d = readDataset(sharedFile('cryoem-uoft__cryosparc-tools/4k_dataset.cs'));
  assert.equal(d.length, 0);
  assert.equal(d.field('alignments_class_2/pose').shape[0], 3);
});

test('missing, wrong, truncated and uid-less files are refused with the file and what was found', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'a.cs');
  const refused = (pattern: RegExp): void =>
    assert.throws(
      () => readDataset(path),
      (error: CsError) => {
        assert.equal(error.kind, 'input');
        assert.match(error.message, pattern);
        assert.ok(error.message.includes(path));
        return true;
      },
    );
  refused(/does not exist/);
  writeFileSync(path, '');
  refused(/is empty/);
  writeFileSync(path, 'data_particles\n');
  refused(/begins with "data_p"/);
  writeDataset(path, sample(9, 3));
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 1));
  refused(/9 rows: it is truncated/);
  writeFileSync(path, whole.subarray(0, 200));
  refused(/inside its header/);
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.from([64, 0]),
      Buffer.from("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (0,), }".padEnd(64)),
    ]),
  );
  refused(/header|uid/);
  const stream = encodeCsdat(sample(9, 3));
  writeFileSync(path, stream.subarray(0, 900));
  refused(/inside|header/);
});

test('mutated files give a dataset or an input error that names the file', (t) => {
  const path = join(tempDir(t), 'a.cs');
  const seed = drawSeed();
  const rng = new Rng(seed);
  const d = sample(4, 5);
  writeDataset(path, d);
  for (const whole of [readFileSync(path), encodeCsdat(d)]) {
    for (let round = 0; round < 800; round++) {
      const bytes = Buffer.from(whole.subarray(0, rng.below(4) === 0 ? rng.below(whole.length) : whole.length));
      for (let k = 0; k <= rng.below(3) && bytes.length > 0; k++)
        bytes[rng.below(Math.min(bytes.length, 3500))] = rng.below(256);
      writeFileSync(path, bytes);
      try {
        readDataset(path);
      } catch (error) {
        const ok = error instanceof CsError && error.kind === 'input' && error.message.includes(path);
        assert.ok(ok, `seed ${seed}, round ${round}: ${(error as Error).stack}`);
      }
    }
  }
});
