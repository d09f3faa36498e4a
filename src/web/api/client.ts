import { CsError } from '../../base/errors.ts';
import type { ErrorBody } from '../../base/errors.ts';
import type { ApiInput, ApiName, ApiOutput } from '../../schema/api.ts';

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Called whenever the server says that nobody is signed in (any more). Returns the function that ends it. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

/**
 * One call of the API table. Types come from the contract; the server does the checking.
 *
 * @throws CsError as the server gave it; `CS_UNREACHABLE` when no answer came, `CS_BAD_ANSWER` when it was not ours.
 *   An error answer's HTTP status stands in `details.status`, the wait that a throttled call must keep in
 *   `details.retry_after_s`.
 */
export async function call<K extends ApiName>(
  name: K,
  input: ApiInput<K>,
  signal?: AbortSignal,
): Promise<ApiOutput<K>> {
  let response: Response;
  try {
    response = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
      credentials: 'same-origin',
      ...(signal ? { signal } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new CsError(
      'external',
      'CS_UNREACHABLE',
      'The server does not answer. Is the instance running?',
      { name },
      cause,
    );
  }
  if (!response.ok) throw await failureOf(response, name);
  return (await response.json()) as ApiOutput<K>;
}

async function failureOf(response: Response, name: ApiName): Promise<CsError> {
  const text = await response.text();
  const retry = response.headers.get('retry-after');
  const extra = { status: response.status, ...(retry === null ? {} : { retry_after_s: Number(retry) }) };
  if (response.status === 401 && name !== 'auth.login') for (const listener of signedOutListeners) listener();
  try {
    const body = JSON.parse(text) as ErrorBody;
    if (typeof body.message === 'string' && typeof body.kind === 'string') {
      return new CsError(body.kind, body.code, body.message, { ...body.details, ...extra });
    }
  } catch {
    // not JSON: a proxy's page; told below
  }
  return new CsError(
    'external',
    'CS_BAD_ANSWER',
    `The server answered ${name} with HTTP status ${response.status}.`,
    extra,
  );
}

/** True when the error says that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof CsError && error.details['status'] === 401;
}

/** Address of a file below the project directory. @param path relative to it */
export function fileUrl(project_uid: string, path: string): string {
  return `/api/file?${new URLSearchParams({ project_uid, path })}`;
}

/** Address of a map for the viewer. @param maxSize_px longest side that the server may send, in voxels */
export function volumeUrl(project_uid: string, path: string, maxSize_px: number): string {
  return `/api/volume?${new URLSearchParams({ project_uid, path, max_size: String(maxSize_px) })}`;
}
