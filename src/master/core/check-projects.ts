import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asCsError } from '../../base/errors.ts';
import type { Database } from '../db/database.ts';
import { ownerText, readLock } from './moving/project-lock.ts';
import type { StoredProject } from './projects.ts';
import { numOf } from './uids.ts';

/** What keeps projects from being worked on: directories that are away, locked by others, or lack job directories. */
export async function checkProjects(db: Database, instance_id: string): Promise<string[]> {
  const problems: string[] = [];
  for (const project of db.docs<StoredProject>('SELECT doc FROM projects WHERE archived = 0 ORDER BY num')) {
    problems.push(...(await checkProject(db, project, instance_id)).map((text) => `${project.uid}: ${text}`));
  }
  return problems;
}

async function checkProject(db: Database, project: StoredProject, instance_id: string): Promise<string[]> {
  const { uid, project_dir } = project;
  if (!(await exists(project_dir)))
    return [`its directory ${project_dir} does not exist; mount it, or archive or detach the project`];
  try {
    const lock = await readLock(project_dir);
    if (lock === null)
      return [`${project_dir} has no readable cs.lock; detach the project and attach the directory again`];
    if (lock.instance_id !== instance_id) return [`${project_dir} is attached to ${ownerText(lock)}; detach it here`];
  } catch (error) {
    return [asCsError(error).message];
  }
  const missing: string[] = [];
  const jobs = db.all<{ num: number }>(
    "SELECT num FROM jobs WHERE project_num = ? AND status <> 'building'",
    numOf(uid),
  );
  for (const { num } of jobs) if (!(await exists(join(project_dir, `J${num}`)))) missing.push(`J${num}`);
  return missing.length === 0
    ? []
    : [`no directory of ${missing.join(', ')} in ${project_dir}; their results are lost`];
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
