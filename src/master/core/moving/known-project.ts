import { join } from 'node:path';
import { ACTIVE_STATUSES, type Job, type User } from '../../../schema/model.ts';
import type { Database } from '../../db/database.ts';
import { readOutcome } from '../../launch/outcome.ts';
import { NOT_RUN } from '../new-job.ts';
import type { StoredProject } from '../projects.ts';
import { numOf } from '../uids.ts';
import type { ProjectFiles } from './project-files.ts';

interface Arrival {
  files: ProjectFiles;
  owner: User;
  /** accounts of this instance; those of the directory are found among them by id or email */
  accounts: readonly User[];
  /** why a job that was running does not run any more */
  reason: string;
}

/**
 * Take the documents of a project directory into the database. The project keeps its uid unless that is taken here;
 * uids of workspaces and jobs stay. A job that was active has its outcome if its process left one, else it failed; one
 * that was queued is being built again.
 * @returns uid of the project
 */
export function insertKnownProject(db: Database, { files, owner, accounts, reason }: Arrival): string {
  return db.transaction(() => {
    const { accounts: known, ...document } = files.project;
    const here = (id: string): User | undefined => {
      const email = known.find((account) => account.id === id)?.email;
      return accounts.find((account) => account.id === id) ?? accounts.find((account) => account.email === email);
    };
    const shared = document.users_with_access.flatMap((id) => here(id) ?? []).filter(({ id }) => id !== owner.id);
    const workspaces = workspacesOf(files, owner);
    const num = freeNumber(db, numOf(document.uid), owner);
    const uid = `P${num}`;
    const project: StoredProject = {
      ...document,
      uid,
      project_dir: files.dir,
      owner_user_id: owner.id,
      users_with_access: shared.map(({ id }) => id),
      archived: false,
    };
    db.run(
      'UPDATE projects SET doc = ?, paused = ?, last_workspace = ?, last_job = ? WHERE num = ?',
      JSON.stringify(project),
      project.paused ? 1 : 0,
      Math.max(...workspaces.map((w) => numOf(w.uid))),
      files.last_job,
      num,
    );
    for (const user of shared) {
      db.run('INSERT OR IGNORE INTO project_users (project_num, user_id) VALUES (?, ?)', num, user.id);
    }
    for (const workspace of workspaces) {
      const created_by_user_id = (here(workspace.created_by_user_id) ?? owner).id;
      const doc = { ...workspace, project_uid: uid, created_by_user_id };
      const keys = [num, numOf(workspace.uid)];
      db.run('INSERT INTO workspaces (project_num, num, doc) VALUES (?, ?, ?)', ...keys, JSON.stringify(doc));
    }
    const uids = new Set(workspaces.map((w) => w.uid));
    for (const read of files.jobs) {
      const workspace_uids = read.workspace_uids.filter((w) => uids.has(w));
      insertJob(db, num, {
        ...settled(read, files.dir, reason),
        project_uid: uid,
        workspace_uids: workspace_uids.length > 0 ? workspace_uids : workspaces.slice(0, 1).map((w) => w.uid),
        created_by_user_id: (here(read.created_by_user_id) ?? owner).id,
        children: files.jobs.filter((other) => other.parents.includes(read.uid)).map((other) => other.uid),
      });
    }
    return uid;
  });
}

/** The workspaces of a project; one is made for jobs whose workspaces are not known. */
function workspacesOf(files: ProjectFiles, owner: User): ProjectFiles['workspaces'] {
  if (files.workspaces.length > 0) return files.workspaces;
  const found = {
    uid: 'W1',
    project_uid: files.project.uid,
    workspace_type: 'base' as const,
    title: 'Found again',
    description: 'workspaces.json could not be read when the project was attached.',
    created_by_user_id: owner.id,
    created_at: new Date().toISOString(),
  };
  return [found];
}

/** A row for the project: under the wished number if that is free here, else under the next one. */
function freeNumber(db: Database, wished: number, owner: User): number {
  const taken = db.get('SELECT 1 FROM projects WHERE num = ?', wished) !== undefined;
  const columns = 'INSERT INTO projects (num, owner_user_id, doc) VALUES (?, ?, ?)';
  return db.run(columns, taken ? null : wished, owner.id, '{}').id;
}

function insertJob(db: Database, project_num: number, job: Job): void {
  const num = numOf(job.uid);
  db.run(
    'INSERT INTO jobs (project_num, num, status, priority, queued_at, doc) VALUES (?, ?, ?, ?, ?, ?)',
    project_num,
    num,
    job.status,
    job.priority,
    job.queued_at,
    JSON.stringify(job),
  );
  for (const workspace_uid of job.workspace_uids) {
    const keys = [project_num, numOf(workspace_uid), num];
    db.run('INSERT OR IGNORE INTO job_workspaces (project_num, workspace_num, job_num) VALUES (?, ?, ?)', ...keys);
  }
}

/** A job as it is when nobody runs it. */
function settled(job: Job, project_dir: string, reason: string): Job {
  if (job.status === 'queued') return { ...job, ...NOT_RUN, status: 'building' };
  if (!ACTIVE_STATUSES.includes(job.status)) return job;
  const left = readOutcome(join(project_dir, job.job_dir, '.finish.json'));
  const status = left?.status ?? 'failed';
  const errors_run = left?.errors ?? [{ kind: 'external', code: 'CS_PROJECT_MOVED', message: reason }];
  const outputs = left?.outputs ?? [];
  return {
    ...job,
    status,
    [`${status}_at`]: new Date().toISOString(),
    queue_status: null,
    queue_message: null,
    errors_run: errors_run.slice(0, 10),
    outputs: [...job.outputs.filter((o) => !outputs.some((written) => written.name === o.name)), ...outputs],
  };
}
