import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { drawSeed } from '../../test/temp-dir.ts';
import { lz4Compress, lz4Decompress } from './lz4.ts';

test('what is compressed comes back, for lengths around every limit of the format', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (const length of [0, 1, 4, 11, 12, 13, 14, 15, 16, 100, 270, 271, 5000, 70_000, 200_000]) {
    for (const alphabet of [1, 2, 5, 256]) {
      const data = Uint8Array.from({ length }, () => rng.below(alphabet));
      const block = lz4Compress(data);
      assert.deepEqual(lz4Decompress(block, length), data, `length ${length}, alphabet ${alphabet}, seed ${seed}`);
    }
  }
});

test('repeating data become much smaller', () => {
  const data = new Uint8Array(new Float32Array(10_000).fill(1.25).buffer);
  assert.ok(lz4Compress(data).length < data.length / 100);
});

const skip = spawnSync('lz4', ['--version']).error ? 'no lz4 program' : false;

test('blocks go to the lz4 program and come from it, in its legacy frame of bare blocks', { skip }, () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (const [length, alphabet] of [
    [13, 2],
    [5000, 3],
    [100_000, 256],
    [300_000, 2],
  ]) {
    const data = Uint8Array.from({ length }, () => rng.below(alphabet));
    const theirs = execFileSync('lz4', ['-l', '-c', '-'], { input: data, maxBuffer: 1 << 24 });
    assert.equal(theirs.readUInt32LE(0), 0x184c2102);
    assert.deepEqual(lz4Decompress(theirs.subarray(8, 8 + theirs.readUInt32LE(4)), length), data, `seed ${seed}`);
    const block = lz4Compress(data);
    const frame = Buffer.alloc(8);
    frame.writeUInt32LE(0x184c2102, 0);
    frame.writeUInt32LE(block.length, 4);
    const back = execFileSync('lz4', ['-d', '-c', '-'], { input: Buffer.concat([frame, block]), maxBuffer: 1 << 24 });
    assert.ok(back.equals(data), `length ${length}, seed ${seed}`);
  }
});

test('damaged blocks are refused or give exactly the asked length, never more', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const block = lz4Compress(Uint8Array.from({ length: 2000 }, () => rng.below(3)));
  for (let round = 0; round < 2000; round++) {
    const damaged = block.slice(0, 1 + rng.below(block.length));
    damaged[rng.below(damaged.length)] = rng.below(256);
    try {
      assert.equal(lz4Decompress(damaged, 2000).length, 2000);
    } catch (error) {
      assert.ok(error instanceof RangeError, `seed ${seed}, round ${round}: ${String(error)}`);
    }
  }
});
