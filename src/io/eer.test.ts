import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { EER_CODINGS, EER_VARIABLE, addElectrons, type EerCoding } from './eer-codec.ts';
import { EerReader } from './eer.ts';
import { openMovie } from './movie.ts';
import { encodeElectrons, writeEer, type Electron } from './testing/write-eer.ts';

const [W, H] = [96, 80];

function drawElectrons(rng: Rng, count: number): Electron[] {
  const taken = new Map<number, Electron>();
  for (let i = 0; i < count; i++) {
    const [x, y] = [rng.below(W), rng.below(H)];
    taken.set(y * W + x, { x, y, subX: rng.below(4), subY: rng.below(4) });
  }
  return [...taken.values()];
}

function counts(frames: readonly (readonly Electron[])[], up: number): Float32Array {
  const out = new Float32Array(W * up * H * up);
  for (const electrons of frames) {
    for (const { x, y, subX, subY } of electrons) {
      const [fx, fy] = [x * up + ((subX * up) >> 2), y * up + ((subY * up) >> 2)];
      out[fy * W * up + fx]++;
    }
  }
  return out;
}

const CODINGS: [number, EerCoding][] = [
  [65000, EER_CODINGS[65000]],
  [65001, EER_CODINGS[65001]],
  [EER_VARIABLE, { runBits: 5, subBitsX: 2, subBitsY: 2, padded: false }],
];

test('electron events of our own encoder (no camera file was at hand) are placed on grids of 1, 2 and 4 points', (t) => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (const [compression, coding] of CODINGS) {
    // from nearly empty, with runs beyond the longest number, to full
    const frames = [0, 1, 5, 40, 700, 5000, 30].map((count) => drawElectrons(rng, count));
    const path = join(tempDir(t), 'm.eer');
    const bytes = frames.map((electrons) => encodeElectrons(electrons, W, H, coding));
    writeEer(path, bytes, { width: W, height: H, compression, coding });
    for (const upsampling of [1, 2, 4] as const) {
      const movie = openMovie(path, { eer: { upsampling, fractions: 3 } });
      assert.deepEqual([movie.shape, movie.format], [[3, H * upsampling, W * upsampling], `EER/${upsampling}`]);
      const read = movie.readFrames(0, 3);
      const size = read.length / 3;
      [frames.slice(0, 2), frames.slice(2, 4), frames.slice(4)].forEach((part, i) => {
        const found = read.subarray(i * size, (i + 1) * size);
        assert.deepEqual(found, counts(part, upsampling), `compression ${compression}, fraction ${i}, seed ${seed}`);
      });
      movie.close();
    }
  }
});

test('the format by hand: a run of 3, an electron in the first quarter of its pixel, a run to the end', () => {
  // run 3, places x 0 and y 0 (both code 10b); then a run of 4 to the end of 8 pixels
  const eight = Uint8Array.of(3, 0b0100_1010, 0b0000_0000);
  const out = new Float32Array(8 * 16);
  assert.equal(addElectrons(eight, EER_CODINGS[65000], 4, 2, 4, out), 1);
  assert.equal(out.indexOf(1), 12);
  // the same in 7 bits: 3 | 1010b << 7 | 4 << 11
  const word = 3 | (0b1010 << 7) | (4 << 11);
  const seven = Uint8Array.of(word & 255, (word >> 8) & 255, word >> 16);
  assert.deepEqual(addElectrons(seven, EER_CODINGS[65001], 4, 2, 4, new Float32Array(128)), 1);
});

test('fractions use all raw frames and differ by at most one', (t) => {
  const coding = EER_CODINGS[65001];
  const path = join(tempDir(t), 'm.eer');
  const empty = encodeElectrons([], W, H, coding);
  writeEer(path, Array(23).fill(empty), { width: W, height: H, compression: 65001, coding });
  const reader = new EerReader(path, { upsampling: 1, fractions: 5 });
  const edges = [0, 1, 2, 3, 4].map((i) => reader.framesOf(i));
  assert.deepEqual(edges.flat(), [0, 4, 4, 9, 9, 13, 13, 18, 18, 23]);
  reader.close();
  const more = new EerReader(path, { upsampling: 1, fractions: 100 });
  assert.equal(more.shape[0], 23);
  more.close();
});

test('a frame that is cut off or runs beyond the last pixel is refused with file and frame', (t) => {
  const path = join(tempDir(t), 'm.eer');
  const rng = new Rng(5);
  for (const [compression, coding] of CODINGS) {
    const whole = encodeElectrons(drawElectrons(rng, 300), W, H, coding);
    writeEer(path, [whole, whole.subarray(0, 100)], { width: W, height: H, compression, coding });
    const movie = openMovie(path, { eer: { upsampling: 1, fractions: 2 } });
    movie.readFrames(0, 1);
    assert.throws(() => movie.readFrames(1, 1), { kind: 'input', code: 'CS_EER_DATA', message: /m\.eer: frame 2 / });
    movie.close();
  }
});
