import { join } from 'node:path';
import { CsError } from '../base/errors.ts';
import { writeFileAtomic } from '../host/fs-atomic.ts';
import type { OutputSpec } from '../schema/job.ts';
import type { Output, Result } from '../schema/model.ts';
import { slotType } from '../schema/slots.ts';
import { writeDataset } from './cs-file.ts';
import type { Dataset } from './dataset.ts';
import { formatResultGroup } from './group-file.ts';

export interface OutputRequest {
  /** absolute */
  project_dir: string;
  job_uid: string;
  /** name of the output */
  name: string;
  spec: OutputSpec;
  /** rows with `uid` and the columns of the slots that the job gives; a slot of the spec may be absent */
  dataset: Dataset;
  /** slots to forward, or null; rows are matched by uid, and slots that the job gives itself are not forwarded */
  passthrough: Dataset | null;
  summary: Readonly<Record<string, number | string>>;
}

/**
 * Write an output of a job into `<project_dir>/<job_uid>`: `<job_uid>_<name>.cs`, `<job_uid>_passthrough_<name>.cs`
 * when there is something to forward, and last `<job_uid>_<name>.csg`, which names them. Each file is replaced in one step.
 *
 * @returns the output's document; file names in it are relative to the project directory
 * @throws CsError `CS_OUTPUT_SLOT` for a slot that the spec does not name, `CS_PASSTHROUGH_UID` when a row has no
 *   counterpart to forward, `CS_DISK_FULL` …
 */
export function writeOutput(o: OutputRequest): Output {
  const slots = o.dataset.slots();
  const unknown = slots.filter((slot) => !o.spec.slots.includes(slot));
  if (unknown.length > 0) {
    const message = `Output ${o.name} of ${o.job_uid} has slots ${unknown.join(', ')}, which its job type does not give (${o.spec.slots.join(', ')}).`;
    throw new CsError('bug', 'CS_OUTPUT_SLOT', message, { output: o.name, slots: unknown });
  }
  const file = `${o.job_uid}/${o.job_uid}_${o.name}.cs`;
  writeDataset(join(o.project_dir, file), o.dataset);
  const results = slots.map((slot) => resultOf(slot, file, o.dataset.length, false));
  const forwarded = forwardedSlots(o);
  if (forwarded) {
    const forwardedFile = `${o.job_uid}/${o.job_uid}_passthrough_${o.name}.cs`;
    writeDataset(join(o.project_dir, forwardedFile), forwarded);
    results.push(...forwarded.slots().map((slot) => resultOf(slot, forwardedFile, forwarded.length, true)));
  }
  const document: Output = {
    name: o.name,
    type: o.spec.type,
    title: o.spec.title,
    passthrough: o.spec.passthrough ?? null,
    num_items: o.dataset.length,
    results,
    image: null,
    summary: { ...o.summary },
  };
  writeFileAtomic(join(o.project_dir, o.job_uid, `${o.job_uid}_${o.name}.csg`), formatResultGroup(document));
  return document;
}

function resultOf(slot: string, metafile: string, length: number, passthrough: boolean): Result {
  const dtype = slotType(slot) ?? slot;
  return { name: slot, dtype, passthrough, versions: ['F'], metafiles: [metafile], num_items: [length] };
}

function forwardedSlots(o: OutputRequest): Dataset | null {
  const own = new Set(o.dataset.slots());
  const slots = o.passthrough?.slots().filter((slot) => !own.has(slot)) ?? [];
  if (!o.passthrough || slots.length === 0) return null;
  const { passthrough } = o;
  const rows = Array.from(o.dataset.u8('uid'), (uid) => passthrough.rowOf(uid));
  const lost = rows.indexOf(-1);
  if (lost >= 0) {
    const uid = o.dataset.u8('uid')[lost];
    const message = `Output ${o.name} of ${o.job_uid}: row ${lost} (uid ${uid}) is not in the input ${o.spec.passthrough ?? ''} that is passed through.`;
    throw new CsError('bug', 'CS_PASSTHROUGH_UID', message, { output: o.name, uid: String(uid) });
  }
  return passthrough.pick(slots).select(rows);
}
