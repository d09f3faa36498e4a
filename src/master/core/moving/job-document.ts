import { posix } from 'node:path';
import { staysBelow } from '../../../data/path-columns.ts';
import type { Job } from '../../../schema/model.ts';

/**
 * What in the document of a job from elsewhere must not be believed: names and paths by which files outside the project
 * would be read, written or deleted.
 * @returns the first such thing in words, or null
 */
export function documentProblem(job: Job): string | null {
  if (job.job_dir !== job.uid) return `"job_dir" is "${job.job_dir}", wanted "${job.uid}"`;
  for (const output of job.outputs) {
    if (!/^[\w-]+$/.test(output.name)) return `an output has the name "${output.name}"`;
    const files = [output.image, ...output.results.flatMap((result) => result.metafiles)];
    const odd = files.find((file) => file !== null && !isPlain(file));
    if (odd !== undefined)
      return `output "${output.name}" names the file "${odd}", which is not a path below the project`;
  }
  const tile = job.ui_tile_image;
  return tile !== null && !isPlain(tile) ? `"ui_tile_image" is "${tile}", which is not a path below the project` : null;
}

function isPlain(path: string): boolean {
  return path !== '' && staysBelow(path) && posix.normalize(path) === path;
}
