import { rm } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';
import { VERSION } from '../../host/version.ts';
import { ACTIVE_STATUSES, type Project, type User } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Bus } from './bus.ts';
import type { Dumper } from './dump.ts';
import { type LockOwner, readLock, removeLock, writeLock } from './moving/project-lock.ts';
import { makeProjectDir } from './project-dir.ts';
import { numOf } from './uids.ts';

export type StoredProject = Omit<Project, 'counts'>;
/** SQL list of the statuses that hold slots. */
export const ACTIVE_SQL = ACTIVE_STATUSES.map((status) => `'${status}'`).join(', ');

const NO_COUNTS = { workspaces: 0, jobs: 0, jobs_active: 0 };

/** Who looks: an admin sees every project, a plain user his own and those shared with him. */
export interface Viewer {
  readonly user: User;
  readonly admin: boolean;
}

/** Projects: a row, a directory, and who may see it. */
export class Projects {
  private readonly db: Database;
  private readonly bus: Bus;
  private readonly dumper: Dumper;
  private readonly owner: LockOwner;

  /** @param owner what the locks of project directories say of this instance */
  constructor(db: Database, bus: Bus, dumper: Dumper, owner: LockOwner) {
    this.db = db;
    this.bus = bus;
    this.dumper = dumper;
    this.owner = owner;
  }

  /**
   * Make the directory `CS-<title>` below the container (with a number when taken) and the project in it.
   * @throws CsError when the container cannot be used; its parent directory must be there
   */
  async create(owner: User, container: string, title: string, description: string): Promise<Project> {
    if (!isAbsolute(container)) {
      throw new CsError(
        'input',
        'CS_PATH',
        `The project container directory "${container}" must be an absolute path.`,
        { container },
      );
    }
    const project_dir = await makeProjectDir(container, title);
    const project = this.db.transaction(() => {
      const { id } = this.db.run('INSERT INTO projects (owner_user_id, doc) VALUES (?, ?)', owner.id, '{}');
      const now = new Date().toISOString();
      const created: StoredProject = {
        uid: `P${id}`,
        title,
        description,
        project_dir,
        owner_user_id: owner.id,
        users_with_access: [],
        project_params_pdef: {},
        paused: false,
        archived: false,
        created_at: now,
        updated_at: now,
        created_at_version: VERSION,
      };
      this.db.run('UPDATE projects SET doc = ? WHERE num = ?', JSON.stringify(created), id);
      return created;
    });
    await writeLock(project_dir, this.owner, project.uid).catch((error: unknown) => {
      this.db.run('DELETE FROM projects WHERE num = ?', numOf(project.uid));
      throw error;
    });
    this.dumper.wake();
    this.changed(project.uid);
    return { ...project, counts: NO_COUNTS };
  }

  list(viewer: Viewer): Project[] {
    const rows = this.db.docs<StoredProject>(
      `SELECT doc FROM projects p WHERE ? OR owner_user_id = ?
       OR EXISTS (SELECT 1 FROM project_users u WHERE u.project_num = p.num AND u.user_id = ?) ORDER BY num DESC`,
      viewer.admin ? 1 : 0,
      viewer.user.id,
      viewer.user.id,
    );
    const counts = this.counts();
    return rows.map((project) => ({ ...project, counts: counts.get(numOf(project.uid)) ?? NO_COUNTS }));
  }

  /** @throws CsError `CS_PROJECT_UNKNOWN`, also when it exists but the viewer may not see it */
  require(viewer: Viewer, project_uid: string): StoredProject {
    if (this.canSee(viewer, project_uid)) {
      const project = this.find(project_uid);
      if (project) return project;
    }
    throw new CsError('notFound', 'CS_PROJECT_UNKNOWN', `There is no project ${project_uid} that you may see.`, {
      project_uid,
    });
  }

  canSee(viewer: Viewer, project_uid: string): boolean {
    if (viewer.admin) return true;
    const row = this.db.get(
      `SELECT 1 FROM projects p WHERE num = ? AND (owner_user_id = ?
       OR EXISTS (SELECT 1 FROM project_users u WHERE u.project_num = p.num AND u.user_id = ?))`,
      numOf(project_uid),
      viewer.user.id,
      viewer.user.id,
    );
    return row !== undefined;
  }

  find(project_uid: string): StoredProject | undefined {
    return this.db.docs<StoredProject>('SELECT doc FROM projects WHERE num = ?', numOf(project_uid))[0];
  }

  withCounts(project: StoredProject): Project {
    return { ...project, counts: this.counts(numOf(project.uid)).get(numOf(project.uid)) ?? NO_COUNTS };
  }

  /** Store a changed document and tell everyone who may see it. */
  save(project: StoredProject): Project {
    const saved = { ...project, updated_at: new Date().toISOString() };
    this.db.run(
      'UPDATE projects SET doc = ?, paused = ?, archived = ?, owner_user_id = ?, changes = changes + 1 WHERE num = ?',
      JSON.stringify(saved),
      saved.paused ? 1 : 0,
      saved.archived ? 1 : 0,
      saved.owner_user_id,
      numOf(saved.uid),
    );
    this.dumper.wake();
    this.changed(saved.uid);
    return this.withCounts(saved);
  }

