import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.ts';
import type { JobContext } from '../../engine/context.ts';
import { montage } from '../../io/montage.ts';
import { MrcReader } from '../../io/mrc.ts';
import { encodePng } from '../../io/png.ts';
import type { spec } from './spec.ts';

const COUNT = 30;
/** standard errors that the measured contrast must be away from zero to be believed */
const SURE = 6;

/** A picture of the first particles, and a warning where their contrast is plainly the other way round. */
export async function preview(ctx: JobContext<typeof spec>, particles: Dataset): Promise<void> {
  const box_px = particles.u4('blob/shape')[1];
  const images = readFirst(ctx.project_dir, particles, Math.min(COUNT, particles.length), box_px);
  const { width, height, gray } = montage(images, box_px, box_px, { columns: 10, tile_px: 128 });
  const png = encodePng(width, height, gray);
  await ctx.images(
    'First particles.',
    [{ title: 'particles', width, height, png }],
    ['tile', 'dashboard', 'imported_particles'],
  );
  const contrast = contrastOf(images, box_px);
  const sign = particles.f4('blob/sign')[0];
  if (Math.abs(contrast) < SURE || contrast * sign > 0) return;
  const [seen, set] = contrast > 0 ? ['brighter', 'dark'] : ['darker', 'bright'];
  ctx.warn(
    `The particles look ${seen} than their surroundings, but are imported as ${set}: check the parameter "Contrast".`,
  );
}

function readFirst(project_dir: string, particles: Dataset, count: number, box_px: number): Float32Array {
  const size = box_px * box_px;
  const images = new Float32Array(count * size);
  const [paths, index] = [particles.text('blob/path'), particles.u4('blob/idx')];
  let reader: MrcReader | null = null;
  try {
    for (let i = 0; i < count; i++) {
      const path = join(project_dir, paths[i]);
      if (reader?.path !== path) {
        reader?.close();
        reader = new MrcReader(path);
      }
      reader.readSections(index[i], 1, images.subarray(i * size, (i + 1) * size));
    }
  } finally {
    reader?.close();
  }
  return images;
}

/**
 * How surely particles are brighter (positive) or darker than their surroundings: mean over the images of the
 * difference between the middle (radius below a quarter box) and the rim (beyond 0.45), in standard errors.
 * @param images shape [count, box, box]; @param box_px side, px
 */
export function contrastOf(images: Float32Array, box_px: number): number {
  const size = box_px * box_px;
  const differences: number[] = [];
  const centre = Math.floor(box_px / 2);
  for (let start = 0; start < images.length; start += size) {
    let [inner, innerCount, outer, outerCount] = [0, 0, 0, 0];
    for (let y = 0, at = start; y < box_px; y++) {
      for (let x = 0; x < box_px; x++, at++) {
        const r2 = ((x - centre) ** 2 + (y - centre) ** 2) / size;
        if (r2 < 0.0625) {
          inner += images[at];
          innerCount++;
        } else if (r2 > 0.2025) {
          outer += images[at];
          outerCount++;
        }
      }
    }
    differences.push(inner / innerCount - outer / outerCount);
  }
  const n = differences.length;
  if (n < 5) return 0;
  const mean = differences.reduce((a, b) => a + b) / n;
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1);
  return variance > 0 ? mean / Math.sqrt(variance / n) : 0;
}
