import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { tempDir } from '../../test/temp-dir.ts';
import { readDefects } from './defects.ts';
import { applyGain, fitToFrames, orient, readGain } from './gain.ts';
import { MrcStackWriter } from './mrc.ts';
import { TiffWriter } from './tiff-writer.ts';

const IMAGE = { ny: 2, nx: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
const turned = (rotate: number, flipX = false, flipY = false): [number, number, number[]] => {
  const { ny, nx, data } = orient(IMAGE, { rotate, flipX, flipY });
  return [ny, nx, [...data]];
};

test('a reference is rotated counter-clockwise first and flipped then', () => {
  assert.deepEqual(turned(0), [2, 3, [1, 2, 3, 4, 5, 6]]);
  assert.deepEqual(turned(1), [3, 2, [3, 6, 2, 5, 1, 4]]);
  assert.deepEqual(turned(2), [2, 3, [6, 5, 4, 3, 2, 1]]);
  assert.deepEqual(turned(3), [3, 2, [4, 1, 5, 2, 6, 3]]);
  assert.deepEqual(turned(0, true), [2, 3, [3, 2, 1, 6, 5, 4]]);
  assert.deepEqual(turned(0, false, true), [2, 3, [4, 5, 6, 1, 2, 3]]);
  // flipping first and rotating then would give 1, 4, 2, 5, 3, 6
  assert.deepEqual(turned(1, true), [3, 2, [6, 3, 5, 2, 4, 1]]);
});

test('finer frames repeat the factors, coarser ones average them, other sizes are refused', () => {
  assert.deepEqual(fitToFrames(IMAGE, 4, 6, 'g').slice(6, 12), Float32Array.of(1, 1, 2, 2, 3, 3));
  const wide = { ny: 2, nx: 4, data: Float32Array.of(1, 2, 5, 6, 3, 4, 7, 8) };
  assert.deepEqual([...fitToFrames(wide, 1, 2, 'g')], [2.5, 6.5]);
  assert.throws(() => fitToFrames(IMAGE, 3, 2, '/x/g.mrc'), {
    code: 'CS_GAIN_SHAPE',
    message: /g\.mrc has 3 × 2 px \(it fits after a rotation/,
  });
  assert.throws(() => fitToFrames(IMAGE, 4, 3, 'g'), { code: 'CS_GAIN_SHAPE' });
  assert.deepEqual([...applyGain(Float32Array.of(1, 1, 2, 2), Float32Array.of(2, 0.5))], [2, 0.5, 4, 1]);
});

function writeGain(t: TestContext, values: number[], name = 'g.mrc'): string {
  const path = join(tempDir(t), name);
  const writer = new MrcStackWriter(path, { nx: values.length / 2, ny: 2, psize_A: 1 });
  writer.append(Float32Array.from(values));
  writer.finish();
  return path;
}

test('a .gain file holds responses: they are inverted around their mean, zeros stay', (t) => {
  const dir = tempDir(t);
  const writer = new TiffWriter(join(dir, 'a.tif'), { nx: 4, ny: 1, bits: 16, compression: 'none' });
  writer.append(Uint16Array.of(0, 100, 200, 100));
  writer.finish();
  copyFileSync(join(dir, 'a.tif'), join(dir, 'a.gain'));
  assert.deepEqual([...readGain(join(dir, 'a.tif')).data], [0, 100, 200, 100]);
  assert.deepEqual([...readGain(join(dir, 'a.gain')).data], [0, 1, 0.5, 1]);
});

test('references that are all zero, stacks and DM files are refused by name', (t) => {
  assert.throws(() => readGain(writeGain(t, [0, 0, 0, 0])), { code: 'CS_GAIN_VALUE', message: /g\.mrc/ });
  assert.throws(() => readGain('/data/gain.dm4'), { code: 'CS_FILE_TYPE', message: /dm2mrc/ });
  const path = join(tempDir(t), 's.mrc');
  const writer = new MrcStackWriter(path, { nx: 2, ny: 2, psize_A: 1 });
  writer.append(new Float32Array(8).fill(1));
  writer.finish();
  assert.throws(() => readGain(path), { code: 'CS_IMAGE_COUNT' });
});

const bad = (map: { nx: number; data: Float32Array }): number[] =>
  [...map.data.keys()].filter((i) => map.data[i] !== 0);

test('defects come from SerialEM text, MotionCor text and images', (t) => {
  const dir = tempDir(t);
  const file = (text: string): string => {
    const path = join(dir, 'd.txt');
    writeFileSync(path, text);
    return path;
  };
  const serial = 'K2Type 0\nCameraSizeX 6\nCameraSizeY 4\nBadColumns 5\nPartialBadColumn 1 2 0 1\nBadPixels 0 3 3 3\n';
  assert.deepEqual(bad(readDefects(file(serial), 4, 6)), [1, 2, 5, 7, 8, 11, 17, 18, 21, 23]);
  assert.deepEqual(bad(readDefects(file('BadRows 1\nUsableArea 0 1 3 5'), 4, 6)), [0, 6, 7, 8, 9, 10, 11, 12, 18]);
  assert.deepEqual(bad(readDefects(file('# x y w h\n4 1 9 2\n'), 4, 6)), [10, 11, 16, 17]);
  assert.deepEqual(bad(readDefects(file('CameraSizeX 3\nCameraSizeY 2\nBadPixels 1 0\n'), 4, 6)), [2, 3, 8, 9]);
  assert.deepEqual(bad(readDefects(writeGain(t, [0, 0, 2, 0, -1, 0]), 2, 3)), [2, 4]);
  const refuse = (text: string, message: RegExp): void =>
    assert.throws(() => readDefects(file(text), 4, 6), { kind: 'input', code: 'CS_DEFECT_FORMAT', message });
  refuse('1 2 3\n', /d\.txt: line 1 is 3 numbers/);
  refuse('BadPixels 1 2 3', /BadPixels is 3 numbers/);
  refuse('BadPixels 1 x', /line 1 is "BadPixels 1 x"/);
  refuse('CameraSizeX 5', /size is 5 × 4 px/);
});
