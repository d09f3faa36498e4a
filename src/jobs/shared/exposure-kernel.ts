import { asCsError, type ErrorBody } from '../../base/errors.ts';
import { applyGain } from '../../io/gain.ts';
import { montage } from '../../io/montage.ts';
import { openMovie, type EerOptions, type Movie } from '../../io/movie.ts';
import { encodePng } from '../../io/png.ts';

/** Steps of threads that look into movies and micrographs. One bad file fails its own step only. */
export interface ExposureTask {
  /** one path for each step */
  readonly paths: readonly string[];
  readonly eer: EerOptions;
}

/** What a file says of itself, or why it cannot be used. */
export type ExposureProbe =
  | {
      readonly shape: readonly [number, number, number];
      readonly format: string;
      readonly psize_A: number | null;
      readonly warnings: readonly string[];
    }
  | { readonly error: ErrorBody };

export interface PreviewTask extends ExposureTask {
  /** factors of the frames in shared memory, shape [rows, columns], or null */
  readonly gain: Float32Array | null;
  /** greatest number of frames that are averaged */
  readonly frames: number;
}

/** A reduced picture of the average. */
export type ExposurePreview =
  | {
      readonly width: number;
      readonly height: number;
      readonly png: Uint8Array;
      readonly mean: number;
      readonly frames: number;
    }
  | { readonly error: ErrorBody };

/** Greatest side of a preview, px. */
const PREVIEW_PX = 512;

function faultOf(error: unknown): { error: ErrorBody } {
  const fault = asCsError(error);
  if (fault.kind !== 'input') throw error;
  return { error: fault.toBody() };
}

/** Read the header of a file. */
export function probe(step: number, args: unknown): ExposureProbe {
  const { paths, eer } = args as ExposureTask;
  let movie: Movie | null = null;
  try {
    movie = openMovie(paths[step], { eer });
    const { shape, format, psize_A, warnings } = movie;
    return { shape, format, psize_A, warnings };
  } catch (error) {
    return faultOf(error);
  } finally {
    movie?.close();
  }
}

/** Average of the first frames of a file, gain applied. */
export function preview(step: number, args: unknown): ExposurePreview {
  const { paths, eer, gain, frames } = args as PreviewTask;
  let movie: Movie | null = null;
  try {
    movie = openMovie(paths[step], { eer });
    const [count, ny, nx] = movie.shape;
    const used = Math.min(count, frames);
    const sum = new Float32Array(ny * nx);
    const frame = new Float32Array(ny * nx);
    for (let i = 0; i < used; i++) {
      movie.readFrames(i, 1, frame);
      for (let k = 0; k < frame.length; k++) sum[k] += frame[k];
    }
    if (gain) applyGain(sum, gain);
    let total = 0;
    for (const value of sum) total += value;
    const mean = total / sum.length / used;
    return { ...picture(sum, nx, ny), mean, frames: used };
  } catch (error) {
    return faultOf(error);
  } finally {
    movie?.close();
  }
}

/** A reduced PNG picture of an image. @param image shape [ny, nx]; @param nx @param ny px */
export function picture(
  image: Float32Array,
  nx: number,
  ny: number,
): { width: number; height: number; png: Uint8Array } {
  const { width, height, gray } = montage(image, nx, ny, { columns: 1, tile_px: PREVIEW_PX });
  return { width, height, png: encodePng(width, height, gray) };
}
