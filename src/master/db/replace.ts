import { copyFileSync, existsSync, linkSync, openSync, fsyncSync, closeSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';
import { DATABASE_FILE } from './database.ts';
import { migrationFiles } from './migrate.ts';
import { sqliteError } from './sqlite-error.ts';

/** `2026-01-31_15h04m05` of local time, for names of files. */
export function fileStamp(now = new Date()): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${day}_${two(now.getHours())}h${two(now.getMinutes())}m${two(now.getSeconds())}`;
}

/**
 * Look at a backup without changing it.
 * @throws CsError `CS_FILE_MISSING`, `CS_BACKUP` when it is damaged, of a later version, or no database of an instance
 */
export function checkBackup(file: string): { schema_version: number; projects: number; jobs: number } {
  const refuse = (why: string): CsError =>
    new CsError('input', 'CS_BACKUP', `${file} cannot be restored: ${why}.`, { file });
  if (!existsSync(file)) throw new CsError('input', 'CS_FILE_MISSING', `Backup ${file} does not exist.`, { file });
  let sqlite: DatabaseSync | null = null;
  try {
    sqlite = new DatabaseSync(file, { readOnly: true });
    const one = (sql: string): unknown => Object.values(sqlite?.prepare(sql).get() ?? {})[0];
    const state = one('PRAGMA quick_check(1)');
    if (state !== 'ok') throw refuse(`it is damaged (${String(state)})`);
    const schema_version = Number(one('SELECT max(number) FROM migrations'));
    const known = migrationFiles().at(-1)?.number ?? 0;
    if (schema_version > known) throw refuse(`it has schema ${schema_version}, this version knows ${known}`);
    const projects = Number(one('SELECT count(*) FROM projects'));
    return { schema_version, projects, jobs: Number(one('SELECT count(*) FROM jobs')) };
  } catch (error) {
    if (error instanceof CsError) throw error;
    throw refuse(`it is no database of an instance (${(error as Error).message})`);
  } finally {
    sqlite?.close();
  }
}

/**
 * Put a database in the place of the one of a directory, whose lease the caller holds. The replaced one stays beside it.
 * @param file the database to put there; null: none, a new one is made at the next start
 * @returns path of the replaced database, or null when there was none
 */
export function replaceDatabase(dir: string, file: string | null): string | null {
  const path = join(dir, DATABASE_FILE);
  const next = `${path}.next`;
  try {
    rmSync(next, { force: true });
    if (file !== null) copyDurably(file, next);
    const aside = existsSync(path) ? freeName(`${path}.replaced-${fileStamp()}`) : null;
    if (aside !== null) {
      closeCleanly(path);
      // at each moment there is a database under the name; a log that could not be merged goes with its database
      linkSync(path, aside);
      for (const end of ['-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, aside + end);
    }
    if (file !== null) renameSync(next, path);
    else if (aside !== null) rmSync(path);
    return aside;
  } catch (error) {
    rmSync(next, { force: true });
    throw fileError(sqliteError(error, path), 'Database', path);
  }
}

/** Merge the write-ahead log into the database; a damaged one is left as it is. */
function closeCleanly(path: string): void {
  try {
    const sqlite = new DatabaseSync(path);
    try {
      sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      sqlite.close();
    }
  } catch {
    // it is being replaced, perhaps because it cannot be read
  }
}

function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  const fd = openSync(to, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function freeName(path: string): string {
  let free = path;
  for (let n = 2; existsSync(free); n++) free = `${path}-${n}`;
  return free;
}
