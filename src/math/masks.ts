import { CsError } from '../base/errors.ts';

/**
 * Soft sphere around pixel floor(n/2): 1 inside, a cosine down to 0 over the edge.
 *
 * @param n side, px
 * @param radius_px where the edge begins
 * @param edge_px width of the edge; 0 gives a hard sphere
 * @returns shape [n, n, n]
 */
export function sphereMask(n: number, radius_px: number, edge_px: number): Float32Array {
  const mask = new Float32Array(n ** 3);
  const half = Math.floor(n / 2);
  for (let z = 0, i = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      const zy = (z - half) ** 2 + (y - half) ** 2;
      for (let x = 0; x < n; x++, i++) mask[i] = cosineEdge(Math.sqrt(zy + (x - half) ** 2) - radius_px, edge_px);
    }
  }
  return mask;
}

/**
 * Soft mask around the voxels above a threshold: 1 up to `dilate_px` from the nearest of them, then a cosine down to 0
 * over `soft_px`. Distances are exact (Euclidean, between voxel centres).
 *
 * @param volume shape as `shape`
 * @param shape [z, y, x], px
 * @param options `threshold` in the volume's units; `dilate_px`, `soft_px` ≥ 0
 * @returns values 0 to 1, shape as `shape`
 * @throws CsError `input` `CS_MASK_EMPTY` when no voxel reaches the threshold
 */
export function thresholdMask(
  volume: Float32Array,
  shape: readonly [number, number, number],
  options: { threshold: number; dilate_px: number; soft_px: number },
): Float32Array {
  const { threshold, dilate_px, soft_px } = options;
  const distance2 = new Float32Array(volume.length);
  let inside = 0;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < volume.length; i++) {
    const value = volume[i];
    if (value > max) max = value;
    const above = value >= threshold;
    if (above) inside++;
    distance2[i] = above ? 0 : FAR;
  }
  if (inside === 0) {
    const message = `No voxel reaches the mask threshold ${threshold}; the map's largest value is ${max}.`;
    throw new CsError('input', 'CS_MASK_EMPTY', message, { threshold, max });
  }
  squaredDistances(distance2, shape);
  for (let i = 0; i < distance2.length; i++) distance2[i] = cosineEdge(Math.sqrt(distance2[i]) - dilate_px, soft_px);
  return distance2;
}

/** 1 for d ≤ 0, 0 for d ≥ edge, half a cosine between. Both in px. */
function cosineEdge(d: number, edge: number): number {
  if (d <= 0) return 1;
  return d >= edge ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * d) / edge);
}

/** Larger than any squared distance in a volume, and small enough that f32 sums with it stay finite. */
const FAR = 1e20;

/**
 * Squared Euclidean distance to the nearest 0, in place: lower envelopes of parabolas, axis after axis.
 * Felzenszwalb & Huttenlocher, Theory of Computing 8:415, 2012, doi:10.4086/toc.2012.v008a019.
 */
function squaredDistances(f: Float32Array, shape: readonly number[]): void {
  const longest = Math.max(...shape);
  const line = new Float64Array(longest);
  const apex = new Int32Array(longest);
  const from = new Float64Array(longest + 1);
  let stride = f.length;
  for (const n of shape) {
    const block = stride;
    stride /= n;
    for (let start = 0; start < f.length; start += block) {
      for (let l = start; l < start + stride; l++) {
        for (let i = 0; i < n; i++) line[i] = f[l + i * stride];
        lowerEnvelope(line, n, apex, from);
        for (let i = 0, k = 0; i < n; i++) {
          while (from[k + 1] < i) k++;
          f[l + i * stride] = Math.min(FAR, (i - apex[k]) ** 2 + line[apex[k]]);
        }
      }
    }
  }
}

/** Parabolas (i - apex[k])² + line[apex[k]], the k-th being lowest from `from[k]` to `from[k + 1]`. */
function lowerEnvelope(line: Float64Array, n: number, apex: Int32Array, from: Float64Array): void {
  let k = 0;
  apex[0] = 0;
  from[0] = Number.NEGATIVE_INFINITY;
  from[1] = Number.POSITIVE_INFINITY;
  for (let i = 1; i < n; i++) {
    let meet: number;
    do {
      const a = apex[k];
      meet = (line[i] + i * i - line[a] - a * a) / (2 * (i - a));
      if (meet <= from[k]) k--;
      else break;
    } while (k >= 0);
    k++;
    apex[k] = i;
    from[k] = meet;
    from[k + 1] = Number.POSITIVE_INFINITY;
  }
}
