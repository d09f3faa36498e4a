import { CsError } from '../../base/errors.ts';

/** Number in a uid: 12 for `P12`, `W12` or `J12`. */
export function numOf(uid: string): number {
  return Number(uid.slice(1));
}

export interface ResultRef {
  job_uid: string;
  output: string;
}

/** `J1.particles` in its two parts. */
export function parseGroup(text: string): ResultRef {
  const [job_uid = '', output = ''] = text.split('.');
  return { job_uid, output };
}

/** `J1.particles.blob`. @throws CsError `CS_RESULT_NAME` */
export function parseResult(text: string): ResultRef & { result: string } {
  const match = /^(J[1-9]\d*)\.([\w-]+)\.([\w-]+)$/.exec(text);
  if (match) return { job_uid: match[1] ?? '', output: match[2] ?? '', result: match[3] ?? '' };
  throw new CsError(
    'input',
    'CS_RESULT_NAME',
    `"${text}" does not name a result; wanted a text like J1.particles.blob.`,
    { text },
  );
}

/** `J2.particles.0.blob`: slot of the connection with that index. @throws CsError `CS_SLOT_NAME` */
export function parseSlot(text: string): { job_uid: string; input: string; index: number; slot: string } {
  const match = /^(J[1-9]\d*)\.([\w-]+)\.(\d+)\.([\w-]+)$/.exec(text);
  if (match) return { job_uid: match[1] ?? '', input: match[2] ?? '', index: Number(match[3]), slot: match[4] ?? '' };
  throw new CsError(
    'input',
    'CS_SLOT_NAME',
    `"${text}" does not name a slot; wanted a text like J2.particles.0.blob.`,
    { text },
  );
}
