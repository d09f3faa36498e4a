import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import { densityMap, type Scatterer } from './density.ts';
import { RealFft3 } from './fft.ts';
import { originToCorner } from './resample.ts';
import { SCATTERING_FACTORS } from './scattering.ts';

/** Σ over atoms of f(k) exp(-B k²/4) exp(-2πi k·r) at one frequency, 1/Å. */
function structureFactor(atoms: readonly Scatterer[], k: readonly number[]): [number, number] {
  const k2 = k[0] ** 2 + k[1] ** 2 + k[2] ** 2;
  let [re, im] = [0, 0];
  for (const { x, y, z, element, b_A2, occupancy = 1 } of atoms) {
    const { a_A, b_A2: widths } = SCATTERING_FACTORS[element];
    const f = a_A.reduce((sum, a, i) => sum + a * Math.exp((-(widths[i] + b_A2) * k2) / 4), 0) * occupancy;
    const phase = -2 * Math.PI * (k[0] * x + k[1] * y + k[2] * z);
    re += f * Math.cos(phase);
    im += f * Math.sin(phase);
  }
  return [re, im];
}

test('the map of a few atoms at odd places has the analytic transform at each frequency below Nyquist', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (const [n, psize_A, b_A2] of [
    [32, 1.5, 30],
    [33, 1, 15],
    [24, 2.5, 0],
  ]) {
    const at = (): number => (rng.uniform() - 0.5) * 0.5 * n * psize_A;
    const atoms = ['C', 'N', 'O', 'S', 'P', 'H'].map((element, i) => ({
      x: at(),
      y: at(),
      z: at(),
      element,
      b_A2: b_A2 + 5 * i,
      occupancy: i === 1 ? 0.5 : 1,
    }));
    const map = densityMap(atoms, n, psize_A);
    const fft = new RealFft3(n, n, n);
    const spectrum = fft.forward(originToCorner(map, [n, n, n]));
    const total = structureFactor(atoms, [0, 0, 0])[0];
    const limit = Math.ceil(n / 2) - 1;
    let worst = 0;
    for (let z = -limit; z <= limit; z++) {
      for (let y = -limit; y <= limit; y++) {
        for (let x = 0; x <= limit; x++) {
          if (x * x + y * y + z * z > limit * limit) continue;
          const [re, im] = structureFactor(
            atoms,
            [x, y, z].map((k) => k / (n * psize_A)),
          );
          const i = 2 * ((((z + n) % n) * n + ((y + n) % n)) * fft.nxc + x);
          worst = Math.max(worst, Math.hypot(spectrum[i] * psize_A ** 3 - re, spectrum[i + 1] * psize_A ** 3 - im));
        }
      }
    }
    assert.ok(worst < 2e-3 * total, `seed ${seed}, n ${n}, ${psize_A} Å: off by ${worst} of ${total}`);
  }
});

test('an atom at the origin peaks at voxel floor(n/2)', () => {
  for (const n of [16, 17]) {
    const map = densityMap([{ x: 0, y: 0, z: 0, element: 'C', b_A2: 20 }], n, 1);
    const c = Math.floor(n / 2);
    assert.equal(map.indexOf(map.reduce((a, b) => Math.max(a, b))), (c * n + c) * n + c);
  }
});

test('f(0) of the elements is that of the tables, Å', () => {
  // Peng et al. 1996, table 1: sums of the amplitudes for H, C, N, O, P, S; doi:10.1107/S0108767395014371
  const wanted = { H: 0.529, C: 2.509, N: 2.211, O: 1.983, P: 5.488, S: 5.161 };
  for (const [element, f0_A] of Object.entries(wanted)) {
    const sum = SCATTERING_FACTORS[element].a_A.reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - f0_A) < 3e-3, `${element}: ${sum}`);
  }
});

test('an unknown element and a model larger than the box are refused by name and number', () => {
  const atom = { x: 0, y: 0, z: 0, element: 'C', b_A2: 20 };
  const thrown = (atoms: Scatterer[]): CsError => {
    try {
      densityMap(atoms, 16, 1);
    } catch (error) {
      if (error instanceof CsError) return error;
    }
    return assert.fail('wanted a CsError');
  };
  assert.match(thrown([{ ...atom, element: 'XX' }]).message, /element "XX"/);
  assert.match(thrown([{ ...atom, y: -9 }]).message, /reaches 9\.0 Å.*16 px of 1 Å holds 8\.0 Å/);
});
