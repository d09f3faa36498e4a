import { CsError } from '../../base/errors.ts';
import { readDataset } from '../../data/cs-file.ts';
import { readVolume, type Volume } from '../../io/mrc.ts';
import { fsc, resolutionAt } from '../../math/fsc.ts';
import { autoMask } from '../../math/half-maps.ts';
import type { Job } from '../../schema/model.ts';

/**
 * FSC at which a map and the noise-free truth agree as well as two half maps do at 0.143 (Rosenthal & Henderson 2003,
 * doi:10.1016/j.jmb.2003.07.013): C_ref = √(2 FSC/(1 + FSC)).
 */
const TRUTH_THRESHOLD = 0.5;

/** A soft mask around the true molecule: what lies outside of it is noise alone. */
const MASK = { threshold: 0.1, near_A: 6, far_A: 14, lowpass_A: 12 };

/** The map of a job's volume output. */
export function readMap(project_dir: string, job: Job): Volume {
  const output = job.outputs.find((o) => o.type === 'volume');
  const metafile = output?.results.find((r) => r.name === 'map')?.metafiles.at(-1);
  if (metafile === undefined) {
    throw new CsError('bug', 'CS_DEMO_OUTPUT', `${job.uid} (${job.type}) has no volume output with a map.`);
  }
  const [path = ''] = readDataset(`${project_dir}/${metafile}`).text('map/path');
  return readVolume(`${project_dir}/${path.replace(/^>/, '')}`);
}

/**
 * Resolution to which a map agrees with the one that its particles were made from: the FSC within a soft mask falls
 * below 0.5.
 * @returns Å
 */
export function resolutionAgainstTruth(map: Volume, truth: Volume): number {
  const n = truth.shape[0];
  const sameGrid = map.shape.every((side) => side === n) && Math.abs(map.psize_A / truth.psize_A - 1) < 1e-3;
  if (!sameGrid) {
    throw new CsError(
      'bug',
      'CS_DEMO_OUTPUT',
      `The map has ${map.shape.join('×')} voxels of ${map.psize_A} Å, the truth ${truth.shape.join('×')} of ${truth.psize_A} Å.`,
    );
  }
  const mask = autoMask(truth.data, n, truth.psize_A, MASK);
  const masked = (data: Float32Array): Float32Array => data.map((v, i) => v * (mask[i] ?? 0));
  return resolutionAt(fsc(masked(map.data), masked(truth.data), n), TRUTH_THRESHOLD, n, truth.psize_A);
}
