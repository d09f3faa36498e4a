import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import type { Atom } from './atom.ts';
import { idealChain, type ChainKind } from './ideal-chain.ts';
import { symmetryOperators } from './symmetry.ts';

/** A layer of parallel elements of one subunit, on a cylinder around the barrel's axis. */
interface Layer {
  readonly kind: ChainKind;
  /** of the cylinder, Å, in a barrel with seven subunits a ring */
  readonly radius_A: number;
  /** elements a subunit, count */
  readonly count: number;
  /** of the elements against the barrel's axis, counter-clockwise seen from outside */
  readonly tilt_deg: number;
  /** longest length, residues */
  readonly residues: number;
}

/** A ring of subunits. */
interface Ring {
  /** of its middle, along the barrel's axis */
  readonly height_A: number;
  readonly layers: readonly Layer[];
}

/**
 * Each subunit is helices, two sheets, helices from the inside out, 10 Å apart, as in proteasomes. Counts and tilts
 * make the strands of a sheet 4.8 to 5.2 Å and helices about 10 Å apart at right angles to their axes.
 */
const INNER_RING: Ring = {
  height_A: 17,
  layers: [
    { kind: 'helix', radius_A: 24, count: 2, tilt_deg: 15, residues: 21 },
    { kind: 'strand', radius_A: 34, count: 6, tilt_deg: 20, residues: 10 },
    { kind: 'strand', radius_A: 44, count: 7, tilt_deg: -30, residues: 10 },
    { kind: 'helix', radius_A: 54, count: 4, tilt_deg: 35, residues: 25 },
  ],
};
const OUTER_RING: Ring = {
  height_A: 51,
  layers: [
    { kind: 'helix', radius_A: 21, count: 1, tilt_deg: -20, residues: 20 },
    { kind: 'strand', radius_A: 30.5, count: 5, tilt_deg: 15, residues: 10 },
    { kind: 'strand', radius_A: 40.5, count: 6, tilt_deg: -25, residues: 10 },
    { kind: 'helix', radius_A: 50.5, count: 3, tilt_deg: 40, residues: 26 },
  ],
};
/** by how much the middle of a subunit's outermost layer stands out: the barrel has n lobes */
const BULGE_A = 3;
/** the rings' radii are those of a barrel with this many subunits a ring */
const SUBUNITS = 7;

/** An atom of the asymmetric unit and the number of its chain there. */
type UnitAtom = Omit<Atom, 'chain'> & { readonly chain: number };

export interface BarrelOptions {
  /** Cn or Dn with n from 4 to 12; default D7 */
  readonly symmetry?: string;
  /** varies side chains, lengths and places of elements; default 1 */
  readonly seed?: number;
}

/**
 * A proteasome-like barrel made of ideal helices and strands: four rings of n subunits, about 140 Å tall and, for
 * n = 7, 130 Å wide, around a pore along z. It is chiral, its subunits have no symmetry of their own, and the copies
 * are exact: in Dn the two lower rings are the upper ones turned about x; in Cn all four rings differ.
 *
 * @returns atoms around the origin, chains one behind the other
 * @throws CsError `input` `CS_SYMMETRY` for another symmetry
 */
export function barrelModel(options: BarrelOptions = {}): Atom[] {
  const symmetry = (options.symmetry ?? 'D7').trim().toUpperCase();
  const [, family, digits] = /^([CD])(\d+)$/.exec(symmetry) ?? [];
  const n = Number(digits);
  if (!family || n < 4 || n > 12) {
    const message = `The generated barrel cannot have symmetry "${options.symmetry}": wanted C4 to C12 or D4 to D12.`;
    throw new CsError('input', 'CS_SYMMETRY', message, { symmetry: options.symmetry });
  }
  const upper = [INNER_RING, OUTER_RING];
  const lower = upper.map((ring) => ({ ...ring, height_A: -ring.height_A }));
  const rings = family === 'D' ? upper : [...upper, ...lower];
  const unit = rings.flatMap((ring, chain) => subunit(chain, ring, n, new Rng(options.seed ?? 1, chain + 1)));
  return symmetryOperators(symmetry).flatMap((R, copy) =>
    unit.map((atom) => ({
      ...atom,
      x: R[0] * atom.x + R[1] * atom.y + R[2] * atom.z,
      y: R[3] * atom.x + R[4] * atom.y + R[5] * atom.z,
      z: R[6] * atom.x + R[7] * atom.y + R[8] * atom.z,
      chain: chainName(copy * rings.length + atom.chain),
    })),
  );
}

