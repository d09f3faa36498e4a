import type { Context } from 'hono';
import type * as z from 'zod';
import { asCsError, CsError, HTTP_STATUS } from '../../base/errors.ts';
import type { Log } from '../log.ts';

/** Codes with an HTTP status of their own, finer than their kind's. */
const STATUS_OF_CODE: Record<string, 401 | 413 | 415 | 429> = {
  CS_NOT_SIGNED_IN: 401,
  CS_BODY_TOO_LARGE: 413,
  CS_CONTENT_TYPE: 415,
  CS_LOGIN_THROTTLED: 429,
};

/** Any thrown value as an answer: `ErrorBody` with its status. Our own bugs are logged, their text is not sent. */
export function errorAnswer(c: Context, thrown: unknown, log: Log): Response {
  const error = asCsError(thrown);
  const headers: Record<string, string> = {};
  const retry_after_s = error.details['retry_after_s'];
  if (typeof retry_after_s === 'number') headers['Retry-After'] = String(retry_after_s);
  if (error.kind === 'bug') {
    log.error(`${c.req.method} ${c.req.path}:`, error);
    const body = new CsError('bug', error.code, 'Something went wrong inside the master; its log has the details.');
    return c.json(body.toBody(), HTTP_STATUS.bug, headers);
  }
  return c.json(error.toBody(), STATUS_OF_CODE[error.code] ?? HTTP_STATUS[error.kind], headers);
}

/** What is wrong with the arguments of a call, in one sentence a place. */
export function inputError(call: string, error: z.ZodError): CsError {
  const issues = error.issues.map((issue) => {
    const place = issue.path.join('.');
    return place === '' ? issue.message : `${place}: ${issue.message}`;
  });
  return new CsError('input', 'CS_INPUT', `${call}: ${issues.join('; ')}.`, {
    issues: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}
