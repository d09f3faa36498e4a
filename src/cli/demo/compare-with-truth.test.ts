import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Rng } from '../../base/rng.ts';
import type { Volume } from '../../io/mrc.ts';
import { lowpass } from '../../math/volume.ts';
import { resolutionAgainstTruth } from './compare-with-truth.ts';

const N = 64;
const PSIZE_A = 1.5;

/** Point-like atoms in a ball of 30 Å around the middle of the box. */
function molecule(rng: Rng): Float32Array {
  const data = new Float32Array(N ** 3);
  const at = (): number => (rng.uniform() - 0.5) * 2;
  for (let placed = 0; placed < 1500; ) {
    const p = [at(), at(), at()];
    if (p.reduce((sum, v) => sum + v * v, 0) > 1) continue;
    const [z = 0, y = 0, x = 0] = p.map((v) => Math.round(N / 2 + (v * 30) / PSIZE_A));
    const i = (z * N + y) * N + x;
    data[i] = (data[i] ?? 0) + 1;
    placed++;
  }
  return data;
}

function volume(data: Float32Array, psize_A = PSIZE_A): Volume {
  return { shape: [N, N, N], psize_A, data } as Volume;
}

test('a map that is the truth agrees to Nyquist, and its negative not at all', () => {
  const seed = randomInt(2 ** 31);
  const truth = molecule(new Rng(seed));
  assert.equal(resolutionAgainstTruth(volume(truth), volume(truth)), 2 * PSIZE_A, `seed ${seed}`);
  const negative = truth.map((v) => -3 * v);
  assert.equal(resolutionAgainstTruth(volume(negative), volume(truth)), N * PSIZE_A, `seed ${seed}`);
});

test('a map that is noise beyond 6 Å agrees to about 6 Å, whatever its scale', () => {
  const seed = randomInt(2 ** 31);
  const rng = new Rng(seed);
  const shape = [N, N, N] as const;
  const truth = molecule(rng);
  const cut = { cutoff_A: 6, kind: 'cosine', edge: 0.05 } as const;
  const noise = molecule(rng);
  const kept = lowpass(truth, shape, PSIZE_A, cut);
  const lost = lowpass(noise, shape, PSIZE_A, cut);
  const map = kept.map((v, i) => 40 * (v + (noise[i] ?? 0) - (lost[i] ?? 0)));
  const found_A = resolutionAgainstTruth(volume(map), volume(truth));
  assert.ok(Math.abs(found_A - 6) < 0.5, `${found_A} Å, seed ${seed}`);
});

test('a map on another grid is refused with both grids', () => {
  const truth = molecule(new Rng(1));
  assert.throws(
    () => resolutionAgainstTruth(volume(truth, 1.6), volume(truth)),
    /64×64×64 voxels of 1\.6 Å.*of 1\.5 Å/,
  );
});
