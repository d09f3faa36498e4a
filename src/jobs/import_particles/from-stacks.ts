import { asCsError, type CsError } from '../../base/errors.ts';
import type { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { findFiles } from '../../data/import-files.ts';
import { readMrcHeader } from '../../io/mrc.ts';
import type { ParticleTable } from './table.ts';

/**
 * All images of one or more bare stacks, in alphabetical order of the files.
 * @param pattern path or glob pattern; @param skip notes a file that cannot be read
 */
export function readStacksTable(
  pattern: string,
  rng: Rng,
  skip: (item: string, error: CsError) => void,
): ParticleTable {
  const stacks: { path: string; count: number }[] = [];
  for (const path of findFiles(pattern)) {
    try {
      stacks.push({ path, count: readMrcHeader(path).sectionsPresent });
    } catch (error) {
      const fault = asCsError(error);
      if (fault.kind !== 'input') throw error;
      skip(path, fault);
    }
  }
  const length = stacks.reduce((sum, stack) => sum + stack.count, 0);
  const dataset = Dataset.create(
    BigUint64Array.from({ length }, () => rng.uid()),
    ['blob'],
  );
  let row = 0;
  for (const { path, count } of stacks) {
    for (let section = 0; section < count; section++, row++) {
      dataset.text('blob/path')[row] = path;
      dataset.u4('blob/idx')[row] = section;
    }
  }
  const notes = ['Bare stacks tell no defocus: the particles come without CTF.'];
  return { dataset, faults: new Map(), notes, coordinates: null };
}
