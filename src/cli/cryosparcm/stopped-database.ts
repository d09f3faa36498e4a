import { existsSync } from 'node:fs';
import { CsError } from '../../base/errors.ts';
import { Database, DATABASE_FILE } from '../../master/db/database.ts';
import { Lease } from '../../master/lease.ts';
import { SILENT_LOG } from '../../master/log.ts';
import type { Instance } from '../instance.ts';

/**
 * Work on the database directory of a stopped instance. Its lease is held meanwhile, so that the instance cannot start,
 * here or on another machine.
 * @throws CsError `CS_RUNNING` while the instance runs here, `CS_DB_LEASED` when it runs elsewhere
 */
export async function holdingDatabase<T>(instance: Instance, work: () => Promise<T> | T): Promise<T> {
  if (instance.runningSupervisor() !== null) {
    throw new CsError('conflict', 'CS_RUNNING', 'The instance is running; stop it first with "cryosparcm stop".');
  }
  const { db_path, base_port } = instance.settings;
  const lease = Lease.acquire(db_path, base_port);
  lease.keep((why) => {
    process.stderr.write(`The lease of ${db_path} is lost: ${why}. Stopping at once.\n`);
    process.exit(75);
  });
  try {
    return await work();
  } finally {
    lease.release();
  }
}

/** The database of a stopped instance, open. @throws CsError `CS_NO_DATABASE` when the instance never ran */
export function withStoppedDatabase<T>(instance: Instance, work: (db: Database) => Promise<T> | T): Promise<T> {
  const { db_path } = instance.settings;
  return holdingDatabase(instance, async () => {
    if (!existsSync(`${db_path}/${DATABASE_FILE}`)) {
      throw new CsError('notFound', 'CS_NO_DATABASE', `There is no database in ${db_path} yet.`, { db_path });
    }
    const db = new Database(db_path, SILENT_LOG);
    try {
      return await work(db);
    } finally {
      db.close();
    }
  });
}
