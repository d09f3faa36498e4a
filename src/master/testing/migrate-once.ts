import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../db/migrate.ts';
import { SILENT_LOG } from '../log.ts';

// one of several starters: applies a migration to the database that it is given
const [path = '', sql = ''] = process.argv.slice(2);
const db = new DatabaseSync(path, { timeout: 5000 });
migrate(db, path, SILENT_LOG, [{ number: 1, name: '001-once.sql', sql }]);
db.close();
