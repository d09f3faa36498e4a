import { basename } from 'node:path';
import { findFiles, type ImportLinks } from '../../data/import-files.ts';
import type { JobContext, PngImage } from '../../engine/context.ts';
import { readDefects } from '../../io/defects.ts';
import { fitToFrames, orient, readGain } from '../../io/gain.ts';
import { picture } from '../shared/exposure-kernel.ts';
import type { spec } from './spec.ts';

export interface Detector {
  /** of the gain reference as stored, relative to the project directory; null where there is none */
  readonly gainPath: string | null;
  /** rows, columns of the gain reference as stored */
  readonly gainShape: readonly [number, number];
  readonly defectPath: string | null;
  /** factors on the grid of the frames, turned, bad pixels 0; null where there is no reference */
  readonly gain: Float32Array | null;
}

/**
 * Read, check, link and show gain reference and defects. Both are of the whole data set, so that a fault of theirs ends
 * the job.
 * @param ny @param nx size of the frames, px
 */
export async function readDetector(
  ctx: JobContext<typeof spec>,
  links: ImportLinks,
  ny: number,
  nx: number,
): Promise<Detector> {
  const { gainref_path, defect_path, gainref_rotate_num, gainref_flip_x, gainref_flip_y } = ctx.params;
  const orientation = { rotate: gainref_rotate_num, flipX: gainref_flip_x, flipY: gainref_flip_y };
  const pictures: PngImage[] = [];
  let gain: Float32Array | null = null;
  let gainShape: [number, number] = [0, 0];
  let gainPath: string | null = null;
  if (gainref_path !== null) {
    const [path] = findFiles(gainref_path);
    const stored = readGain(path);
    gainShape = [stored.ny, stored.nx];
    const turned = orient(stored, orientation);
    gain = fitToFrames(turned, ny, nx, path);
    gainPath = links.add(path);
    const { low, high, mean, zeros } = range(stored.data);
    ctx.log(
      `Gain reference ${basename(path)}: ${stored.nx} × ${stored.ny} px, ${low} to ${high}, mean ${mean}, ${zeros} zeros.`,
    );
    pictures.push({ title: 'gain reference, as applied', ...picture(turned.data, turned.nx, turned.ny) });
  }
  let defectPath: string | null = null;
  if (defect_path !== null) {
    const [path] = findFiles(defect_path);
    // the map is of the detector before it is turned
    const [height, width] = gainref_rotate_num % 2 === 0 ? [ny, nx] : [nx, ny];
    const map = orient(readDefects(path, height, width), orientation);
    const bad = map.data.reduce((sum, value) => sum + value, 0);
    ctx.log(`Defects ${basename(path)}: ${bad} bad pixels (${((100 * bad) / map.data.length).toPrecision(3)} %).`);
    if (bad > map.data.length / 10) ctx.warn(`More than a tenth of the pixels are bad by ${path}.`);
    defectPath = links.add(path);
    pictures.push({ title: 'bad pixels', ...picture(map.data, map.nx, map.ny) });
  }
  if (pictures.length > 0) await ctx.images('Detector.', pictures, ['dashboard', 'imported_movies']);
  return { gainPath, gainShape, defectPath, gain };
}

function range(values: Float32Array): { low: number; high: number; mean: number; zeros: number } {
  let [low, high, sum, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    if (value === 0) zeros++;
  }
  const round = (value: number): number => Number(value.toPrecision(4));
  return { low: round(low), high: round(high), mean: round(sum / values.length), zeros };
}
