import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { CsError } from '../../../base/errors.ts';
import { errnoOf, fileError } from '../../../host/fs-errors.ts';

export const LOCK_FILE = 'cs.lock';

/** Who holds a project directory: an instance, and where people find it. */
export interface LockOwner {
  readonly instance_id: string;
  readonly hostname: string;
  readonly base_port: number;
  readonly instance_dir: string;
}

/** Locks of earlier versions name the instance alone. */
const lockSchema = z.object({
  instance_id: z.string(),
  project_uid: z.string(),
  created_at: z.string(),
  hostname: z.string().default(''),
  base_port: z.int().default(0),
  instance_dir: z.string().default(''),
  /** inode numbers of the directory and of the lock itself: a copy has others */
  inodes: z.string().default(''),
});
export type ProjectLock = z.output<typeof lockSchema>;

/** The lock of a project directory as it stands; null when there is none or it cannot be understood. */
export async function readLock(project_dir: string): Promise<ProjectLock | null> {
  const path = join(project_dir, LOCK_FILE);
  try {
    const parsed = lockSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return null;
    throw fileError(error, 'Lock', path);
  }
}

/**
 * Whether the lock came here with a copy of the directory: copying gives other inode numbers, renaming and mounting
 * elsewhere do not. A lock that does not tell counts as in force.
 */
export async function isCopied(project_dir: string, lock: ProjectLock): Promise<boolean> {
  return lock.inodes !== '' && lock.inodes !== (await inodesOf(project_dir));
}

/**
 * Lock a directory that has no lock.
 * @throws CsError `CS_PROJECT_LOCK` when another instance was quicker
 */
export async function writeLock(project_dir: string, owner: LockOwner, project_uid: string): Promise<void> {
  const path = join(project_dir, LOCK_FILE);
  try {
    const file = await open(path, 'wx', 0o664);
    try {
      const lock: ProjectLock = {
        instance_id: owner.instance_id,
        project_uid,
        created_at: new Date().toISOString(),
        hostname: owner.hostname,
        base_port: owner.base_port,
        instance_dir: owner.instance_dir,
        inodes: await inodesOf(project_dir),
      };
      await file.writeFile(`${JSON.stringify(lock)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      throw new CsError('conflict', 'CS_PROJECT_LOCK', `${project_dir} was locked by another instance just now.`);
    }
    throw fileError(error, 'Lock', path);
  }
}

export async function removeLock(project_dir: string): Promise<void> {
  const path = join(project_dir, LOCK_FILE);
  await rm(path, { force: true }).catch((error: unknown) => {
    throw fileError(error, 'Lock', path);
  });
}

/** The instance of a lock for people: `cryoem1:38000 (/opt/cs)`. */
export function ownerText(lock: ProjectLock): string {
  return lock.hostname === ''
    ? `instance ${lock.instance_id}`
    : `the instance at ${lock.hostname}:${lock.base_port} (${lock.instance_dir})`;
}

async function inodesOf(project_dir: string): Promise<string> {
  const [dir, lock] = await Promise.all(
    [project_dir, join(project_dir, LOCK_FILE)].map((path) => stat(path, { bigint: true })),
  );
  return `${dir?.ino}:${lock?.ino}`;
}
