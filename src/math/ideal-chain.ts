import type { Rng } from '../base/rng.ts';

/**
 * Stretches of protein with ideal geometry: every residue has the same backbone torsions, so that the chain is an exact
 * helix (a strand is one with nearly two residues a turn).
 */

type Point = readonly [x: number, y: number, z: number];

/** An atom of a stretch, in Å; the stretch's helix axis is the z axis, its middle the origin, its second Cα at -x. */
export interface ChainAtom {
  x: number;
  y: number;
  z: number;
  readonly name: string;
  readonly residue: string;
  /** from 1 */
  readonly residue_number: number;
}

/**
 * Backbone torsions: with the bonds and angles below the helix has 3.6 residues a turn and rises 1.5 Å each, the strand
 * is nearly flat and rises 3.3 Å.
 */
const TORSIONS_DEG = { helix: { phi: -59.5, psi: -46 }, strand: { phi: -120, psi: 122 } } as const;
export type ChainKind = keyof typeof TORSIONS_DEG;

/** Bond lengths (Å) and angles (degrees): Engh & Huber, Acta Cryst. A47:392, 1991, doi:10.1107/S0108767391001071. */
const N_CA = 1.458;
const CA_C = 1.525;
const C_N = 1.329;
const C_O = 1.231;
const AT_CA = 111;
const AT_C = 117.2;
const AT_N = 121.7;

/** One atom of a side chain: its three predecessors, bond length, bond angle, torsion: free (χ) or relative to the last χ. */
type SideAtom = readonly [
  name: string,
  from: readonly [string, string, string],
  length_A: number,
  angle: number,
  torsion: 'chi' | number,
];

const TO_GAMMA = ['N', 'CA', 'CB'] as const;
const TO_DELTA = ['CA', 'CB', 'CG'] as const;
const SIDE_CHAINS: Readonly<Record<string, readonly SideAtom[]>> = {
  ALA: [],
  SER: [['OG', TO_GAMMA, 1.417, 110.8, 'chi']],
  VAL: [
    ['CG1', TO_GAMMA, 1.527, 110.9, 'chi'],
    ['CG2', TO_GAMMA, 1.527, 110.9, 122.9],
  ],
  LEU: [
    ['CG', TO_GAMMA, 1.53, 116.3, 'chi'],
    ['CD1', TO_DELTA, 1.524, 110.3, 'chi'],
    ['CD2', TO_DELTA, 1.525, 110.6, 122.8],
  ],
  ASN: [
    ['CG', TO_GAMMA, 1.516, 112.6, 'chi'],
    ['OD1', TO_DELTA, 1.231, 120.8, 'chi'],
    ['ND2', TO_DELTA, 1.328, 116.5, 180],
  ],
  MET: [
    ['CG', TO_GAMMA, 1.52, 114, 'chi'],
    ['SD', TO_DELTA, 1.803, 112.7, 'chi'],
    ['CE', ['CB', 'CG', 'SD'], 1.791, 100.9, 'chi'],
  ],
};
const RESIDUES = Object.keys(SIDE_CHAINS);
/** staggered χ; +60° would push a helix's side chain into its own backbone */
const CHI_DEG: Record<ChainKind, readonly number[]> = { helix: [-65, 180], strand: [-65, 180, 62] };

/**
 * A stretch of L-amino acids with drawn side chains.
 * @param length residues, count @param rng draws residues and rotamers
 */
