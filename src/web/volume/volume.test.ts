import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rng } from '../../base/rng.ts';
import { writeDataset } from '../../data/cs-file.ts';
import { Dataset } from '../../data/dataset.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { mapPathIn, parseDatasetHead } from './dataset-head.ts';
import { blockMaxima, firstLevel_sigma, parseVolume, sliceOf, spreadOf } from './volume-data.ts';
import type { VolumeData } from './volume-data.ts';

function makeVolume(shape: [number, number, number], valueAt: (z: number, y: number, x: number) => number): VolumeData {
  const [nz, ny, nx] = shape;
  const data = new Float32Array(nz * ny * nx);
  for (let z = 0; z < nz; z++)
    for (let y = 0; y < ny; y++) for (let x = 0; x < nx; x++) data[(z * ny + y) * nx + x] = valueAt(z, y, x);
  const { mean, std } = spreadOf(data);
  return { shape, psize_A: 1, min: Math.min(...data), max: Math.max(...data), mean, std, data };
}

test('a map is read behind a header line of any length', () => {
  for (const pad of ['', ' ', '  ', '   ']) {
    const header = new TextEncoder().encode(
      `{"shape":[1,2,3],"psize_A":1.5,"min":0,"max":5,"mean":2.5,"std":1}${pad}\n`,
    );
    const bytes = new Uint8Array(header.length + 24);
    bytes.set(header);
    bytes.set(new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer), header.length);
    const volume = parseVolume(bytes.buffer);
    assert.deepEqual([...volume.data], [0, 1, 2, 3, 4, 5]);
    assert.equal(volume.psize_A, 1.5);
  }
});

test('a map that is cut off is refused with both sizes', () => {
  const bytes = new TextEncoder().encode('{"shape":[2,2,2]}\nabcd');
  assert.throws(() => parseVolume(bytes.buffer), { code: 'CS_VOLUME_STREAM', message: /4 bytes.*needs 32/ });
});

test('slices along each axis have the two other axes across and down', () => {
  const volume = makeVolume([2, 3, 4], (z, y, x) => 100 * z + 10 * y + x);
  assert.deepEqual([...sliceOf(volume, 'z', 1).values], [100, 101, 102, 103, 110, 111, 112, 113, 120, 121, 122, 123]);
  const y = sliceOf(volume, 'y', 2);
  assert.deepEqual([y.width, y.height, ...y.values], [4, 2, 20, 21, 22, 23, 120, 121, 122, 123]);
  const x = sliceOf(volume, 'x', 3);
  assert.deepEqual([x.width, x.height, ...x.values], [3, 2, 3, 13, 23, 103, 113, 123]);
});

test('a projection is the mean along its axis', () => {
  const volume = makeVolume([2, 1, 2], (z, _y, x) => z * 10 + x);
  assert.deepEqual([...sliceOf(volume, 'z', null).values], [5, 6]);
});

test('a block knows the highest value that interpolation inside of it can reach', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const volume = makeVolume([9, 10, 11], () => rng.uniform());
  const block = 4;
  const { shape, data } = blockMaxima(volume, block);
  assert.deepEqual(shape, [3, 3, 3]);
  for (let i = 0; i < data.length; i++) {
    const [bz, by, bx] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
    let top = Number.NEGATIVE_INFINITY;
    const range = (b: number, n: number): number[] =>
      Array.from({ length: n }, (_, v) => v).filter((v) => v >= b * block - 1 && v <= (b + 1) * block);
    for (const z of range(bz, 9))
      for (const y of range(by, 10))
        for (const x of range(bx, 11)) top = Math.max(top, volume.data[(z * 10 + y) * 11 + x]);
    assert.equal(data[i], top, `block ${bz} ${by} ${bx}, seed ${seed}`);
  }
});

test('the first threshold is three sigma, or lower when the map never gets there', () => {
  const flat = makeVolume([1, 1, 4], (_z, _y, x) => x);
  assert.ok(firstLevel_sigma(flat) < 1);
  assert.equal(firstLevel_sigma({ ...flat, max: 100, mean: 0, std: 1 }), 3);
});

test('the head of a dataset shows columns, rows and the path of a map, as our own writer wrote them', (t) => {
  const path = join(tempDir(t), 'J1_volume.cs');
  const written = Dataset.create(BigUint64Array.of(17n, 2n ** 63n + 1n), ['map']);
  written.text('map/path')[0] = '>J1/imported/map.mrc';
  written.text('map/path')[1] = 'J1/second.mrc';
  written.f4('map/psize_A').set([1.5, 2.25]);
  written.u4('map/shape').set([4, 5, 6, 7, 8, 9]);
  writeDataset(path, written);
  const head = parseDatasetHead(new Uint8Array(readFileSync(path)));
  assert.equal(head.length, 2);
  const cell = (row: number, name: string): unknown => head.rows[row][head.columns.findIndex((c) => c.name === name)];
  assert.equal(cell(1, 'uid'), 2n ** 63n + 1n);
  assert.deepEqual(cell(1, 'map/shape'), [7, 8, 9]);
  assert.equal(cell(0, 'map/psize_A'), 1.5);
  assert.equal(mapPathIn(head, 'map'), 'J1/imported/map.mrc');
  assert.equal(mapPathIn(head, 'map', 1), 'J1/second.mrc');
  assert.equal(mapPathIn(head, 'mask'), null);
});

test('of a dataset that is cut off the complete rows show; other files are refused', (t) => {
  const path = join(tempDir(t), 'x.cs');
  writeDataset(
    path,
    Dataset.create(
      BigUint64Array.from({ length: 50 }, (_, i) => BigInt(i + 1)),
      ['ctf'],
    ),
  );
  const whole = new Uint8Array(readFileSync(path));
  const head = parseDatasetHead(whole.slice(0, whole.length - 1));
  assert.equal(head.length, 50);
  assert.equal(head.rows.length, 49);
  assert.throws(() => parseDatasetHead(new Uint8Array(64)), { code: 'CS_DATASET_HEAD' });
  assert.throws(() => parseDatasetHead(whole.slice(0, 30)), { code: 'CS_DATASET_HEAD', message: /cut off/ });
});
