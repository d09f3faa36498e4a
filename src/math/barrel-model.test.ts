import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import type { Atom } from './atom.ts';
import { barrelModel } from './barrel-model.ts';
import { densityMap } from './density.ts';
import { fsc } from './fsc.ts';
import { idealChain, type ChainKind } from './ideal-chain.ts';
import { symmetryOperators } from './symmetry.ts';

const TURN_DEG = 180 / Math.PI;

function alphas(kind: ChainKind, length: number): { r_A: number; azimuth_deg: number; z: number }[] {
  return idealChain(kind, length, new Rng(1))
    .filter((atom) => atom.name === 'CA')
    .map(({ x, y, z }) => ({ r_A: Math.hypot(x, y), azimuth_deg: Math.atan2(y, x) * TURN_DEG, z }));
}

test('a helix is an α-helix: 3.6 residues a turn to the right, 1.5 Å rise, Cα at 2.3 Å', () => {
  const ca = alphas('helix', 19);
  for (let i = 1; i < ca.length; i++) {
    const turn_deg = (ca[i].azimuth_deg - ca[i - 1].azimuth_deg + 720) % 360;
    assert.ok(Math.abs(360 / turn_deg - 3.6) < 0.08, `residue ${i}: ${360 / turn_deg} a turn`);
    assert.ok(Math.abs(ca[i].z - ca[i - 1].z - 1.5) < 0.05, `residue ${i}: rise ${ca[i].z - ca[i - 1].z}`);
    assert.ok(Math.abs(ca[i].r_A - 2.3) < 0.05, `residue ${i}: radius ${ca[i].r_A}`);
  }
  assert.ok(Math.abs(ca[0].z + ca[18].z) < 1e-9, 'the middle is the origin');
});

test('a strand rises 3.3 Å a residue, its neighbours pointing to opposite sides', () => {
  const ca = alphas('strand', 10);
  for (let i = 1; i < ca.length; i++) {
    const turn_deg = (ca[i].azimuth_deg - ca[i - 1].azimuth_deg + 720) % 360;
    assert.ok(Math.abs(turn_deg - 180) < 10, `residue ${i}: turn ${turn_deg}`);
    assert.ok(Math.abs(ca[i].z - ca[i - 1].z - 3.3) < 0.1, `residue ${i}: rise ${ca[i].z - ca[i - 1].z}`);
  }
});

test('amino acids are L: seen from Cα’s hydrogen, CO, R and N follow each other clockwise', () => {
  for (const kind of ['helix', 'strand'] as const) {
    const atoms = idealChain(kind, 6, new Rng(3)).filter((atom) => atom.residue_number === 4);
    const at = (name: string): number[] => {
      const atom = atoms.find((a) => a.name === name);
      assert.ok(atom, name);
      return [atom.x, atom.y, atom.z];
    };
    const [n, ca, c, cb] = ['N', 'CA', 'C', 'CB'].map(at);
    const [a, b, d] = [n, c, cb].map((p) => p.map((v, k) => v - ca[k]));
    const volume =
      a[0] * (b[1] * d[2] - b[2] * d[1]) - a[1] * (b[0] * d[2] - b[2] * d[0]) + a[2] * (b[0] * d[1] - b[1] * d[0]);
    // chirality volume of L-amino acids, monomer library: +2.5 Å³ for N, C, CB in this order
    assert.ok(Math.abs(volume - 2.5) < 0.3, `${kind}: ${volume} Å³`);
  }
});

/** How many of every eleventh atom have no atom within 1e-4 Å of their image under a rotation, as a fraction. */
function asymmetry(atoms: readonly Atom[], R: Float64Array): number {
  // sorted by height, so that few candidates are looked at
  const sorted = atoms.toSorted((a, b) => a.z - b.z);
  const firstAbove = (z: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle].z < z) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const sample = atoms.filter((_, i) => i % 11 === 0);
  const alone = sample.filter(({ x, y, z }) => {
    const [px, py, pz] = [0, 3, 6].map((i) => R[i] * x + R[i + 1] * y + R[i + 2] * z);
    for (let i = firstAbove(pz - 1e-4); i < sorted.length && sorted[i].z <= pz + 1e-4; i++) {
      if (Math.hypot(sorted[i].x - px, sorted[i].y - py) < 1e-4) return false;
    }
    return true;
  });
  return alone.length / sample.length;
}

test('the barrel is exactly symmetric under D7 and not under D14', () => {
  const atoms = barrelModel();
  assert.ok(atoms.length > 30_000, `${atoms.length} atoms`);
  for (const R of symmetryOperators('D7')) assert.equal(asymmetry(atoms, R), 0);
  const half = symmetryOperators('C14')[1];
  assert.ok(asymmetry(atoms, half) > 0.9);
  assert.equal(new Set(atoms.map((atom) => atom.chain)).size, 28);
});

test('its size is that of a proteasome, with an open pore', () => {
  const atoms = barrelModel();
  const wide_A = 2 * Math.max(...atoms.map(({ x, y }) => Math.hypot(x, y)));
  const tall_A = 2 * Math.max(...atoms.map(({ z }) => z));
  assert.ok(wide_A > 110 && wide_A < 140 && tall_A > 125 && tall_A < 155, `${wide_A} × ${tall_A} Å`);
  assert.ok(Math.min(...atoms.map(({ x, y }) => Math.hypot(x, y))) > 8);
});

test('the seed chooses the variant: the same one twice, another one with another seed', () => {
  const [a, again, other] = [5, 5, 6].map((seed) => barrelModel({ seed }));
  assert.deepEqual(a, again);
  assert.notDeepEqual(a.slice(0, 50), other.slice(0, 50));
});

test('in C5 all four rings differ and only the five-fold axis is there', () => {
  const atoms = barrelModel({ symmetry: 'c5' });
  for (const R of symmetryOperators('C5')) assert.equal(asymmetry(atoms, R), 0);
  assert.ok(asymmetry(atoms, symmetryOperators('D5')[5]) > 0.9);
});

test('other symmetries are refused', () => {
  for (const symmetry of ['C1', 'O', 'D13', 'X']) {
    assert.throws(
      () => barrelModel({ symmetry }),
      (error) => error instanceof CsError && error.message.includes(`"${symmetry}"`),
    );
  }
});

test('hand and detail show in the map: the mirror image agrees at low resolution only', () => {
  const [n, psize_A] = [64, 2.5];
  const atoms = barrelModel();
  const map = densityMap(atoms, n, psize_A);
  // a mirror through the plane of z and x keeps the outline; rotations in D7 cannot undo it
  const mirrored = densityMap(
    atoms.map((atom) => ({ ...atom, y: -atom.y })),
    n,
    psize_A,
  );
  const curve = fsc(map, mirrored, n);
  const mean = (from_A: number, to_A: number): number => {
    const part = curve.slice(Math.round((n * psize_A) / from_A), Math.round((n * psize_A) / to_A));
    return part.reduce((a, b) => a + b, 0) / part.length;
  };
  assert.ok(mean(80, 40) > 0.8, `80 to 40 Å: ${mean(80, 40)}`);
  assert.ok(Math.abs(mean(8, 5)) < 0.3, `8 to 5 Å: ${mean(8, 5)}`);
});
