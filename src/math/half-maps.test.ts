import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { shellPower } from './fsc.ts';
import { assessHalfMaps, autoMask, filterByFsc, fitGuinier } from './half-maps.ts';
import { blobVolume, correlation } from './testing/blob-volume.ts';
import { filterRadially, sphereMask } from './volume.ts';

const seed = drawSeed();
const AUTO = { threshold: 0.2, near_A: 4, far_A: 14, lowpass_A: 12 };

/** Two half maps: the same blobs and independent white noise. */
function halves(n: number, noise: number): { truth: Float32Array; a: Float32Array; b: Float32Array } {
  const rng = new Rng(seed);
  const truth = blobVolume(n, rng).volume;
  const noisy = (): Float32Array => truth.map((v) => v + noise * rng.normal());
  return { truth, a: noisy(), b: noisy() };
}

test('masks raise the FSC of noisy half maps, by taking noise away', () => {
  const n = 48;
  const { truth, a, b } = halves(n, 0.5);
  const found = assessHalfMaps(a, b, n, 2, AUTO, 1);
  const { no_mask, mask, corrected } = found.resolution_A;
  assert.ok(mask < no_mask && corrected < no_mask, `seed ${seed}: ${mask}, ${corrected} and without mask ${no_mask} Å`);
  const inside = found.mask.map((v) => (v > 0.5 ? 1 : 0));
  const covered = truth.reduce((sum, v, i) => sum + v * inside[i], 0) / truth.reduce((sum, v) => sum + v, 0);
  assert.ok(covered > 0.8, `the mask covers ${covered} of the density, seed ${seed}`);
  assert.ok(inside.reduce((s, v) => s + v, 0) < 0.5 * n ** 3, 'and leaves most of the box out');
  const average = a.map((v, i) => (v + b[i]) / 2);
  const filtered = filterByFsc(average, n, found.curves.no_mask);
  const [before, after] = [correlation(average, truth), correlation(filtered, truth)];
  assert.ok(after > before + 0.05, `seed ${seed}: weighted by its FSC ${after}, before ${before}`);
});

test('a mask that is given is used as it is', () => {
  const n = 24;
  const { a, b } = halves(n, 0.3);
  const mask = sphereMask(n, 7, 3);
  assert.equal(assessHalfMaps(a, b, n, 2, mask, 1).mask, mask);
  assert.throws(() => autoMask(new Float32Array(n ** 3).fill(-1), n, 2, AUTO), /No voxel|mask/);
});

test('weights follow √(2F/(1+F)) and end where the FSC first is not positive', () => {
  const n = 24;
  const rng = new Rng(seed);
  const map = Float32Array.from({ length: n ** 3 }, () => rng.normal());
  const curve = Float64Array.from({ length: 13 }, (_, s) => (s < 5 ? 1 : s < 8 ? 0.5 : s === 8 ? 0 : 0.9));
  const [before, after] = [shellPower(map, n), shellPower(filterByFsc(map, n, curve), n)];
  const gain = after.map((p, s) => p / before[s]);
  assert.ok(
    gain.slice(0, 4).every((g) => Math.abs(g - 1) < 1e-4),
    `seed ${seed}: ${[...gain].join(' ')}`,
  );
  assert.ok(Math.abs(gain[6] - 2 / 3) < 0.02, `seed ${seed}: ${gain[6]}`);
  assert.ok(
    gain.slice(10).every((g) => g < 1e-6),
    `seed ${seed}`,
  );
});

test('a known B-factor is read off the Guinier plot', () => {
  const [n, psize_A, B_A2] = [48, 1, -60];
  const rng = new Rng(seed);
  const white = Float32Array.from({ length: n ** 3 }, () => rng.normal());
  const map = filterRadially(white, [n, n, n], (k_ipx) => Math.exp((B_A2 / 4) * (k_ipx / psize_A) ** 2));
  const fit = fitGuinier(shellPower(map, n), n, psize_A, 10, 2.5);
  assert.ok(fit && Math.abs(fit.bfactor_A2 - B_A2) < 6, `seed ${seed}: ${fit?.bfactor_A2}`);
  assert.equal(fitGuinier(shellPower(map, n), n, psize_A, 10, 9), null, 'too few shells');
});
