import { CsError } from '../../base/errors.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html */
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const BUSY = 5;
const READONLY = 8;

/**
 * An error of SQLite as one that says who must act; any other error as it is.
 * @param path the database file, for the message
 */
export function sqliteError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || (error as { code?: string }).code !== 'ERR_SQLITE_ERROR') return error;
  const primary = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  const make = (kind: CsError['kind'], code: string, text: string): CsError =>
    new CsError(kind, code, text, { path, sqlite: error.message }, error);
  switch (primary) {
    case FULL:
      return make(
        'resource',
        'CS_DISK_FULL',
        `The disk of the database ${path} is full; the change was not made. Free some space and try again.`,
      );
    case CORRUPT:
    case NOTADB:
      return make(
        'external',
        'CS_DB_CORRUPT',
        `The database ${path} is damaged (${error.message}). Put a backup in its place, or attach the project directories to a new database.`,
      );
    case CANTOPEN:
    case READONLY:
      return make(
        'external',
        'CS_DB_OPEN',
        `The database ${path} cannot be opened for writing (${error.message}). Check owner and permissions.`,
      );
    case BUSY:
      return make('conflict', 'CS_DB_BUSY', `The database ${path} is open in another process.`);
    case IOERR:
      return make(
        'external',
        'CS_DB_IO',
        `The disk of the database ${path} fails (${error.message}); the change was not made.`,
      );
    default:
      return error;
  }
}
