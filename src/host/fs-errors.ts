import { CsError } from '../base/errors.ts';

const WORDS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'lies below something that is not a directory',
  EISDIR: 'is a directory, wanted a file',
  EACCES: 'may not be accessed by this user (permission denied)',
  EPERM: 'may not be accessed by this user (operation not permitted)',
  ELOOP: 'is a symbolic link that leads back to itself',
  ENAMETOOLONG: 'has a name that is too long',
  EMFILE: 'cannot be opened: this process has too many open files',
  EROFS: 'lies on a read-only file system',
  ESTALE: 'is a stale file handle of a network file system',
  EIO: 'cannot be read or written: input/output error of the device',
};

/** The operating system's error code (`ENOENT`) of a thrown value, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * An error of the file system as a `CsError` that names the file and says in words what is wrong.
 * A full disk is kind `resource`; a missing or forbidden file `input`; the rest `external`.
 *
 * @param what the thing as the user knows it, for example `Particle stack` or `Dataset`
 */
export function fileError(error: unknown, what: string, path: string): CsError {
  if (error instanceof CsError) return error;
  const code = errnoOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const cause = code === 'ENOSPC' ? 'the disk is full' : 'the disk quota is used up';
    return new CsError('resource', 'CS_DISK_FULL', `${what} ${path} could not be written: ${cause}.`, { path }, error);
  }
  if (code === undefined) {
    const message = error instanceof Error ? error.message : String(error);
    return new CsError('bug', 'CS_UNEXPECTED', `${what} ${path}: ${message}`, { path }, error);
  }
  const words = WORDS[code] ?? `failed with system error ${code}`;
  const kind = code in WORDS && code !== 'EIO' && code !== 'EMFILE' && code !== 'ESTALE' ? 'input' : 'external';
  const name = code === 'ENOENT' ? 'CS_FILE_MISSING' : 'CS_FILE_ACCESS';
  return new CsError(kind, name, `${what} ${path} ${words}.`, { path, errno: code }, error);
}
