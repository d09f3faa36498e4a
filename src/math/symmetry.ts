import { CsError } from '../base/errors.ts';
import { angleBetween_rad, axisRotation, identity, multiply } from './rotation.ts';

type Axis = readonly [order: number, x: number, y: number, z: number];

const PHI = (1 + Math.sqrt(5)) / 2;

/**
 * Generating axes of the polyhedral groups. An icosahedron's vertices are its five-fold axes, its faces' centres the
 * three-fold ones: I2 has a vertex at (1, 0, φ), I1 the same icosahedron turned by 90° about z.
 */
const POLYHEDRAL: Record<string, readonly Axis[]> = {
  T: [
    [3, 0, 0, 1],
    [2, 0, Math.SQRT2, 1],
  ],
  O: [
    [4, 0, 0, 1],
    [3, 1, 1, 1],
  ],
  I1: [
    [5, PHI, 0, -1],
    [2, 0, 0, 1],
    [3, PHI * PHI, 1, 0],
  ],
  I2: [
    [5, 1, 0, PHI],
    [2, 0, 0, 1],
    [3, 0, 1, PHI * PHI],
  ],
};

/**
 * Rotations of a point group.
 *
 * Axes as RELION has them: Cn: n-fold on z. Dn: n-fold on z, two-fold on x. T: three-fold on z, two-fold at
 * (0, √2, 1). O: four-fold on x, y and z. I, which is I2: two-fold on x, y and z, five-fold at (1, 0, φ)
 * ("Crowther 222"); I1: two-fold on x, y and z, five-fold at (φ, 0, -1).
 *
 * A map V with the symmetry has V(S x) = V(x) for each operator S; with a rotation R from world to view, R and R · S
 * give the same view.
 *
 * @param name for example C1, c7, D2, T, O, I, I1; case and blanks around it do not matter
 * @returns row-major matrices, 9 numbers each, the unit matrix first
 * @throws CsError `input` `CS_SYMMETRY` for a name that is no point group
 */
export function symmetryOperators(name: string): Float64Array[] {
  return generate(generators(name));
}

function generators(name: string): Float64Array[] {
  const group = name.trim().toUpperCase();
  const axes = POLYHEDRAL[group === 'I' ? 'I2' : group];
  if (axes) return axes.map(([order, ...axis]) => axisRotation(axis, (2 * Math.PI) / order));
  const [, family, digits] = /^([CD])([1-9]\d{0,2})$/.exec(group) ?? [];
  if (!family) {
    const message = `Symmetry "${name}" is not known: wanted C1, C2, … D1, D2, … (n up to 999), T, O, I, I1 or I2.`;
    throw new CsError('input', 'CS_SYMMETRY', message, { symmetry: name });
  }
  const main = axisRotation([0, 0, 1], (2 * Math.PI) / Number(digits));
  return family === 'C' ? [main] : [main, axisRotation([1, 0, 0], Math.PI)];
}

/** All products: those of each new element with each generator, until none is new. */
function generate(generators: readonly Float64Array[]): Float64Array[] {
  const group = [identity()];
  for (let i = 0; i < group.length; i++) {
    for (const g of generators) {
      const product = multiply(group[i], g);
      if (!group.some((known) => isSame(known, product))) group.push(product);
    }
  }
  return group;
}

/** Elements of a group of n rotations about one axis differ by 2π/n at least: 0.006 rad for the largest one. */
function isSame(A: Float64Array, B: Float64Array): boolean {
  return A.every((a, i) => Math.abs(a - B[i]) < 0.02) && angleBetween_rad(A, B) < 1e-6;
}
