import { RealFft3 } from './fft.ts';
import type { Shape3 } from './resample.ts';

export { sphereMask, thresholdMask } from './masks.ts';
export { cropPad, fourierCrop2, fourierCrop3, fourierPad, originToCentre, originToCorner } from './resample.ts';

/**
 * Multiply a volume's transform by a real gain that depends on the length of the frequency only.
 *
 * @param volume shape [z, y, x] = `shape` @param shape px
 * @param gain of a frequency in cycles/px, 0 to √3/2
 * @returns a new array
 */
export function filterRadially(volume: Float32Array, shape: Shape3, gain: (k_ipx: number) => number): Float32Array {
  const [nz, ny, nx] = shape;
  const fft = new RealFft3(nz, ny, nx);
  const spectrum = fft.forward(volume);
  for (let z = 0, at = 0; z < nz; z++) {
    const kz = (z <= nz / 2 ? z : z - nz) / nz;
    for (let y = 0; y < ny; y++) {
      const ky = (y <= ny / 2 ? y : y - ny) / ny;
      for (let x = 0; x < fft.nxc; x++, at += 2) {
        const g = gain(Math.sqrt(kz * kz + ky * ky + (x / nx) ** 2));
        spectrum[at] *= g;
        spectrum[at + 1] *= g;
      }
    }
  }
  return fft.inverse(spectrum, undefined, spectrum);
}

export interface LowpassOptions {
  /** half-power point (Butterworth) or middle of the edge (cosine), Å */
  readonly cutoff_A: number;
  readonly kind?: 'butterworth' | 'cosine';
  /** of the Butterworth filter: its gain is 1/√(1 + (k/k0)^(2·order)); default 8 */
  readonly order?: number;
  /** width of the cosine edge as a fraction of the cut-off frequency; default 0.1 */
  readonly edge?: number;
}

/**
 * Low-pass filter.
 * @param volume shape [z, y, x] = `shape` @param shape px @param psize_A voxel size, Å @returns a new array
 */
export function lowpass(volume: Float32Array, shape: Shape3, psize_A: number, options: LowpassOptions): Float32Array {
  const k0 = psize_A / options.cutoff_A;
  const order = options.order ?? 8;
  if (options.kind !== 'cosine')
    return filterRadially(volume, shape, (k) => 1 / Math.sqrt(1 + (k / k0) ** (2 * order)));
  const half = (k0 * (options.edge ?? 0.1)) / 2;
  return filterRadially(volume, shape, (k) => {
    if (k <= k0 - half) return 1;
    return k >= k0 + half ? 0 : 0.5 - 0.5 * Math.sin((Math.PI * (k - k0)) / (2 * half));
  });
}

/** An eight-bit grey picture. */
export interface GrayImage {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** shape [height, width] */
  readonly gray: Uint8Array;
}

const VIEWS = [
  { axis: 2, name: 'z' },
  { axis: 1, name: 'y' },
  { axis: 0, name: 'x' },
] as const;

/**
 * Pictures of a volume: the three sections through the origin and the three projections (means along an axis).
 * Greys run from the 0.2 to the 99.8 percentile of each picture. Along z: x to the right, y downwards as stored;
 * along y: x and z; along x: y and z.
 *
 * @param volume shape [z, y, x] = `shape` @param shape px
 */
export function sectionsImages(volume: Float32Array, shape: Shape3): GrayImage[] {
  const images: GrayImage[] = [];
  const strides = [1, shape[2], shape[1] * shape[2]];
  const sides = [shape[2], shape[1], shape[0]];
  for (const mean of [false, true]) {
    for (const { axis, name } of VIEWS) {
      const [across, down] = [0, 1, 2].filter((a) => a !== axis);
      const [width, height] = [sides[across], sides[down]];
      const values = new Float32Array(width * height);
      const middle = Math.floor(sides[axis] / 2);
      const [first, end] = mean ? [0, sides[axis]] : [middle, middle + 1];
      for (let d = first; d < end; d++) {
        for (let y = 0, i = 0; y < height; y++) {
          let at = d * strides[axis] + y * strides[down];
          for (let x = 0; x < width; x++, i++, at += strides[across]) values[i] += volume[at];
        }
      }
      const title = mean ? `projection along ${name}` : `section ${name} = ${middle}`;
      images.push({ title, width, height, gray: toGray(values) });
    }
  }
  return images;
}

/** Linear map of the 0.2 to 99.8 percentile range to 0 … 255; a constant picture is mid-grey. */
function toGray(values: Float32Array): Uint8Array {
  const sorted = values.toSorted();
  const low = sorted[Math.floor(0.002 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.998 * (sorted.length - 1))];
  if (!(high > low)) return new Uint8Array(values.length).fill(128);
  const scale = 255 / (high - low);
  return Uint8Array.from(values, (v) => Math.min(255, Math.max(0, Math.round((v - low) * scale))));
}
