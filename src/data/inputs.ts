import { join } from 'node:path';
import { CsError } from '../base/errors.ts';
import type { SlotSpec } from '../schema/job.ts';
import { readDataset } from './cs-file.ts';
import { slotOf, type Dataset } from './dataset.ts';

/**
 * One result of a connected output: slot `name`, of slot type `dtype`, found as slot `source` of a file relative to the
 * project directory. The two names differ where a single result was replaced by another one (`map_sharp` used as `map`).
 */
export interface ResultFile {
  name: string;
  source: string;
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
  const files = new Map<string, ResultFile[]>();
  // files with wanted slots first: they decide the order of the rows
  const inOrder = [...results].sort((a, b) => Number(wantedNames.has(b.name)) - Number(wantedNames.has(a.name)));
  for (const file of inOrder) files.set(file.metafile, [...(files.get(file.metafile) ?? []), file]);
  let joined: Dataset | null = null;
  for (const [metafile, slots] of files) {
    const part = readSlots(join(project_dir, metafile), slots);
    joined = joined ? joinFiles(joined, part, metafile) : part;
  }
  const all = joined as Dataset;
  const others = all.slots().filter((slot) => !wantedNames.has(slot));
  return { dataset: all.pick([...wantedNames]), passthrough: all.pick(others) };
}

/**
 * Two single items (maps, masks) belong together whatever their uids: a replaced result comes from another job.
 * @throws CsError `CS_JOIN_EMPTY` when tables of many items share none
 */
function joinFiles(joined: Dataset, part: Dataset, metafile: string): Dataset {
  if (joined.length === 1 && part.length === 1) part.set('uid', 'u8', joined.u8('uid'));
  const both = joined.innerJoin(part);
  if (both.length === 0 && joined.length > 0) {
    throw new CsError(
      'input',
      'CS_JOIN_EMPTY',
      `Dataset ${metafile} (${part.length} items) has no item in common with the rest of the input (${joined.length} items).`,
      { metafile },
    );
  }
  return both;
}

function readSlots(path: string, results: readonly ResultFile[]): Dataset {
  const dataset = readDataset(path);
  const out = dataset.pick([]);
  for (const { name, source: slot } of results) {
    const fields = dataset.fields().filter((field) => slotOf(field.name) === slot);
    for (const field of fields) {
      const renamed = `${name}${field.name.slice(slot.length)}`;
      out.set(renamed, field.type, dataset.column(field.name), field.shape);
    }
    if (fields.length > 0) continue;
    const message = `Dataset ${path} has no columns of slot "${slot}"; it has ${dataset.slots().join(', ') || 'none'}.`;
    throw new CsError('input', 'CS_SLOT_MISSING', message, { path, slot });
  }
  return out;
}
