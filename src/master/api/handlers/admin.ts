import type { adminApi } from '../../../schema/api-admin.ts';
import { checkProjects } from '../../core/check-projects.ts';
import type { Core } from '../../core/core.ts';
import type { Handlers } from '../handlers.ts';

export function adminHandlers({ accounts, db, maintenance, owner }: Core): Handlers<keyof typeof adminApi> {
  const mode = (): { on: boolean; since: string | null } => ({ on: maintenance.on, since: maintenance.since });
  const count = (table: 'projects' | 'jobs'): number =>
    db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;
  return {
    'users.update': (input) => accounts.update(input),
    'instance.maintenance': mode,
    'instance.set_maintenance': (input) => {
      maintenance.set(input.on);
      return mode();
    },
    'instance.check_database': async () => ({
      problems: [...db.check(), ...(await checkProjects(db, owner.instance_id))],
      projects: count('projects'),
      jobs: count('jobs'),
    }),
    'instance.compact_database': () => {
      const before_mb = db.sizeMb();
      return { before_mb, after_mb: db.compact() };
    },
  };
}
