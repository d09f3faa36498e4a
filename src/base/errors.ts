/**
 * Who must act on an error: `input` the user (a parameter or file), `notFound` and `conflict` the caller,
 * `denied` whoever grants access, `resource` the operator (out of memory, disk, GPU), `external` a program or
 * file system outside of ours, `bug` us.
 */
export type ErrorKind = 'input' | 'notFound' | 'conflict' | 'denied' | 'resource' | 'external' | 'bug';

/** JSON form of an error, as it crosses process and HTTP boundaries. */
export interface ErrorBody {
  kind: ErrorKind;
  code: string;
  message: string;
  details?: Record<string, unknown>;
}

/**
 * The one error class of the system.
 *
 * `code` is stable and greppable (`CS_…`); the message names the thing, the value found and the value wanted.
 */
export class CsError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(kind: ErrorKind, code: string, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CsError';
    this.kind = kind;
    this.code = code;
    this.details = details;
  }

  toBody(): ErrorBody {
    return { kind: this.kind, code: this.code, message: this.message, details: this.details };
  }

  static fromBody(body: ErrorBody): CsError {
    return new CsError(body.kind, body.code, body.message, body.details ?? {});
  }
}

/** Any thrown value as a `CsError`; what is not one already is a `bug` and keeps its stack as cause. */
export function asCsError(error: unknown): CsError {
  if (error instanceof CsError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new CsError('bug', 'CS_UNEXPECTED', message, {}, error);
}

/** HTTP status of each kind of error; the only place where the two meet. */
export const HTTP_STATUS: Record<ErrorKind, 400 | 403 | 404 | 409 | 500 | 502 | 507> = {
  input: 400,
  denied: 403,
  notFound: 404,
  conflict: 409,
  bug: 500,
  external: 502,
  resource: 507,
};
