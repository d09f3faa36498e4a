import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { drawSeed } from '../../test/temp-dir.ts';
import { bunzip2 } from './bzip2.ts';

const skip = spawnSync('bzip2', ['--version'], { input: '' }).error ? 'no bzip2 program' : false;
const bzip2 = (data: Uint8Array, level = 9): Buffer =>
  execFileSync('bzip2', [`-${level}`], { input: data, maxBuffer: 1 << 28 });

test('what the bzip2 program packs is unpacked: long runs, few and all symbols, several blocks', { skip }, () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const samples = [
    new Uint8Array(0),
    Uint8Array.of(7),
    new Uint8Array(3_000_000),
    Uint8Array.from({ length: 250_000 }, () => rng.below(2)),
    Uint8Array.from({ length: 250_000 }, () => rng.below(256)),
    Uint8Array.from({ length: 1000 }, (_, i) => Math.floor(i / 4) % 256),
    Uint8Array.from({ length: 2000 }, (_, i) => Math.floor(i / 5) % 256),
    Buffer.from(Float32Array.from({ length: 40_000 }, () => rng.normal()).buffer),
  ];
  samples.forEach((data, i) => {
    assert.ok(Buffer.from(data).equals(bunzip2(bzip2(data, 1 + (i % 9)))), `sample ${i}, seed ${seed}`);
  });
});

test('streams one after the other are read as one', { skip }, () => {
  const parts = ['first ', 'second'].map((text) => bzip2(Buffer.from(text)));
  assert.equal(Buffer.from(bunzip2(Buffer.concat(parts))).toString(), 'first second');
});

test('damaged data end in a RangeError, or in the same bytes where the damaged bit means nothing', { skip }, () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const data = Uint8Array.from({ length: 3000 }, () => rng.below(9));
  const packed = bzip2(data, 1);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const damaged = Buffer.from(packed.subarray(0, rng.below(3) ? packed.length : rng.below(packed.length)));
    if (damaged.length === packed.length) damaged[rng.below(damaged.length)] ^= 1 << rng.below(8);
    try {
      assert.ok(Buffer.from(data).equals(bunzip2(damaged)), `seed ${seed}, round ${round}: other bytes`);
    } catch (error) {
      assert.ok(error instanceof RangeError, `seed ${seed}, round ${round}: ${(error as Error).stack}`);
      refused++;
    }
  }
  assert.ok(refused > 380, `only ${refused} of 400 were noticed, seed ${seed}`);
});
