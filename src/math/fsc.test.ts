import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { correctedFsc, fsc, randomisePhases, resolutionAt, shellPower } from './fsc.ts';
import { sphereMask } from './masks.ts';

const seed = drawSeed();

function noise(n: number, stream: number): Float32Array {
  const rng = new Rng(seed, stream);
  return Float32Array.from({ length: n ** 3 }, () => rng.normal());
}

test('a map correlates fully with itself, with its negative at -1, and noise with other noise hardly', () => {
  for (const n of [24, 25]) {
    const a = noise(n, 1);
    const same = fsc(
      a,
      a.map((v) => 3 * v),
      n,
    );
    assert.equal(same.length, Math.floor(n / 2) + 1);
    assert.ok(
      same.every((v) => Math.abs(v - 1) < 1e-6),
      `seed ${seed}`,
    );
    assert.ok(
      fsc(
        a,
        a.map((v) => -v),
        n,
      ).every((v) => Math.abs(v + 1) < 1e-6),
      `seed ${seed}`,
    );
    // shell 6 holds about 450 frequencies, half of them independent: 5 standard deviations are 0.34
    assert.ok(
      fsc(a, noise(n, 2), n)
        .slice(6)
        .every((v) => Math.abs(v) < 0.34),
      `seed ${seed}`,
    );
  }
});

test('signal and independent noise of equal power give an FSC of one half', () => {
  const n = 32;
  const [s, a, b] = [noise(n, 3), noise(n, 4), noise(n, 5)];
  const curve = fsc(
    s.map((v, i) => v + a[i]),
    s.map((v, i) => v + b[i]),
    n,
  );
  const mean = curve.slice(8).reduce((sum, v) => sum + v, 0) / (curve.length - 8);
  assert.ok(Math.abs(mean - 0.5) < 0.03, `seed ${seed}: ${mean}`);
});

test('resolution is interpolated between shells', () => {
  const curve = Float64Array.from([1, 1, 0.9, 0.243, 0.043, 0.5]);
  // half-way from shell 3 to shell 4
  assert.ok(Math.abs(resolutionAt(curve, 0.143, 10, 2) - 20 / 3.5) < 1e-9);
  assert.equal(resolutionAt(Float64Array.from([1, 1, 0.9]), 0.143, 4, 1.5), 3, 'never below: the Nyquist limit');
  assert.equal(resolutionAt(Float64Array.from([1, 0, 0]), 0.143, 4, 1.5), 6, 'at once below: the box');
});

test('random phases leave amplitudes and low shells alone', () => {
  const n = 20;
  const a = noise(n, 6);
  const b = randomisePhases(a, n, 5, new Rng(seed, 7));
  const curve = fsc(a, b, n);
  assert.ok(
    curve.slice(0, 5).every((v) => v > 1 - 1e-6),
    `seed ${seed}`,
  );
  assert.ok(
    curve.slice(6).every((v) => Math.abs(v) < 0.4),
    `seed ${seed}: ${[...curve].join(' ')}`,
  );
  const [pa, pb] = [shellPower(a, n), shellPower(b, n)];
  assert.ok(
    pa.every((p, s) => Math.abs(pb[s] / p - 1) < 1e-4),
    `seed ${seed}`,
  );
});

test('shell power of white noise is flat at its variance times the number of voxels', () => {
  const n = 24;
  const power = shellPower(noise(n, 8), n);
  for (const p of power.slice(5)) assert.ok(Math.abs(p / n ** 3 - 1) < 0.3, `seed ${seed}: ${p}`);
});

test('the correction takes away what a tight mask correlates by itself', () => {
  const n = 32;
  const mask = sphereMask(n, 4, 1);
  const masked = (m: Float32Array): Float32Array => m.map((v, i) => v * mask[i]);
  // a strong constant is all that the maps have in common: the mask spreads it over all shells
  const [a, b] = [noise(n, 9), noise(n, 10)].map((m) => m.map((v) => v + 40));
  const from = 4;
  const t = fsc(masked(a), masked(b), n);
  const random = [a, b].map((m, i) => masked(randomisePhases(m, n, from, new Rng(seed, 20 + i))));
  const corrected = correctedFsc(t, fsc(random[0], random[1], n), from);
  assert.deepEqual(corrected.slice(0, from + 2), t.slice(0, from + 2));
  const mean = (c: Float64Array): number => c.slice(from + 2).reduce((s, v) => s + v, 0) / (c.length - from - 2);
  assert.ok(mean(t) > 0.3, `the mask correlates, seed ${seed}: ${mean(t)}`);
  assert.ok(Math.abs(mean(corrected)) < mean(t) / 2, `seed ${seed}: ${mean(corrected)} from ${mean(t)}`);
});
