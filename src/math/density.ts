import { CsError } from '../base/errors.ts';
import { fourierCrop3 } from './resample.ts';
import { SCATTERING_FACTORS, type ScatteringFactor } from './scattering.ts';
import { filterRadially } from './volume.ts';

/** What the density needs to know of an atom: position in Å, the origin being the map's centre. */
export interface Scatterer {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** chemical symbol in capitals */
  readonly element: string;
  readonly b_A2: number;
  /** fraction, 1 when absent */
  readonly occupancy?: number;
}

/** A Gaussian is followed until it has fallen to this fraction of its peak. */
const CUTOFF = 1e-6;
/**
 * Largest fraction of a component's amplitude that sampling may fold onto the Nyquist frequency: 1e-4 leaves the map
 * exact to single precision's use in all but its highest shell.
 */
const ALIASING = 1e-4;
/** the grid that Gaussians are sampled on is finer than the map by this factor at least */
const OVERSAMPLING = 1.5;

/**
 * Map of a model's electron scattering: Σ over atoms of the transform of f(k) exp(-B k²/4), with Peng's five Gaussians
 * for f, band-limited at the Nyquist frequency on each axis.
 *
 * Sampling the Gaussians themselves would fold what lies beyond Nyquist back into the map. They are therefore widened
 * by ΔB, sampled on a finer grid, cropped in Fourier space and divided by exp(-ΔB k²/4): sub-voxel positions are exact.
 *
 * @param atoms positions in Å around the origin, which comes to voxel floor(n/2); an axis covers -n/2 … n/2 voxels
 * @param n side, px @param psize_A voxel size, Å
 * @returns shape [n, n, n], in Å per Å³ (times 47.88 V Å² for volts); its sum times psize_A³ is Σ f(0)
 * @throws CsError `input` `CS_ELEMENT` for an element without scattering factor, `CS_MODEL_SIZE` when atoms lie outside
 */
export function densityMap(atoms: readonly Scatterer[], n: number, psize_A: number): Float32Array {
  checkInside(atoms, n, psize_A);
  const fine = evenSize(Math.ceil(n * OVERSAMPLING));
  const h_A = (n * psize_A) / fine;
  const bLeast_A2 = atoms.reduce((least, atom) => Math.min(least, atom.b_A2), Number.POSITIVE_INFINITY);
  // folding brings the amplitude at 1/h - kN onto the one at kN = 1/(2 psize)
  const reach = 1 / h_A ** 2 - 1 / (h_A * psize_A);
  const widen_A2 = Math.max(0, (-4 * Math.log(ALIASING)) / reach - bLeast_A2);
  const sampled = new Float32Array(fine ** 3);
  const line = new AtomLines(fine);
  for (const atom of atoms) line.add(sampled, atom, h_A, widen_A2);
  const shape = [n, n, n] as const;
  const cropped = fourierCrop3(sampled, [fine, fine, fine], shape);
  return widen_A2 === 0
    ? cropped
    : filterRadially(cropped, shape, (k_ipx) => Math.exp((widen_A2 * (k_ipx / psize_A) ** 2) / 4));
}

function checkInside(atoms: readonly Scatterer[], n: number, psize_A: number): void {
  const half_A = (n * psize_A) / 2;
  const farthest_A = atoms.reduce((far, a) => Math.max(far, Math.abs(a.x), Math.abs(a.y), Math.abs(a.z)), 0);
  if (farthest_A <= half_A) return;
  const message = `The model reaches ${farthest_A.toFixed(1)} Å from its centre along an axis; a box of ${n} px of ${psize_A} Å holds ${half_A.toFixed(1)} Å. Wanted a larger box or pixel size.`;
  throw new CsError('input', 'CS_MODEL_SIZE', message, { farthest_A, half_A });
}

/** The next even number with no prime factor above 7. */
function evenSize(least: number): number {
  for (let size = least + (least % 2); ; size += 2) {
    let rest = size;
    for (const factor of [2, 3, 5, 7]) while (rest % factor === 0) rest /= factor;
    if (rest === 1) return size;
  }
}

/** Adds atoms to a grid: products of three one-dimensional Gaussians per term. */
class AtomLines {
  private readonly n: number;
  private readonly gx = new Float64Array(512);
  private readonly gy = new Float64Array(512);
  private readonly gz = new Float64Array(512);

  /** @param n side of the grid, px */
  constructor(n: number) {
    this.n = n;
  }

  add(grid: Float32Array, atom: Scatterer, h_A: number, widen_A2: number): void {
    const factor: ScatteringFactor | undefined = SCATTERING_FACTORS[atom.element];
    if (!factor) {
      const known = Object.keys(SCATTERING_FACTORS).join(', ');
      const message = `The model has an atom of element "${atom.element}", scattering factors are known for ${known}.`;
      throw new CsError('input', 'CS_ELEMENT', message, { element: atom.element });
    }
    const { n, gx, gy, gz } = this;
    const centre = Math.floor(n / 2);
    for (let term = 0; term < factor.a_A.length; term++) {
      const width_A2 = factor.b_A2[term] + atom.b_A2 + widen_A2;
      // transform of a exp(-b k²/4) is a (4π/b)^(3/2) exp(-4π² r²/b)
      const c = (4 * Math.PI * Math.PI * h_A * h_A) / width_A2;
      const peak = (atom.occupancy ?? 1) * factor.a_A[term] * ((4 * Math.PI) / width_A2) ** 1.5;
      const radius_px = Math.min(255, Math.sqrt(-Math.log(CUTOFF) / c));
      const x = gaussian(atom.x / h_A + centre, radius_px, c, 1, n, gx);
      const y = gaussian(atom.y / h_A + centre, radius_px, c, 1, n, gy);
      const z = gaussian(atom.z / h_A + centre, radius_px, c, peak, n, gz);
      for (let k = 0; k < z.count; k++) {
        for (let j = 0; j < y.count; j++) {
          const weight = gz[k] * gy[j];
          let at = ((z.first + k) * n + y.first + j) * n + x.first;
          for (let i = 0; i < x.count; i++) grid[at++] += weight * gx[i];
        }
      }
    }
  }
}

/** Values peak · exp(-c (i - at)²) at the whole numbers i of 0 … n-1 within the radius. */
function gaussian(
  at: number,
  radius_px: number,
  c: number,
  peak: number,
  n: number,
  out: Float64Array,
): { first: number; count: number } {
  const first = Math.max(0, Math.ceil(at - radius_px));
  const last = Math.min(n - 1, Math.floor(at + radius_px));
  for (let i = first; i <= last; i++) out[i - first] = peak * Math.exp(-c * (i - at) ** 2);
  return { first, count: Math.max(0, last - first + 1) };
}
