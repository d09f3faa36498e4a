import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { drawSeed } from '../../test/temp-dir.ts';
import { float16Table, toFloat16 } from './float16.ts';

const view = new DataView(new ArrayBuffer(2));

test('all 65536 bit patterns mean what the engine says they mean', () => {
  const table = float16Table();
  for (let bits = 0; bits < 65536; bits++) {
    view.setUint16(0, bits);
    assert.ok(Object.is(table[bits], view.getFloat16(0)), `0x${bits.toString(16)}`);
  }
});

test('rounding is to the nearest, ties to even, as in the engine', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const values = [
    0,
    -0,
    65504,
    65519.99,
    65520,
    -1e9,
    2 ** -25,
    2 ** -25 * 1.0001,
    3 * 2 ** -25,
    2 ** -14,
    2 ** -14 - 2 ** -26,
    Number.NaN,
  ];
  for (let i = 0; i < 200_000; i++) values.push(rng.normal() * 2 ** (rng.below(44) - 28));
  for (const x of values) {
    const value = Math.fround(x);
    view.setFloat16(0, value);
    assert.equal(toFloat16(value), view.getUint16(0), `${value}, seed ${seed}`);
  }
});
