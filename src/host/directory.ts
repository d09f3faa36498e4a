import { accessSync, constants, rmSync, statSync, writeFileSync } from 'node:fs';
import { CsError } from '../base/errors.ts';

/**
 * Check that a directory is there and that files can be made in it, by making one.
 * @param what the directory's part in the sentence, for example `The SSD cache path`
 * @throws CsError `input` with `code`, naming the directory and what is wrong with it
 */
export function checkWritableDirectory(path: string, code: string, what: string): void {
  const fail = (reason: string): CsError => new CsError('input', code, `${what} ${path} ${reason}.`, { path });
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw fail('does not exist');
  if (!stat.isDirectory()) throw fail('is not a directory');
  const probe = `${path}/.cryosparc-write-test-${process.pid}`;
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    writeFileSync(probe, '', { flag: 'wx' });
    rmSync(probe);
  } catch (error) {
    throw fail(`is not writable (${(error as NodeJS.ErrnoException).code})`);
  }
}
