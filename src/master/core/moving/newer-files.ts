import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../../../schema/model.ts';
import type { Database } from '../../db/database.ts';
import type { StoredProject } from '../projects.ts';
import { numOf } from '../uids.ts';

/**
 * After an older database was restored: make sure that new jobs do not get the directories of jobs that it does not know,
 * and say what the project directories know better.
 * @returns what is newer on disk, in words
 */
export async function noteNewerFiles(db: Database): Promise<string[]> {
  const notes: string[] = [];
  for (const project of db.docs<StoredProject>('SELECT doc FROM projects WHERE archived = 0 ORDER BY num')) {
    const names = await readdir(project.project_dir).catch(() => null);
    if (names === null) {
      notes.push(`${project.uid}: its directory ${project.project_dir} cannot be read.`);
      continue;
    }
    const uids = names.filter((name) => /^J[1-9]\d*$/.test(name)).sort((a, b) => numOf(a) - numOf(b));
    const last = Math.max(0, ...uids.map(numOf));
    db.run('UPDATE projects SET last_job = max(last_job, ?) WHERE num = ?', last, numOf(project.uid));
    const newer: string[] = [];
    for (const uid of uids) if (await isNewer(db, project, uid)) newer.push(uid);
    if (newer.length === 0) continue;
    notes.push(
      `${project.uid}: ${newer.join(', ')} on disk ${newer.length === 1 ? 'is' : 'are'} newer than the backup. Detach the project and attach ${project.project_dir} again to have the state on disk.`,
    );
  }
  return notes;
}

async function isNewer(db: Database, project: StoredProject, uid: string): Promise<boolean> {
  try {
    const { updated_at } = JSON.parse(await readFile(join(project.project_dir, uid, 'job.json'), 'utf8')) as Job;
    const known = db.docs<Job>(
      'SELECT doc FROM jobs WHERE project_num = ? AND num = ?',
      numOf(project.uid),
      numOf(uid),
    )[0];
    return known === undefined || updated_at > known.updated_at;
  } catch {
    // a directory without a document is left over from a job that was deleted
    return false;
  }
}
