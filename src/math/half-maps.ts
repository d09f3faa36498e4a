import { Rng } from '../base/rng.ts';
import { correctedFsc, fsc, randomisePhases, resolutionAt, shellPower } from './fsc.ts';
import { sphereMask, thresholdMask } from './masks.ts';
import { filterRadially, lowpass } from './volume.ts';

/** How the automatic mask is made from the sum of the half maps. */
export interface AutoMask {
  /** fraction of the low-pass filtered map's largest value */
  readonly threshold: number;
  /** distance from the map's surface to which the mask is 1, Å */
  readonly near_A: number;
  /** distance at which it has come down to 0, Å */
  readonly far_A: number;
  /** low-pass filter before the threshold, Å */
  readonly lowpass_A: number;
}

export interface HalfMapAssessment {
  /** FSC by shell, 0 to floor(n/2) */
  readonly curves: {
    readonly no_mask: Float64Array;
    readonly spherical: Float64Array;
    readonly mask: Float64Array;
    readonly corrected: Float64Array;
  };
  /** where each curve falls below 0.143, Å */
  readonly resolution_A: Readonly<Record<'no_mask' | 'spherical' | 'mask' | 'corrected', number>>;
  /** shape [n, n, n], the one given or the one made */
  readonly mask: Float32Array;
  /** first shell with random phases in the correction */
  readonly randomised_from: number;
  /** mean |F|² of the average map by shell, as Guinier plots show it */
  readonly power: Float64Array;
}

export const FSC_THRESHOLD = 0.143;
/** Phases are randomised from where the FSC without a mask falls below this. */
const RANDOMISE_BELOW = 0.8;

/**
 * Compare two half maps: FSC without a mask, in a soft sphere, in a soft mask, and the latter corrected for the mask's
 * own correlation by phase randomisation.
 *
 * @param a half map, shape [n, n, n] @param b the other, shape [n, n, n]
 * @param n side, px @param psize_A voxel size, Å
 * @param mask shape [n, n, n], 0 to 1, or how to make one
 * @param seed of the random phases
 */
export function assessHalfMaps(
  a: Float32Array,
  b: Float32Array,
  n: number,
  psize_A: number,
  mask: Float32Array | AutoMask,
  seed: number,
): HalfMapAssessment {
  const average = a.map((v, i) => 0.5 * (v + b[i]));
  const soft = mask instanceof Float32Array ? mask : autoMask(average, n, psize_A, mask);
  const no_mask = fsc(a, b, n);
  const sphere = sphereMask(n, 0.8 * (n / 2), 0.15 * (n / 2));
  const spherical = fsc(multiply(a, sphere), multiply(b, sphere), n);
  const masked = fsc(multiply(a, soft), multiply(b, soft), n);
  const below = no_mask.findIndex((v, s) => s > 0 && v < RANDOMISE_BELOW);
  const randomised_from = below < 0 ? no_mask.length - 1 : Math.max(2, below);
  const [ra, rb] = [a, b].map((map, i) => multiply(randomisePhases(map, n, randomised_from, new Rng(seed, i)), soft));
  const corrected = correctedFsc(masked, fsc(ra, rb, n), randomised_from);
  const at = (curve: Float64Array): number => resolutionAt(curve, FSC_THRESHOLD, n, psize_A);
  return {
    curves: { no_mask, spherical, mask: masked, corrected },
    resolution_A: { no_mask: at(no_mask), spherical: at(spherical), mask: at(masked), corrected: at(corrected) },
    mask: soft,
    randomised_from,
    power: shellPower(multiply(average, soft), n),
  };
}

/**
 * Soft mask around what stands out of a low-pass filtered map.
 * @param map shape [n, n, n] @param n side, px @param psize_A voxel size, Å
 */
export function autoMask(map: Float32Array, n: number, psize_A: number, options: AutoMask): Float32Array {
  const shape = [n, n, n] as const;
  const cutoff_A = Math.max(options.lowpass_A, 2.2 * psize_A);
  const smooth = lowpass(map, shape, psize_A, { cutoff_A, kind: 'cosine', edge: 0.3 });
  let max = 0;
  for (const v of smooth) if (v > max) max = v;
  return thresholdMask(smooth, shape, {
    threshold: options.threshold * max,
    dilate_px: options.near_A / psize_A,
    // an edge of less than three voxels is sharp, and correlates by itself
    soft_px: Math.max(3, (options.far_A - options.near_A) / psize_A),
  });
}

/** Number of shells from the origin on with a positive FSC: the band in which two half-maps have something in common. */
function positiveShells(curve: Float64Array): number {
  const first = curve.findIndex((v, s) => s > 0 && v <= 0);
  return first < 0 ? curve.length : first;
}

/** Whether the half-maps have at least the first shells in common; if not, the map is not filtered by their FSC. */
export function halvesAgree(curve: Float64Array): boolean {
  return positiveShells(curve) > 3;
}

/**
 * The average map weighted by √(2 FSC/(1 + FSC)), its expected correlation with the true one; 0 from the first shell on
 * where the FSC is not positive. Rosenthal & Henderson, J. Mol. Biol. 333:721, 2003, doi:10.1016/j.jmb.2003.07.013.
 *
 * @param map shape [n, n, n] @param n side, px @param curve FSC by shell, linear between shells
 */
export function filterByFsc(map: Float32Array, n: number, curve: Float64Array): Float32Array {
  const end = positiveShells(curve);
  const weight = curve.map((v, s) => (s < end ? Math.sqrt((2 * Math.max(0, v)) / (1 + Math.max(0, v))) : 0));
  return filterRadially(map, [n, n, n], (k_ipx) => {
    const shell = k_ipx * n;
    const low = Math.floor(shell);
    if (low + 1 >= weight.length) return low < weight.length ? weight[low] : 0;
    return weight[low] + (shell - low) * (weight[low + 1] - weight[low]);
  });
}

/** Line through a Guinier plot, ln amplitude against 1/d². */
export interface GuinierFit {
  /** slope times 4, Å²: negative for maps that fall off, as B-factors are given for sharpening */
  readonly bfactor_A2: number;
  readonly intercept: number;
}

/**
 * B-factor of a map between two resolutions: ln |F| = intercept + (B/4)/d².
 *
 * @param power mean |F|² by shell @param n side, px @param psize_A voxel size, Å
 * @param low_A coarse end of the range, Å @param high_A fine end, Å
 * @returns null when the range holds fewer than 4 shells
 */
export function fitGuinier(
  power: Float64Array,
  n: number,
  psize_A: number,
  low_A: number,
  high_A: number,
): GuinierFit | null {
  const box_A = n * psize_A;
  let [count, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let s = Math.ceil(box_A / low_A); s < power.length && s <= box_A / high_A; s++) {
    if (!(power[s] > 0)) continue;
    const x = (s / box_A) ** 2;
    const y = 0.5 * Math.log(power[s]);
    count++;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  if (count < 4) return null;
  const slope = (count * sxy - sx * sy) / (count * sxx - sx * sx);
  return { bfactor_A2: 4 * slope, intercept: (sy - slope * sx) / count };
}

function multiply(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((v, i) => v * b[i]);
}
