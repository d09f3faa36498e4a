import { CsError } from '../base/errors.ts';
import { RealFft2, RealFft3 } from './fft.ts';

export type Shape2 = readonly [y: number, x: number];
export type Shape3 = readonly [z: number, y: number, x: number];

/**
 * Move the real-space origin from pixel floor(n/2) of each axis to index 0, as transforms with centred phases want it.
 * @param data shape as `shape` @param shape any number of axes, x last, px @returns a new array
 */
export function originToCorner(data: Float32Array, shape: readonly number[]): Float32Array {
  return roll(data, shape, (n) => Math.ceil(n / 2));
}

/** Inverse of `originToCorner`. @param data shape as `shape` @param shape any number of axes, px @returns a new array */
export function originToCentre(data: Float32Array, shape: readonly number[]): Float32Array {
  return roll(data, shape, (n) => Math.floor(n / 2));
}

/** Cyclic shift to higher indices on every axis. */
function roll(data: Float32Array, shape: readonly number[], shiftOf: (n: number) => number): Float32Array {
  const out = new Float32Array(data.length);
  const nx = shape[shape.length - 1];
  const shift = shiftOf(nx) % nx;
  const rows = data.length / nx;
  for (let row = 0; row < rows; row++) {
    let rest = row;
    let target = 0;
    let stride = 1;
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      const n = shape[axis];
      target += (((rest % n) + shiftOf(n)) % n) * stride;
      rest = Math.floor(rest / n);
      stride *= n;
    }
    const from = row * nx;
    out.set(data.subarray(from, from + nx - shift), target * nx + shift);
    out.set(data.subarray(from + nx - shift, from + nx), target * nx);
  }
  return out;
}

/**
 * Downsample an image by cropping its transform; the origin stays at pixel floor(n/2), values keep their scale.
 * Where a side changes, the Nyquist frequency of the smaller even side is left out: its sign is ambiguous.
 *
 * @param image shape [y, x] = `from` @param from shape, px @param to shape, px, no side larger than before
 * @returns a new array, shape `to`
 */
export function fourierCrop2(image: Float32Array, from: Shape2, to: Shape2): Float32Array {
  checkSides(to, from, 'crop');
  return resize2(image, from, to);
}

/** As `fourierCrop2`, of a volume. @param from shape [z, y, x], px @param to shape [z, y, x], px @returns a new array */
export function fourierCrop3(volume: Float32Array, from: Shape3, to: Shape3): Float32Array {
  checkSides(to, from, 'crop');
  return resize3(volume, from, to);
}

/**
 * Upsample a volume by padding its transform with zeros; origin and scale of values as in `fourierCrop3`.
 * @param volume shape `from` @param from shape [z, y, x], px @param to shape, px, no side smaller than before
 * @returns a new array, shape `to`
 */
export function fourierPad(volume: Float32Array, from: Shape3, to: Shape3): Float32Array {
  checkSides(from, to, 'pad');
  return resize3(volume, from, to);
}

function resize2(image: Float32Array, from: Shape2, to: Shape2): Float32Array {
  const small = new RealFft2(...to);
  const spectrum = new RealFft2(...from).forward(originToCorner(image, from));
  const target = new Float32Array(2 * to[0] * small.nxc);
  copyBand(spectrum, [1, ...from], target, [1, ...to]);
  return originToCentre(small.inverse(target), to);
}

function resize3(volume: Float32Array, from: Shape3, to: Shape3): Float32Array {
  const small = new RealFft3(...to);
  const spectrum = new RealFft3(...from).forward(originToCorner(volume, from));
  const target = new Float32Array(2 * to[0] * to[1] * small.nxc);
  copyBand(spectrum, from, target, to);
  return originToCentre(small.inverse(target, undefined, target), to);
}

/** Copy the frequencies that both half-complex spectra hold, scaled by the ratio of sizes. */
function copyBand(source: Float32Array, from: Shape3, target: Float32Array, to: Shape3): void {
  const scale = (to[0] * to[1] * to[2]) / (from[0] * from[1] * from[2]);
  const [rz, ry, rx] = from.map((n, axis) => bandLimit(n, to[axis]));
  const fromWidth = Math.floor(from[2] / 2) + 1;
  const toWidth = Math.floor(to[2] / 2) + 1;
  const wrap = (k: number, n: number): number => ((k % n) + n) % n;
  const first = (limit: number, n: number): number => (2 * limit === n ? 1 - limit : -limit);
  for (let kz = first(rz, from[0]); kz <= rz; kz++) {
    for (let ky = first(ry, from[1]); ky <= ry; ky++) {
      let f = 2 * (wrap(kz, from[0]) * from[1] + wrap(ky, from[1])) * fromWidth;
      let t = 2 * (wrap(kz, to[0]) * to[1] + wrap(ky, to[1])) * toWidth;
      for (let i = 0; i <= 2 * rx + 1; i++) target[t++] = scale * source[f++];
    }
  }
}

/** Largest frequency on an axis that is copied. */
function bandLimit(from: number, to: number): number {
  return from === to ? Math.floor(from / 2) : Math.ceil(Math.min(from, to) / 2) - 1;
}

/**
 * Cut out or pad around the origin, pixel floor(n/2) staying the origin.
 *
 * @param volume shape `from` @param from shape [z, y, x], px @param to shape [z, y, x], px
 * @param fill value of voxels outside
 * @returns a new array, shape `to`
 */
export function cropPad(volume: Float32Array, from: Shape3, to: Shape3, fill = 0): Float32Array {
  const out = new Float32Array(to[0] * to[1] * to[2]).fill(fill);
  const offset = from.map((n, axis) => Math.floor(n / 2) - Math.floor(to[axis] / 2));
  const x0 = Math.max(0, -offset[2]);
  const x1 = Math.min(to[2], from[2] - offset[2]);
  for (let z = 0; z < to[0]; z++) {
    const fz = z + offset[0];
    if (fz < 0 || fz >= from[0]) continue;
    for (let y = 0; y < to[1]; y++) {
      const fy = y + offset[1];
      if (fy < 0 || fy >= from[1]) continue;
      const row = (fz * from[1] + fy) * from[2] + offset[2];
      out.set(volume.subarray(row + x0, row + x1), (z * to[1] + y) * to[2] + x0);
    }
  }
  return out;
}

function checkSides(small: readonly number[], large: readonly number[], what: string): void {
  if (small.length === large.length && small.every((n, i) => Number.isInteger(n) && n >= 1 && n <= large[i])) return;
  const message = `Cannot Fourier-${what} between shapes ${small.join(' × ')} and ${large.join(' × ')}.`;
  throw new CsError('bug', 'CS_RESAMPLE_SHAPE', message, { small, large });
}
