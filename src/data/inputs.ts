import { join } from 'node:path';
import { CsError } from '../base/errors.ts';
import type { SlotSpec } from '../schema/job.ts';
import { readDataset } from './cs-file.ts';
import { slotOf, type Dataset } from './dataset.ts';

/** One result of a connected output: slot `name`, of slot type `dtype`, in a file relative to the project directory. */
export interface ResultFile {
  name: string;
  dtype: string;
  metafile: string;
}

/**
 * Read a connected group of results.
 *
 * Each file is read once and gives the slots that its results name; the files are joined by uid, in the order of the
 * file that gives the first wanted slot. A row that is not in all files is left out.
 *
 * @param results what the connection offers, after single results were replaced by others
 * @param wanted slots that the input asks for
 * @returns `dataset`: `uid` and the wanted slots that are there; `passthrough`: the same rows with all other slots
 * @throws CsError `CS_SLOT_MISSING` naming a required slot that is not offered or not in its file
 */
export function readGroup(
  project_dir: string,
  results: readonly ResultFile[],
  wanted: readonly SlotSpec[],
): { dataset: Dataset; passthrough: Dataset } {
  const wantedNames = new Set(wanted.map((slot) => slot.name));
  for (const { name, required } of wanted) {
    if (!required || results.some((r) => r.name === name)) continue;
    const offered = results.map((r) => r.name).join(', ') || 'none';
    throw new CsError(
      'input',
      'CS_SLOT_MISSING',
      `The connected output has no "${name}", which this input needs; it has ${offered}.`,
      { slot: name },
    );
  }
  if (results.length === 0) throw new CsError('input', 'CS_SLOT_MISSING', 'The connected output has no results.');
  const files = new Map<string, string[]>();
  // files with wanted slots first: they decide the order of the rows
  const inOrder = [...results].sort((a, b) => Number(wantedNames.has(b.name)) - Number(wantedNames.has(a.name)));
  for (const { name, metafile } of inOrder) files.set(metafile, [...(files.get(metafile) ?? []), name]);
  let joined: Dataset | null = null;
  for (const [metafile, slots] of files) {
    const part = readSlots(join(project_dir, metafile), slots);
    joined = joined ? joined.innerJoin(part) : part;
  }
  const all = joined as Dataset;
  const others = all.slots().filter((slot) => !wantedNames.has(slot));
  return { dataset: all.pick([...wantedNames]), passthrough: all.pick(others) };
}

function readSlots(path: string, slots: readonly string[]): Dataset {
  const dataset = readDataset(path);
  for (const slot of slots) {
    if (dataset.fields().some((field) => slotOf(field.name) === slot)) continue;
    const message = `Dataset ${path} has no columns of slot "${slot}"; it has ${dataset.slots().join(', ') || 'none'}.`;
    throw new CsError('input', 'CS_SLOT_MISSING', message, { path, slot });
  }
  return dataset.pick(slots);
}
