import type { Rng } from '../../base/rng.ts';

/** A map whose projections are known in closed form: Gaussian blobs of different heights within half the box. */
export interface BlobVolume {
  /** shape [n, n, n], origin at pixel floor(n/2) */
  readonly volume: Float32Array;
  /** projection in the view R (world → view), shape [n, n] */
  readonly projection: (R: Float64Array) => Float32Array;
}

/**
 * @param n side, px
 * @param rng draws the places
 * @param operators the blobs are repeated by these rotations, so that the map has the symmetry
 */
export function blobVolume(n: number, rng: Rng, operators?: readonly Float64Array[]): BlobVolume {
  const half = Math.floor(n / 2);
  const sigma = Math.max(1.2, n / 20);
  const blobs: { x: number; y: number; z: number; height: number }[] = [];
  for (let i = 0; i < 8; i++) {
    const direction = [rng.normal(), rng.normal(), rng.normal()];
    const length = Math.hypot(...direction);
    const radius = n * (0.08 + 0.2 * rng.uniform());
    const at = direction.map((v) => (v * radius) / length);
    const height = 0.5 + rng.uniform();
    for (const Q of operators ?? [Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1])]) {
      blobs.push({ x: dot(Q, 0, at), y: dot(Q, 3, at), z: dot(Q, 6, at), height });
    }
  }
  const volume = new Float32Array(n ** 3);
  for (const b of blobs) {
    const [gx, gy, gz] = [b.x, b.y, b.z].map((c) => gaussian(n, half + c, sigma));
    for (let z = 0, i = 0; z < n; z++) {
      for (let y = 0; y < n; y++) for (let x = 0; x < n; x++, i++) volume[i] += b.height * gz[z] * gy[y] * gx[x];
    }
  }
  const projection = (R: Float64Array): Float32Array => {
    const image = new Float32Array(n * n);
    for (const b of blobs) {
      const at = [b.x, b.y, b.z];
      const gx = gaussian(n, half + dot(R, 0, at), sigma);
      const gy = gaussian(n, half + dot(R, 3, at), sigma);
      const height = b.height * sigma * Math.sqrt(2 * Math.PI);
      for (let y = 0, i = 0; y < n; y++) for (let x = 0; x < n; x++, i++) image[i] += height * gy[y] * gx[x];
    }
    return image;
  };
  return { volume, projection };
}

function dot(R: Float64Array, row: number, v: readonly number[]): number {
  return R[row] * v[0] + R[row + 1] * v[1] + R[row + 2] * v[2];
}

function gaussian(n: number, centre: number, sigma: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => Math.exp(-((i - centre) ** 2) / (2 * sigma * sigma)));
}

/** Pearson correlation of two arrays of equal length. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [sa, sb] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    sa += a[i];
    sb += b[i];
  }
  const [ma, mb] = [sa / a.length, sb / a.length];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
