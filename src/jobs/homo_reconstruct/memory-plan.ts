import { CsError } from '../../base/errors.ts';
import { BackProjector } from '../../math/backprojector.ts';

export interface MemoryPlan {
  /** images in each of the two batches */
  readonly batch: number;
  /** half maps that are transformed back at the same time */
  readonly parallelMaps: 1 | 2;
}

const MIN_BATCH = 16;
const MAX_BATCH = 1024;

/**
 * How to stay below a limit of memory. The sums of the two half sets are the one large thing; they are shared by all
 * threads, so that their number does not count. What is left goes to batches of images.
 *
 * @param n side of the map, px @param padding of the grid
 * @param symmetric another grid is needed for the sums over a point group
 * @throws CsError `resource` `CS_MEMORY` naming need and limit
 */
export function planMemory(n: number, padding: number, symmetric: boolean, memory_mb: number): MemoryPlan {
  const limit = memory_mb * 1e6;
  const grids = (symmetric ? 3 : 2) * BackProjector.bytes(n, padding);
  const padded = n * padding;
  const inverse = 8 * n * padded * (Math.floor(padded / 2) + 1) + 8 * n ** 3;
  const maps = 4 * 4 * n ** 3;
  // the comparison of half maps holds about twelve real or transformed copies at its peak
  const assessment = maps + 12 * 4 * n ** 3;
  const image = 12 * n * (Math.floor(n / 2) + 1);
  const least = grids + 2 * MIN_BATCH * image + Math.max(maps + inverse, assessment);
  if (least > limit) {
    const message =
      `A reconstruction of ${n} px with padding ${padding} needs at least ${Math.ceil(least / 1e6)} MB of memory; ` +
      `the job has ${Math.floor(memory_mb)} MB. Use a smaller box, padding 1, or a target with more memory.`;
    throw new CsError('resource', 'CS_MEMORY', message, { need_mb: Math.ceil(least / 1e6), limit_mb: memory_mb });
  }
  const left = limit - least;
  const batch = Math.min(MAX_BATCH, MIN_BATCH + Math.floor((0.5 * left) / (2 * image)));
  const parallelMaps = grids + 2 * batch * image + maps + 2 * inverse <= limit ? 2 : 1;
  return { batch, parallelMaps };
}
