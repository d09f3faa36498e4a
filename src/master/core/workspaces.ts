import { CsError } from '../../base/errors.ts';
import type { Workspace } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Bus } from './bus.ts';
import { ACTIVE_SQL, type Projects } from './projects.ts';
import { numOf } from './uids.ts';

type StoredWorkspace = Omit<Workspace, 'counts'>;

/** Named sets of the jobs of a project. */
export class Workspaces {
  private readonly db: Database;
  private readonly bus: Bus;
  private readonly projects: Projects;

  constructor(db: Database, bus: Bus, projects: Projects) {
    this.db = db;
    this.bus = bus;
    this.projects = projects;
  }

  create(project_uid: string, user_id: string, title: string, description: string): Workspace {
    return this.db.transaction(() => {
      this.projects.refuseArchived(project_uid);
      const project_num = numOf(project_uid);
      this.db.run('UPDATE projects SET last_workspace = last_workspace + 1 WHERE num = ?', project_num);
      const num =
        this.db.get<{ n: number }>('SELECT last_workspace AS n FROM projects WHERE num = ?', project_num)?.n ?? 1;
      const workspace: StoredWorkspace = {
        uid: `W${num}`,
        project_uid,
        workspace_type: 'base',
        title,
        description,
        created_by_user_id: user_id,
        created_at: new Date().toISOString(),
      };
      this.db.run(
        'INSERT INTO workspaces (project_num, num, doc) VALUES (?, ?, ?)',
        project_num,
        num,
        JSON.stringify(workspace),
      );
      this.projects.touch(project_uid);
      this.changed(project_uid, workspace.uid);
      return { ...workspace, counts: { jobs: 0, jobs_active: 0 } };
    });
  }

  list(project_uid: string): Workspace[] {
    return this.read(project_uid, null);
  }

  /** @throws CsError `CS_WORKSPACE_UNKNOWN` */
  require(project_uid: string, workspace_uid: string): Workspace {
    const found = this.read(project_uid, numOf(workspace_uid))[0];
    if (found?.uid === workspace_uid) return found;
    throw new CsError('notFound', 'CS_WORKSPACE_UNKNOWN', `Project ${project_uid} has no workspace ${workspace_uid}.`, {
      project_uid,
      workspace_uid,
    });
  }

  update(
    project_uid: string,
    workspace_uid: string,
    changes: { title?: string | undefined; description?: string | undefined },
  ): Workspace {
    return this.db.transaction(() => {
      this.projects.refuseArchived(project_uid);
      const { counts: _counts, ...workspace } = this.require(project_uid, workspace_uid);
      const doc = {
        ...workspace,
        title: changes.title ?? workspace.title,
        description: changes.description ?? workspace.description,
      };
      const keys = [numOf(project_uid), numOf(workspace_uid)];
      this.db.run('UPDATE workspaces SET doc = ? WHERE project_num = ? AND num = ?', JSON.stringify(doc), ...keys);
      this.projects.touch(project_uid);
      this.changed(project_uid, workspace_uid);
      return this.require(project_uid, workspace_uid);
    });
  }

  /** @throws CsError `CS_WORKSPACE_NOT_EMPTY` */
  delete(project_uid: string, workspace_uid: string): void {
    this.db.transaction(() => {
      this.projects.refuseArchived(project_uid);
      const { counts } = this.require(project_uid, workspace_uid);
      if (counts.jobs > 0) {
        throw new CsError(
          'conflict',
          'CS_WORKSPACE_NOT_EMPTY',
          `Workspace ${workspace_uid} holds ${counts.jobs} jobs; delete them first.`,
        );
      }
      this.db.run('DELETE FROM workspaces WHERE project_num = ? AND num = ?', numOf(project_uid), numOf(workspace_uid));
      this.projects.touch(project_uid);
      this.db.afterCommit(() => this.bus.push('workspace_deleted', project_uid, { project_uid, uid: workspace_uid }));
    });
  }

  /** Tell listeners, once the change is on disk. */
  changed(project_uid: string, workspace_uid: string): void {
    this.db.afterCommit(() => {
      const workspace = this.read(project_uid, numOf(workspace_uid))[0];
      if (workspace) this.bus.push('workspace', project_uid, workspace);
    });
  }

  private read(project_uid: string, num: number | null): Workspace[] {
    const rows = this.db.all<{ doc: string; jobs: number; jobs_active: number }>(
      `SELECT w.doc, count(j.num) AS jobs, coalesce(sum(j.status IN (${ACTIVE_SQL})), 0) AS jobs_active FROM workspaces w
       LEFT JOIN job_workspaces l ON l.project_num = w.project_num AND l.workspace_num = w.num
       LEFT JOIN jobs j ON j.project_num = l.project_num AND j.num = l.job_num
       WHERE w.project_num = ?1 AND (w.num = ?2 OR ?2 IS NULL) GROUP BY w.num ORDER BY w.num`,
      numOf(project_uid),
      num,
    );
    return rows.map(({ doc, ...counts }) => ({ ...(JSON.parse(doc) as StoredWorkspace), counts }));
  }
}