/** A … Z, a … z. */
function chainName(index: number): string {
  return String.fromCharCode(index < 26 ? 65 + index : 71 + index);
}

function subunit(chain: number, ring: Ring, n: number, rng: Rng): UnitAtom[] {
  const atoms: UnitAtom[] = [];
  const between = (low: number, high: number): number => low + (high - low) * rng.uniform();
  let residue = 0;
  ring.layers.forEach(({ kind, radius_A, count, tilt_deg, residues }, layer) => {
    for (let i = 0; i < count; i++) {
      const isHelix = kind === 'helix';
      const fraction = (i + between(0.45, 0.55)) / count;
      const outermost = layer === ring.layers.length - 1;
      const bulge_A = outermost ? BULGE_A * Math.sin(Math.PI * fraction) : 0;
      const length = isHelix ? residues - rng.below(5) : residues - rng.below(2);
      const place: Place = {
        radius_A: (radius_A * n) / SUBUNITS + bulge_A,
        azimuth_rad: ((2 * Math.PI) / n) * (fraction - 0.5),
        height_A: ring.height_A + between(-1, 1),
        tilt_rad: ((tilt_deg + between(-1.5, 1.5)) * Math.PI) / 180,
        // a strand's side chains point in and out, its hydrogen bonds along the sheet
        spin_rad: isHelix ? between(0, 2 * Math.PI) : between(-0.15, 0.15),
        // neighbours run against each other
        up: i % 2 === 0,
      };
      atoms.push(...element(kind, length, place, chain, residue, rng));
      // the numbers left out stand for the loops, which are not modelled
      residue += length + 5;
    }
  });
  return atoms;
}

interface Place {
  readonly radius_A: number;
  readonly azimuth_rad: number;
  readonly height_A: number;
  readonly tilt_rad: number;
  readonly spin_rad: number;
  readonly up: boolean;
}

/** One helix or strand with its axis at its place. */
function element(
  kind: ChainKind,
  length: number,
  place: Place,
  chain: number,
  firstResidue: number,
  rng: Rng,
): UnitAtom[] {
  const [ca, sa] = [Math.cos(place.azimuth_rad), Math.sin(place.azimuth_rad)];
  const [ct, st] = [Math.cos(place.tilt_rad), Math.sin(place.tilt_rad)];
  const [cs, ss] = [Math.cos(place.spin_rad), Math.sin(place.spin_rad)];
  const sign = place.up ? 1 : -1;
  // axis: tilted from z against the tangent, seen from outside to the left; the two others complete a right-handed frame
  const axis = [sign * st * sa, -sign * st * ca, sign * ct];
  const radial = [ca, sa, 0];
  const third = [
    axis[1] * radial[2] - axis[2] * radial[1],
    axis[2] * radial[0] - axis[0] * radial[2],
    axis[0] * radial[1] - axis[1] * radial[0],
  ];
  const middle = [place.radius_A * ca, place.radius_A * sa, place.height_A];
  return idealChain(kind, length, rng).map((atom) => {
    const u = cs * atom.x - ss * atom.y;
    const v = ss * atom.x + cs * atom.y;
    const at = (k: number): number => middle[k] + u * radial[k] + v * third[k] + atom.z * axis[k];
    const inBackbone = ['N', 'CA', 'C', 'O'].includes(atom.name);
    return {
      x: at(0),
      y: at(1),
      z: at(2),
      element: atom.name[0],
      b_A2: inBackbone ? 20 : 30,
      occupancy: 1,
      name: atom.name,
      residue: atom.residue,
      residue_number: firstResidue + atom.residue_number,
      chain,
    };
  });
}
