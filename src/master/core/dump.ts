import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asCsError, CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';
import type { Job, Project, User, Workspace } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';
import { ownerText, readLock } from './moving/project-lock.ts';

const DEBOUNCE_MS = 500;
const RETRY_MS = 10_000;
const BATCH = 100;

interface ProjectRow {
  num: number;
  changes: number;
  doc: string;
}
interface JobRow extends ProjectRow {
  project_num: number;
  project_dir: string;
}

/**
 * Writes every document of a project into its directory: `project.json`, `workspaces.json`, `job_manifest.json`,
 * `Jn/job.json`. What is still to be written is marked in the database, so that neither a crash nor an unreachable
 * file system loses a change; a write that fails is logged and tried again.
 */
export class Dumper {
  private readonly db: Database;
  private readonly log: Log;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private readonly instance_id: string;
  /** locks looked at in this run, by project directory */
  private readonly locks = new Map<string, Promise<void>>();
  /** what could not be written in the last run, in words */
  readonly failures = new Set<string>();

  /** @param instance_id directories that another instance has locked are not written to */
  constructor(db: Database, log: Log, instance_id: string) {
    this.db = db;
    this.instance_id = instance_id;
    this.log = log;
  }

  /** Something has changed: write it soon. */
  wake(delay_ms = DEBOUNCE_MS): void {
    if (this.running) this.again = true;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flush().catch((error: unknown) => this.log.error('dump failed:', error));
    }, delay_ms);
  }

  /** Write all that is marked. One run at a time; a call during a run waits for it and runs once more. */
  async flush(): Promise<void> {
    while (this.running) await this.running;
    this.running = this.writeAll();
    try {
      await this.running;
    } finally {
      this.running = null;
    }
    if (this.again) this.wake();
    else if (this.failures.size > 0) this.wake(RETRY_MS);
    this.again = false;
  }

  /** Write all that is marked of one project. @throws CsError `CS_NOT_DUMPED` when something could not be written */
  async flushProject(project_num: number): Promise<void> {
    await this.flush();
    const left = this.db.get<{ n: number }>(
      `SELECT (SELECT count(*) FROM projects WHERE num = ?1 AND dumped <> changes)
         + (SELECT count(*) FROM jobs WHERE project_num = ?1 AND dumped <> changes) AS n`,
      project_num,
    );
    if (left?.n === 0) return;
    const why = [...this.failures].join(' ');
    throw new CsError(
      'external',
      'CS_NOT_DUMPED',
      `P${project_num} could not be written to its directory completely. ${why}`,
    );
  }

  /** Stop the timer; what is marked is written at the next start or by a last `flush`. */
  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private async writeAll(): Promise<void> {
    this.failures.clear();
    this.locks.clear();
    for (const row of this.db.all<ProjectRow>(
      'SELECT num, changes, doc FROM projects WHERE dumped <> changes AND archived = 0',
    )) {
      if (await this.attempt(() => this.writeProject(row))) {
        this.db.run('UPDATE projects SET dumped = ? WHERE num = ?', row.changes, row.num);
      }
    }
    let after = [0, 0];
    for (;;) {
      const rows = this.db.all<JobRow>(
        `SELECT j.project_num, j.num, j.changes, j.doc, p.doc ->> 'project_dir' AS project_dir FROM jobs j
         JOIN projects p ON p.num = j.project_num
         WHERE j.dumped <> j.changes AND p.archived = 0 AND (j.project_num, j.num) > (?, ?) ORDER BY j.project_num, j.num LIMIT ?`,
        after[0] ?? 0,
        after[1] ?? 0,
        BATCH,
      );
      const written: JobRow[] = [];
      for (const row of rows) if (await this.attempt(() => this.writeJob(row))) written.push(row);
      this.db.transaction(() => {
        for (const row of written) {
          this.db.run(
            'UPDATE jobs SET dumped = ? WHERE project_num = ? AND num = ?',
            row.changes,
            row.project_num,
            row.num,
          );
        }
      });
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      after = [last.project_num, last.num];
    }
  }

  private async writeProject(row: ProjectRow): Promise<void> {
    const project = JSON.parse(row.doc) as Project;
    await this.checkLock(project.project_dir);
    const workspaces = this.db.docs<Workspace>(
      'SELECT doc FROM workspaces WHERE project_num = ? ORDER BY num',
      row.num,
    );
    const jobs = this.db.all<{ num: number }>('SELECT num FROM jobs WHERE project_num = ? ORDER BY num', row.num);
    const accounts = this.db.docs<User>(
      `SELECT doc FROM users u WHERE id = (SELECT owner_user_id FROM projects WHERE num = ?1)
       OR EXISTS (SELECT 1 FROM project_users p WHERE p.project_num = ?1 AND p.user_id = u.id) ORDER BY email`,
      row.num,
    );
    await writeJson(join(project.project_dir, 'project.json'), { ...project, accounts });
    await writeJson(join(project.project_dir, 'workspaces.json'), workspaces);
    await writeJson(join(project.project_dir, 'job_manifest.json'), { jobs: jobs.map((job) => `J${job.num}`) });
  }

  private async writeJob(row: JobRow): Promise<void> {
    const job = JSON.parse(row.doc) as Job;
    await this.checkLock(row.project_dir);
    const dir = join(row.project_dir, job.job_dir);
    await mkdir(dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw fileError(error, 'Job directory', dir);
    });
    await writeJson(join(dir, 'job.json'), job);
  }

  /** @throws CsError `CS_PROJECT_LOCK` when another instance has attached the directory by force */
  private checkLock(project_dir: string): Promise<void> {
    const known = this.locks.get(project_dir);
    if (known) return known;
    const check = readLock(project_dir).then((lock) => {
      if (lock === null || lock.instance_id === this.instance_id) return;
      throw new CsError(
        'conflict',
        'CS_PROJECT_LOCK',
        `${project_dir} was attached to ${ownerText(lock)}; detach the project here.`,
      );
    });
    this.locks.set(project_dir, check);
    return check;
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const { message } = asCsError(error);
      this.failures.add(message);
      this.log.warn(`not written to the project directory, will be tried again: ${message}`);
      return false;
    }
  }
}

/** Asynchronous, because a project's file system may hang while the rest of the instance must go on. */
async function writeJson(path: string, value: unknown): Promise<void> {
  const partial = join(dirname(path), `.${randomUUID()}.partial`);
  try {
    const file = await open(partial, 'wx', 0o664);
    try {
      await file.writeFile(`${JSON.stringify(value, null, 1)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw fileError(error, 'File', path);
  }
}
