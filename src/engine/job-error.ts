import { CsError } from '../base/errors.ts';
import { fileError } from '../host/fs-errors.ts';

/** Why `ctx.signal` is aborted. */
export const KILLED = new CsError('conflict', 'CS_KILLED', 'The job was killed.');

/**
 * What a job's code threw, as the user is told it. A `CsError` stays what it is; system errors that left the place
 * where their file was known, and memory that could not be had, are worded here; all else is a bug of ours.
 */
export function jobError(thrown: unknown): CsError {
  if (thrown instanceof CsError) return thrown;
  if (!(thrown instanceof Error)) return bug(`The code threw ${String(thrown)}.`, thrown);
  const { code, path, syscall } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOMEM') return outOfMemory(thrown);
  if (code !== undefined && syscall !== undefined)
    return fileError(thrown, 'File', path ?? `of system call ${syscall}`);
  if (
    thrown instanceof RangeError &&
    /allocation failed|Invalid typed array length|Array buffer/.test(thrown.message)
  ) {
    return outOfMemory(thrown);
  }
  return bug(thrown.message, thrown);
}

function outOfMemory(cause: Error): CsError {
  return new CsError('resource', 'CS_OUT_OF_MEMORY', `Out of memory: ${cause.message}.`, {}, cause);
}

function bug(message: string, cause: unknown): CsError {
  return new CsError('bug', 'CS_UNEXPECTED', message, {}, cause);
}

/** The sentence for the event log. */
export function errorText(error: CsError): string {
  return error.kind === 'bug' ? `This is a bug in the software (details in job.log): ${error.message}` : error.message;
}

/** Text for job.log: bugs with the stack of what was thrown, all else in one line. */
export function errorTrace(error: CsError): string {
  if (error.kind !== 'bug') return `${error.code}: ${error.message}`;
  const origin = error.cause instanceof Error ? error.cause : error;
  return `${error.code}: ${origin.stack ?? origin.message}`;
}
