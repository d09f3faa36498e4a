import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { realpath, stat, statfs } from 'node:fs/promises';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';

/** Type of FUSE file systems (statfs(2)), which may number their files anew at each mount. */
const FUSE = 0x65735546;

/** A file to be cached, as it stood when it was looked at. */
export interface Source {
  /** without symbolic links, so that a file imported into many projects is copied once */
  readonly path: string;
  readonly size: number;
  readonly mtime_ns: bigint;
  readonly ino: bigint;
  readonly key: string;
  /** name in the cache: the key and the file's extension */
  readonly name: string;
}

/** Which devices number their files anew at each mount, by device number. */
export type InodeHabits = Map<bigint, boolean>;

/**
 * A file with the key that names this content of it: a hash of its real path, size, time of change and, where the
 * file system keeps it, inode. The number of the device is left out, as it may change at each start of the machine.
 *
 * @throws CsError when the file cannot be looked at, or is not a regular file
 */
export async function sourceOf(given: string, habits: InodeHabits): Promise<Source> {
  try {
    const path = await realpath(given);
    const found = await stat(path, { bigint: true });
    if (!found.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
    let stable = habits.get(found.dev);
    if (stable === undefined) {
      stable = (await statfs(path)).type !== FUSE;
      habits.set(found.dev, stable);
    }
    const { mtimeNs: mtime_ns, ino } = found;
    const identity = [path, found.size, mtime_ns, stable ? ino : 0].map(String);
    const key = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40);
    const extension = /\.[a-z0-9]{1,8}$/.exec(path)?.[0] ?? '';
    return { path, size: Number(found.size), mtime_ns, ino, key, name: key + extension };
  } catch (error) {
    throw fileError(error, 'File', given);
  }
}

/** @throws CsError `CS_CACHE_SOURCE_CHANGED` when the open file is not, or no longer, the one that was looked at */
export function checkUnchanged(source: Source, now: BigIntStats): void {
  if (now.ino === source.ino && now.mtimeNs === source.mtime_ns && Number(now.size) === source.size) return;
  const message = `File ${source.path} was changed while it was copied to the SSD cache.`;
  throw new CsError('external', 'CS_CACHE_SOURCE_CHANGED', message, { path: source.path });
}
