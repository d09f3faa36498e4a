import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { CsError } from '../../base/errors.ts';
import type { Log } from '../log.ts';

const FOLDER = new URL('./', import.meta.url);

/** Numbered steps of the schema: the files `NNN-name.sql` of this folder, 001 first. */
export function migrationFiles(): { number: number; name: string; sql: string }[] {
  const names = readdirSync(FOLDER).filter((name) => /^\d{3}-.*\.sql$/.test(name));
  return names.sort().map((name) => ({
    number: Number(name.slice(0, 3)),
    name,
    sql: readFileSync(new URL(name, FOLDER), 'utf8'),
  }));
}

/**
 * Apply the steps that the database has not had yet, each in a transaction that first takes its number: of two
 * starters one waits for the other and then finds the number taken.
 * @returns number of the last step
 * @throws CsError `CS_DB_NEWER` when the database was written by a later version
 */
export function migrate(sqlite: DatabaseSync, path: string, log: Log, files = migrationFiles()): number {
  sqlite.exec(
    'CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT',
  );
  const last = files.at(-1)?.number ?? 0;
  const rows = sqlite.prepare('SELECT number FROM migrations').all() as { number: number }[];
  const applied = new Set(rows.map((row) => row.number));
  const newest = Math.max(0, ...applied);
  if (newest > last) {
    throw new CsError(
      'conflict',
      'CS_DB_NEWER',
      `The database ${path} has schema ${newest}, this version knows ${last}. Start it with the version that wrote it, or a later one.`,
      { path, found: newest, wanted: last },
    );
  }
  const take = sqlite.prepare('INSERT OR IGNORE INTO migrations (number, name, applied_at) VALUES (?, ?, ?)');
  for (const file of files) {
    if (applied.has(file.number)) continue;
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      if (take.run(file.number, file.name, new Date().toISOString()).changes === 1) {
        sqlite.exec(file.sql);
        log.info(`migration ${file.name} applied`);
      }
      sqlite.exec('COMMIT');
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
      throw error;
    }
  }
  return last;
}
