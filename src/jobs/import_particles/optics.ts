import { CsError } from '../../base/errors.ts';
import type { ParamsOf } from '../../schema/job.ts';
import type { spec } from './spec.ts';

export type ImportParams = ParamsOf<typeof spec>;

/** What the user gave for the optics; null where the table is to decide. */
export interface GivenOptics {
  readonly psize_A: number | null;
  readonly accel_kv: number | null;
  readonly cs_mm: number | null;
  readonly amp_contrast: number | null;
}

export const DEFAULT_AMP_CONTRAST = 0.1;

/** A column that the table must have, by the label and the file that lacks it. */
export function missingLabel(path: string, labels: readonly string[], why: string): CsError {
  const names = labels.map((label) => `_${label}`).join(' or ');
  const message = `STAR file ${path} has no column ${names}: ${why}.`;
  return new CsError('input', 'CS_STAR_LABEL', message, { path, labels });
}
