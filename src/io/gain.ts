import { extname } from 'node:path';
import { CsError } from '../base/errors.ts';
import { openMovie } from './movie.ts';

/** A picture of the detector: gains, or a map of defects. */
export interface DetectorImage {
  readonly ny: number;
  readonly nx: number;
  /** shape [ny, nx] */
  readonly data: Float32Array;
}

/**
 * How a gain reference is turned to fit the frames: first rotated, then flipped.
 *
 * Rotation is counter-clockwise and flips are left–right (x) and top–bottom (y), all as seen with the first stored row
 * on top. The order is that of MotionCor (rotation before flipping). Frames and references are taken as stored: nothing
 * is flipped because of a file's format.
 */
export interface Orientation {
  /** quarter turns, count */
  readonly rotate: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

/**
 * Read a gain reference as factors that frames are multiplied with: MRC or TIFF of one image, as stored.
 *
 * A file named `.gain` (Falcon cameras, TIFF inside) holds the response of each pixel instead: its values v become
 * mean/v. A zero stays zero, the sign of a defect.
 *
 * @throws CsError kind input naming file and field; `CS_GAIN_VALUE` for a reference that is not finite or all zero
 */
export function readGain(path: string): DetectorImage {
  const image = readImage(path, 'Gain reference');
  let [sum, bad] = [0, 0];
  for (const value of image.data) {
    if (Number.isFinite(value)) sum += value;
    else bad++;
  }
  if (bad > 0 || sum === 0) {
    const found = bad > 0 ? `${bad} values that are not finite` : 'a sum of 0';
    const message = `Gain reference ${path} has ${found}, wanted finite factors.`;
    throw new CsError('input', 'CS_GAIN_VALUE', message, { path, field: 'values' });
  }
  if (extname(path).toLowerCase() !== '.gain') return image;
  const mean = sum / image.data.length;
  return { ...image, data: image.data.map((value) => (value === 0 ? 0 : mean / value)) };
}

/** One image of any format. @throws CsError `CS_IMAGE_COUNT` when the file has several */
export function readImage(path: string, what: string): DetectorImage {
  if (/\.dm[34]$/i.test(path)) {
    const message = `${what} ${path} is in Gatan's DM format, wanted MRC or TIFF: convert it first (dm2mrc).`;
    throw new CsError('input', 'CS_FILE_TYPE', message, { path, field: 'extension' });
  }
  const movie = openMovie(path);
  try {
    const [count, ny, nx] = movie.shape;
    if (count !== 1) {
      const message = `${what} ${path} has ${count} images, wanted 1.`;
      throw new CsError('input', 'CS_IMAGE_COUNT', message, { path, field: 'frames', count });
    }
    return { ny, nx, data: movie.readFrames(0, 1) };
  } finally {
    movie.close();
  }
}

/** A turned copy. */
export function orient(image: DetectorImage, orientation: Orientation): DetectorImage {
  const turns = ((Math.trunc(orientation.rotate) % 4) + 4) % 4;
  const { nx, ny } = image;
  const [outX, outY] = turns % 2 === 0 ? [nx, ny] : [ny, nx];
  // the source of out[y, x] is at start + x·stepX + y·stepY
  let start = [0, nx - 1, nx * ny - 1, (ny - 1) * nx][turns];
  let stepX = [1, nx, -1, -nx][turns];
  let stepY = [nx, -1, -nx, 1][turns];
  if (orientation.flipX) {
    start += (outX - 1) * stepX;
    stepX = -stepX;
  }
  if (orientation.flipY) {
    start += (outY - 1) * stepY;
    stepY = -stepY;
  }
  const data = new Float32Array(nx * ny);
  for (let y = 0, to = 0; y < outY; y++) {
    for (let x = 0, from = start + y * stepY; x < outX; x++, from += stepX) data[to++] = image.data[from];
  }
  return { ny: outY, nx: outX, data };
}

/**
 * Factors on the grid of the frames: each repeated where the frames are finer by a whole number (super-resolution,
 * up-sampled electron events), averaged over blocks where they are coarser.
 *
 * @param ny @param nx size of the frames, px; @param path the reference's name, for messages
 * @throws CsError `CS_GAIN_SHAPE` for any other size
 */
export function fitToFrames(image: DetectorImage, ny: number, nx: number, path: string): Float32Array {
  if (image.ny === ny && image.nx === nx) return image.data;
  const finer = nx / image.nx;
  const coarser = image.nx / nx;
  const out = new Float32Array(ny * nx);
  if (Number.isInteger(finer) && image.ny * finer === ny) {
    for (let y = 0, to = 0; y < ny; y++) {
      const row = Math.floor(y / finer) * image.nx;
      for (let x = 0; x < nx; x++) out[to++] = image.data[row + Math.floor(x / finer)];
    }
    return out;
  }
  if (Number.isInteger(coarser) && ny * coarser === image.ny) {
    const weight = 1 / coarser ** 2;
    for (let y = 0, from = 0; y < image.ny; y++) {
      const row = Math.floor(y / coarser) * nx;
      for (let x = 0; x < image.nx; x++) out[row + Math.floor(x / coarser)] += image.data[from++] * weight;
    }
    return out;
  }
  const turned = image.nx === ny && image.ny === nx ? ' (it fits after a rotation by 90°)' : '';
  const message = `Gain reference ${path} has ${image.nx} × ${image.ny} px${turned}, wanted ${nx} × ${ny} as the frames have, or a whole multiple or part.`;
  throw new CsError('input', 'CS_GAIN_SHAPE', message, { path, field: 'shape', nx: image.nx, ny: image.ny });
}

/** Multiply frames with factors, in place. @param frames shape [count, ny, nx]; @param gain shape [ny, nx] */
export function applyGain(frames: Float32Array, gain: Float32Array): Float32Array {
  for (let start = 0; start < frames.length; start += gain.length) {
    for (let i = 0; i < gain.length; i++) frames[start + i] *= gain[i];
  }
  return frames;
}
