import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { CsError } from '../../../base/errors.ts';
import { fileError } from '../../../host/fs-errors.ts';
import type { Project, User } from '../../../schema/model.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { Database } from '../../db/database.ts';
import type { Bus } from '../bus.ts';
import type { Dumper } from '../dump.ts';
import type { Projects, StoredProject, Viewer } from '../projects.ts';
import { numOf } from '../uids.ts';
import { insertKnownProject } from './known-project.ts';
import { type ProjectFiles, readProjectDir } from './project-files.ts';
import { isCopied, type LockOwner, ownerText, readLock, removeLock, writeLock } from './project-lock.ts';

interface Parts {
  db: Database;
  bus: Bus;
  accounts: Accounts;
  dumper: Dumper;
  projects: Projects;
  owner: LockOwner;
}

export type AttachedProject = Project & {
  /** what of the directory is missing or leads nowhere, in words */
  problems: string[];
};

/** Projects that leave this instance, come to it, or are put away. */
export class ProjectMoves {
  private readonly parts: Parts;
  /** directories that are being attached */
  private readonly arriving = new Set<string>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /**
   * Write everything into the project directory, give up its lock and forget the project; another instance, or this
   * one, can attach the directory then.
   * @throws CsError `CS_PROJECT_IN_USE`, `CS_PROJECT_ARCHIVED`, `CS_NOT_DUMPED`
   */
  async detach(project: StoredProject): Promise<void> {
    const { db, bus, dumper, projects, owner } = this.parts;
    const { uid, project_dir } = project;
    projects.refuseLive(uid);
    projects.refuseArchived(uid);
    const lock = await readLock(project_dir);
    await dumper.flushProject(numOf(uid));
    projects.refuseLive(uid);
    db.run('DELETE FROM projects WHERE num = ?', numOf(uid));
    bus.push('project_deleted', null, { uid });
    if (lock?.instance_id === owner.instance_id) await removeLock(project_dir);
  }

  /**
   * Take a project directory over, with all that stands in it.
   * @param caller who asks; a plain user only gets a project that was his or shared with him, or nobody's here
   * @param force also when the lock says that another instance has it attached
   * @throws CsError `CS_PATH`, `CS_PROJECT_ATTACHED`, `CS_NOT_A_PROJECT`, `CS_NOT_OWNER`, `CS_PROJECT_LOCK`
   */
  async attach(caller: Viewer, owner: User, path: string, force: boolean): Promise<AttachedProject> {
    const { db, accounts, dumper, projects } = this.parts;
    const dir = await directory(path);
    this.refuseAttached(dir);
    if (this.arriving.has(dir)) {
      throw new CsError('conflict', 'CS_PROJECT_ATTACHED', `${dir} is being attached by another call just now.`);
    }
    this.arriving.add(dir);
    try {
      const files = await readProjectDir(dir);
      refuseForeign(caller, files, accounts.list());
      await this.takeLock(dir, force, files.project.uid);
      const reason = 'The job was active when its project was attached to another instance.';
      const uid = insertKnownProject(db, { files, owner, accounts: accounts.list(), reason });
      dumper.wake();
      projects.changed(uid);
      return { ...projects.withCounts(this.require(uid)), problems: files.problems };
    } finally {
      this.arriving.delete(dir);
    }
  }

  /** Write everything down and let the project only be read from now on: its directory may be put away. */
  async archive(project: StoredProject): Promise<Project> {
    const { dumper, projects } = this.parts;
    projects.refuseLive(project.uid);
    projects.refuseArchived(project.uid);
    await dumper.flushProject(numOf(project.uid));
    projects.refuseLive(project.uid);
    return projects.save({ ...this.require(project.uid), archived: true });
  }

  /**
   * Work on with an archived project.
   * @param path where its directory is now; where it was when left out
   * @throws CsError `CS_PROJECT_NOT_ARCHIVED`, `CS_PROJECT_OTHER` when the directory holds another project
   */
  async unarchive(project: StoredProject, path: string | undefined): Promise<Project> {
    const { projects } = this.parts;
    const { uid } = project;
    if (!project.archived) {
      throw new CsError('conflict', 'CS_PROJECT_NOT_ARCHIVED', `Project ${uid} is not archived.`);
    }
    const dir = await directory(path ?? project.project_dir);
    this.refuseAttached(dir, uid);
    const { project: found } = await readProjectDir(dir);
    if (found.uid !== uid || found.created_at !== project.created_at) {
      throw new CsError(
        'input',
        'CS_PROJECT_OTHER',
        `${dir} holds project ${found.uid} "${found.title}" of ${found.created_at}, wanted ${uid} "${project.title}" of ${project.created_at}.`,
      );
    }
    await this.takeLock(dir, false, uid);
    return projects.save({ ...this.require(uid), project_dir: dir, archived: false });
  }

  /**
   * Lock a directory. A lock that we left there, one that came with a copy, and when forced any other one is replaced.
   * @throws CsError `CS_PROJECT_LOCK` naming the instance that has the directory
   */
  private async takeLock(dir: string, force: boolean, project_uid: string): Promise<void> {
    const { owner } = this.parts;
    const lock = await readLock(dir);
    const free = lock === null || force || lock.instance_id === owner.instance_id || (await isCopied(dir, lock));
    if (!free) {
      throw new CsError(
        'conflict',
        'CS_PROJECT_LOCK',
        `${dir} is attached to ${ownerText(lock)} as ${lock.project_uid}. Detach it there first; if that instance does not exist any more, attach with force.`,
        { dir, lock },
      );
    }
    await removeLock(dir);
    await writeLock(dir, owner, project_uid);
  }

  /** @param besides a project that may have the directory */
  private refuseAttached(dir: string, besides?: string): void {
    const row = this.parts.db.get<{ num: number }>("SELECT num FROM projects WHERE doc ->> 'project_dir' = ?", dir);
    if (!row || `P${row.num}` === besides) return;
    throw new CsError('conflict', 'CS_PROJECT_ATTACHED', `${dir} is attached already, as P${row.num}.`);
  }

  private require(project_uid: string): StoredProject {
    const project = this.parts.projects.find(project_uid);
    if (project) return project;
    throw new CsError('notFound', 'CS_PROJECT_UNKNOWN', `Project ${project_uid} was removed meanwhile.`);
  }
}

async function directory(path: string): Promise<string> {
  if (!isAbsolute(path)) {
    throw new CsError('input', 'CS_PATH', `The project directory "${path}" must be an absolute path.`, { path });
  }
  return realpath(path).catch((error: unknown) => {
    throw fileError(error, 'Project directory', path);
  });
}

/** A project that names accounts of this instance is given to one of them, or by an admin. */
function refuseForeign({ admin, user }: Viewer, { dir, project }: ProjectFiles, here: readonly User[]): void {
  const known = project.accounts.filter(({ email }) => here.some((account) => account.email === email));
  if (admin || known.length === 0 || known.some(({ email }) => email === user.email)) return;
  throw new CsError(
    'denied',
    'CS_NOT_OWNER',
    `The project in ${dir} belongs to another account of this instance; its owner or an admin may attach it.`,
  );
}
