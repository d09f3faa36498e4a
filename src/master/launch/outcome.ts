import { readFileSync } from 'node:fs';
import { api } from '../../schema/api.ts';
import type { Outcome } from '../core/lifecycle.ts';

/** A failure that the master found, not the job. */
export function failure(kind: string, code: string, message: string): Outcome {
  return { status: 'failed', errors: [{ kind, code, message }] };
}

/** The end of a job that was told to stop and did not say so itself. */
export const KILLED: Outcome = {
  status: 'killed',
  errors: [{ kind: 'input', code: 'CS_KILLED', message: 'Killed.' }],
};

/** The outcome that a monitor wrote down before it could tell it, or null. */
export function readOutcome(path: string): Outcome | null {
  try {
    return api['runs.finish'].input.strip().parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}
