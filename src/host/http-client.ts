import { setTimeout as sleep } from 'node:timers/promises';
import { CsError, type ErrorBody } from '../base/errors.ts';
import type { ApiInput, ApiName, ApiOutput } from '../schema/api.ts';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** how long to wait for the whole answer */
  readonly timeout_ms?: number;
  /** on transport errors (no connection, time-out, a proxy without its server) try again for this long; default 0 */
  readonly retry_ms?: number;
}

const TRANSPORT = new Set(['CS_UNREACHABLE', 'CS_TIMEOUT', 'CS_NOT_THE_API']);

/** Whether the master was not reached at all, as opposed to having refused: a later try may work. */
export function isTransportError(error: unknown): boolean {
  return error instanceof CsError && TRANSPORT.has(error.code);
}

/**
 * Call the master's API (`POST <base_url>/api/<name>`), typed by the table in `schema/api.ts`.
 *
 * @param base_url as `http://host:38002`
 * @throws CsError what the server answered, as it was thrown there; `external` `CS_UNREACHABLE`, `CS_TIMEOUT` or
 *   `CS_NOT_THE_API` when it was not reached
 */
export async function callApi<K extends ApiName>(
  base_url: string,
  name: K,
  input: ApiInput<K>,
  options: CallOptions = {},
): Promise<ApiOutput<K>> {
  const end = Date.now() + (options.retry_ms ?? 0);
  for (let pause_ms = 200; ; pause_ms = Math.min(pause_ms * 2, 5000)) {
    try {
      return (await callOnce(base_url, name, input, options)) as ApiOutput<K>;
    } catch (error) {
      if (!isTransportError(error) || Date.now() + pause_ms > end) throw error;
      await sleep(pause_ms, undefined, { signal: options.signal });
    }
  }
}

async function callOnce(base_url: string, name: string, input: unknown, options: CallOptions): Promise<unknown> {
  const url = `${base_url.replace(/\/$/, '')}/api/${name}`;
  const timeout_ms = options.timeout_ms ?? 30_000;
  const timeout = AbortSignal.timeout(timeout_ms);
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...options.headers },
      body: JSON.stringify(input),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      redirect: 'error',
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (timeout.aborted) {
      throw new CsError('external', 'CS_TIMEOUT', `No answer from ${url} in ${timeout_ms / 1000} s.`, { url }, error);
    }
    throw new CsError('external', 'CS_UNREACHABLE', `Cannot reach ${url}: ${reason(error)}.`, { url }, error);
  }
  return readAnswer(url, status, text);
}

function readAnswer(url: string, status: number, text: string): unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw notTheApi(url, status, text);
  }
  if (status >= 200 && status < 300) return body;
  if (isErrorBody(body)) throw CsError.fromBody(body);
  throw notTheApi(url, status, text);
}

function notTheApi(url: string, status: number, text: string): CsError {
  const found = `status ${status}, "${text.trim().slice(0, 80)}"`;
  return new CsError(
    'external',
    'CS_NOT_THE_API',
    `${url} does not answer like the API of a master (${found}): check host name and port (the API is at base port + 2).`,
    { url, status },
  );
}

function isErrorBody(body: unknown): body is ErrorBody {
  const b = body as Partial<ErrorBody> | null;
  return typeof b?.kind === 'string' && typeof b.code === 'string' && typeof b.message === 'string';
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused (is the master running?)',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
};

/** fetch hides the system's error one or two causes deep. */
function reason(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as NodeJS.ErrnoException).code;
    if (code !== undefined) return REASONS[code] ?? `${code}: ${e.message}`;
    if (e.cause === undefined) return e.message;
  }
  return String(error);
}
