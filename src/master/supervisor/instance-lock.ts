import { DatabaseSync } from 'node:sqlite';
import { CsError } from '../../base/errors.ts';

/**
 * Hold a file exclusively until this process ends, however it ends.
 *
 * Node has no call for file locks, but SQLite takes one (fcntl, which NFS honours too) for an exclusive transaction;
 * the kernel gives it back when the process dies, so there is no stale lock to judge. The file stays empty.
 *
 * @throws CsError `conflict` `CS_ALREADY_RUNNING` when another process holds it
 */
export function holdLock(path: string): { release(): void } {
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    // nothing is ever written: no journal beside the file
    file.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    const busy = (error as { errcode?: number }).errcode === 5;
    if (!busy)
      throw new CsError('external', 'CS_LOCK', `Cannot lock ${path}: ${(error as Error).message}.`, { path }, error);
    throw new CsError(
      'conflict',
      'CS_ALREADY_RUNNING',
      `Another supervisor of this instance is running (it holds ${path}).`,
      { path },
      error,
    );
  }
  return { release: () => file.close() };
}