export function idealChain(kind: ChainKind, length: number, rng: Rng): ChainAtom[] {
  const { phi, psi } = TORSIONS_DEG[kind];
  const residues: Map<string, Point>[] = [];
  const names: string[] = [];
  let [n, ca]: Point[] = [
    [0, 0, 0],
    [N_CA, 0, 0],
  ];
  const bend = (AT_CA * Math.PI) / 180;
  let c: Point = [N_CA - CA_C * Math.cos(bend), CA_C * Math.sin(bend), 0];
  for (let i = 0; i < length; i++) {
    const atoms = new Map([
      ['N', n],
      ['CA', ca],
      ['C', c],
      ['O', place(n, ca, c, C_O, 120.5, psi + 180)],
      ['CB', place(c, n, ca, 1.53, 110.4, -122.8)],
    ]);
    const residue = RESIDUES[rng.below(RESIDUES.length)];
    addSideChain(atoms, residue, CHI_DEG[kind], rng);
    residues.push(atoms);
    names.push(residue);
    const nextN = place(n, ca, c, C_N, AT_C, psi);
    const nextCa = place(ca, c, nextN, N_CA, AT_N, 180);
    c = place(c, nextN, nextCa, CA_C, AT_CA, phi);
    [n, ca] = [nextN, nextCa];
  }
  const toAxis = axisFrame(residues);
  return residues.flatMap((atoms, i) =>
    Array.from(atoms, ([name, point]) => {
      const [x, y, z] = toAxis(point);
      return { x, y, z, name, residue: names[i], residue_number: i + 1 };
    }),
  );
}

function addSideChain(atoms: Map<string, Point>, residue: string, rotamers: readonly number[], rng: Rng): void {
  let chi = 0;
  for (const [name, [a, b, c], length_A, angle, torsion] of SIDE_CHAINS[residue]) {
    if (torsion === 'chi') chi = rotamers[rng.below(rotamers.length)];
    const known = (atom: string): Point => atoms.get(atom) ?? [0, 0, 0];
    atoms.set(name, place(known(a), known(b), known(c), length_A, angle, torsion === 'chi' ? chi : chi + torsion));
  }
}

/**
 * The point d with given distance to c, angle b-c-d and torsion a-b-c-d (degrees, IUPAC sign).
 * Parsons et al., J. Comput. Chem. 26:1063, 2005, doi:10.1002/jcc.20237.
 */
function place(a: Point, b: Point, c: Point, length_A: number, angle_deg: number, torsion_deg: number): Point {
  const angle = (angle_deg * Math.PI) / 180;
  const torsion = (torsion_deg * Math.PI) / 180;
  const u = unit(minus(c, b));
  const n = unit(cross(minus(b, a), u));
  const m = cross(n, u);
  const along = -length_A * Math.cos(angle);
  const across = length_A * Math.sin(angle) * Math.cos(torsion);
  const up = length_A * Math.sin(angle) * Math.sin(torsion);
  return [0, 1, 2].map((k) => c[k] + along * u[k] + across * m[k] + up * n[k]) as unknown as Point;
}

/**
 * The frame whose z axis is the helix axis, running from the first to the last residue, whose origin is the middle of
 * the Cα atoms along it, and whose -x axis points to the second Cα. The axis is normal to each Cα's second difference along the chain, which points at it.
 */
function axisFrame(residues: readonly Map<string, Point>[]): (point: Point) => Point {
  const ca = residues.map((atoms): Point => atoms.get('CA') ?? [0, 0, 0]);
  const inward = (i: number): Point => minus(minus(ca[i + 1], ca[i]), minus(ca[i], ca[i - 1]));
  let axis = unit(cross(inward(1), inward(2)));
  if (dot(axis, minus(ca[ca.length - 1], ca[0])) < 0) axis = [-axis[0], -axis[1], -axis[2]];
  // a helix of radius r and turn θ a residue has second differences of length 2r (1 - cos θ), against the radius
  const [first, second] = [inward(1), inward(2)];
  const cosTurn = dot(first, second) / dot(first, first);
  const foot = [0, 1, 2].map((k) => ca[1][k] + first[k] / (2 * (1 - cosTurn)));
  const middle = ca.reduce((sum, point) => sum + dot(axis, point), 0) / ca.length - dot(axis, foot as unknown as Point);
  const x = unit(first);
  const y = cross(axis, x);
  const origin = [0, 1, 2].map((k) => foot[k] + middle * axis[k]) as unknown as Point;
  return (point) => {
    const d = minus(point, origin);
    return [dot(x, d), dot(y, d), dot(axis, d)];
  };
}

function minus(a: Point, b: Point): Point {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(a: Point): Point {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
}
