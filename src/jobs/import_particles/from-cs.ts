import { basename, dirname, join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { readDataset } from '../../data/cs-file.ts';
import { Dataset, slotOf } from '../../data/dataset.ts';
import { fileExists } from '../../data/import-files.ts';
import type { GivenOptics } from './optics.ts';
import { PARTICLE_SLOTS } from './spec.ts';
import type { ParticleTable } from './table.ts';

/**
 * The particles of a `.cs` file, joined by uid with the passthrough file of the same output where that lies beside
 * it. Uids are kept, so that other results of the same particles can be joined later. Columns that older files lack
 * are zero; exposure groups are numbered anew from 1, because their numbers belong to another project.
 *
 * @throws CsError `CS_DATASET_FORMAT`, `CS_SLOT_MISSING` when it has no `blob`
 */
export function readCsTable(path: string, given: GivenOptics, ignorePose: boolean): ParticleTable {
  const notes: string[] = [];
  let source = readDataset(path);
  const sibling = passthroughOf(path);
  if (sibling) {
    const rows = source.length;
    source = source.innerJoin(readDataset(sibling));
    notes.push(`Joined with ${basename(sibling)}: ${source.length} of ${rows} rows are in both.`);
  }
  if (!source.slots().includes('blob')) {
    const message = `Dataset ${path} has no slot "blob", which names the images; it has ${source.slots().join(', ') || 'none'}.`;
    throw new CsError('input', 'CS_SLOT_MISSING', message, { path, slot: 'blob' });
  }
  const known: string[] = PARTICLE_SLOTS.filter((slot) => !(ignorePose && slot.startsWith('alignments')));
  const kept = source.slots().filter((slot) => known.includes(slot));
  const left = source.slots().filter((slot) => !known.includes(slot));
  if (left.length > 0) notes.push(`Not imported: ${left.join(', ')}.`);
  const dataset = complete(source, kept, path);
  if (dataset.has('ctf/accel_kv')) override(dataset, given);
  if (given.psize_A !== null) dataset.f4('blob/psize_A').fill(given.psize_A);
  return { dataset, faults: new Map(), notes, coordinates: null };
}

/** `J5_passthrough_particles.cs` of `J5_particles.cs` or `J5_003_particles.cs`, if it is there. */
function passthroughOf(path: string): string | null {
  const match = /^(.*?J\d+)_(?:(?:class_\d+_)?\d+_)?(?!passthrough)(.+)\.cs$/.exec(basename(path));
  if (!match) return null;
  const sibling = join(dirname(path), `${match[1]}_passthrough_${match[2]}.cs`);
  return fileExists(sibling) ? sibling : null;
}

/** All columns of the field dictionary for some slots, with the source's values where it has them. */
function complete(source: Dataset, slots: readonly string[], path: string): Dataset {
  const dataset = Dataset.create(source.u8('uid'), slots);
  for (const { name, type, shape } of source.fields()) {
    if (!slots.includes(slotOf(name))) continue;
    // the name of the amplitude contrast in files of the first versions
    const target = name === 'ctf/ac' ? 'ctf/amp_contrast' : name;
    if (dataset.has(target)) {
      const wanted = dataset.field(target);
      if (wanted.type !== type || wanted.shape.join() !== shape.join()) {
        const found = `${type}[${shape.join()}], wanted ${wanted.type}[${wanted.shape.join()}]`;
        throw new CsError('input', 'CS_COLUMN_TYPE', `Dataset ${path}: column "${name}" has type ${found}.`, {
          path,
          column: name,
        });
      }
    }
    dataset.set(target, type, source.column(name), shape);
  }
  return dataset;
}

function override(dataset: Dataset, given: GivenOptics): void {
  for (const field of ['accel_kv', 'cs_mm', 'amp_contrast'] as const) {
    const value = given[field];
    if (value !== null) dataset.f4(`ctf/${field}`).fill(value);
  }
  const numbers = new Map<number, number>();
  const groups = dataset.u4('ctf/exp_group_id');
  groups.forEach((group, row) => {
    if (!numbers.has(group)) numbers.set(group, numbers.size + 1);
    groups[row] = numbers.get(group) ?? 1;
  });
  dataset.text('ctf/type').fill('imported');
}