  /**
   * Forget a project; its directory stays, without our lock, unless `delete_files`.
   * @throws CsError when a job of it is queued or active, or the directory is not the project's
   */
  async delete(project: StoredProject, delete_files: boolean): Promise<void> {
    const { uid, project_dir } = project;
    this.refuseLive(uid);
    const ours = (await readLock(project_dir))?.instance_id === this.owner.instance_id;
    if (delete_files && !ours) {
      throw new CsError(
        'conflict',
        'CS_PROJECT_LOCK',
        `${project_dir} is not deleted: it has no cs.lock of this instance.`,
      );
    }
    this.db.run('DELETE FROM projects WHERE num = ?', numOf(uid));
    this.bus.push('project_deleted', null, { uid });
    if (!delete_files) {
      if (ours) await removeLock(project_dir);
      return;
    }
    await rm(project_dir, { recursive: true, force: true }).catch((error: unknown) => {
      throw fileError(error, 'Project directory', project_dir);
    });
  }

  /** @throws CsError `CS_PROJECT_IN_USE` while a job of the project is queued or active */
  refuseLive(project_uid: string): void {
    const live = this.db.all<{ num: number }>(
      `SELECT num FROM jobs WHERE project_num = ? AND status IN ('queued', ${ACTIVE_SQL}) ORDER BY num`,
      numOf(project_uid),
    );
    if (live.length === 0) return;
    const list = live.map(({ num }) => `J${num}`).join(', ');
    throw new CsError(
      'conflict',
      'CS_PROJECT_IN_USE',
      `Project ${project_uid} has queued or running jobs (${list}); kill them first.`,
    );
  }

  /** @throws CsError `CS_PROJECT_ARCHIVED`; nothing in an archived project may change */
  refuseArchived(project_uid: string): void {
    if (!this.db.get('SELECT 1 FROM projects WHERE num = ? AND archived = 1', numOf(project_uid))) return;
    throw new CsError(
      'conflict',
      'CS_PROJECT_ARCHIVED',
      `Project ${project_uid} is archived; unarchive it before changing anything in it.`,
      { project_uid },
    );
  }

  /** Its own documents are as before, but what is counted or listed in it is not. */
  touch(project_uid: string): void {
    this.db.run('UPDATE projects SET changes = changes + 1 WHERE num = ?', numOf(project_uid));
    this.dumper.wake();
    this.changed(project_uid);
  }

  /** Tell listeners, once the change is on disk. */
  changed(project_uid: string): void {
    this.db.afterCommit(() => {
      const project = this.find(project_uid);
      if (project) this.bus.push('project', project_uid, this.withCounts(project));
    });
  }

  /** Owner and admins decide who else sees a project. */
  requireOwner(viewer: Viewer, project_uid: string): StoredProject {
    const project = this.require(viewer, project_uid);
    if (viewer.admin || project.owner_user_id === viewer.user.id) return project;
    throw new CsError('denied', 'CS_NOT_OWNER', `Only the owner of ${project_uid} or an admin may change who sees it.`);
  }

  addUser(project: StoredProject, user: User): Project {
    return this.db.transaction(() => {
      this.db.run(
        'INSERT OR IGNORE INTO project_users (project_num, user_id) VALUES (?, ?)',
        numOf(project.uid),
        user.id,
      );
      const users_with_access = [...new Set([...project.users_with_access, user.id])];
      return this.save({ ...project, users_with_access });
    });
  }

  removeUser(project: StoredProject, user_id: string): Project {
    return this.db.transaction(() => {
      this.db.run('DELETE FROM project_users WHERE project_num = ? AND user_id = ?', numOf(project.uid), user_id);
      return this.save({ ...project, users_with_access: project.users_with_access.filter((id) => id !== user_id) });
    });
  }

  /** Give all projects of an account to another, and forget what was shared with it. */
  passOn(from: User, to: User): void {
    const owned = this.db.docs<StoredProject>('SELECT doc FROM projects WHERE owner_user_id = ?', from.id);
    for (const project of owned) this.save({ ...project, owner_user_id: to.id });
    const shared = this.db.docs<StoredProject>(
      'SELECT p.doc FROM projects p JOIN project_users u ON u.project_num = p.num WHERE u.user_id = ?',
      from.id,
    );
    for (const project of shared) this.removeUser(project, from.id);
  }

  private counts(num: number | null = null): Map<number, Project['counts']> {
    const rows = this.db.all<{ num: number; workspaces: number; jobs: number; jobs_active: number }>(
      `SELECT p.num, (SELECT count(*) FROM workspaces w WHERE w.project_num = p.num) AS workspaces,
         (SELECT count(*) FROM jobs j WHERE j.project_num = p.num) AS jobs,
         (SELECT count(*) FROM jobs j WHERE j.project_num = p.num AND j.status IN (${ACTIVE_SQL})) AS jobs_active
       FROM projects p WHERE p.num = ?1 OR ?1 IS NULL`,
      num,
    );
    return new Map(rows.map(({ num, ...counts }) => [num, counts]));
  }
}
