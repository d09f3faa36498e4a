import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { CsError } from '../../base/errors.ts';
import type { Log } from '../log.ts';
import { migrate } from './migrate.ts';
import { sqliteError } from './sqlite-error.ts';

export const DATABASE_FILE = 'cryosparc.db';

/**
 * The one connection to the instance's database. All calls are synchronous: a handler without `await` between its
 * reads and writes is atomic by itself, and `transaction` makes its writes one commit on disk (synchronous=FULL).
 */
export class Database {
  readonly path: string;
  /** result of the integrity check at start */
  readonly integrity: string;
  readonly schema_version: number;
  private readonly sqlite: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private readonly log: Log;
  private readonly fence: () => void;
  private depth = 0;
  private hooks: (() => void)[] = [];

  /**
   * Open `<dir>/cryosparc.db`, create it when missing, check it and bring its schema up to date. The caller holds
   * the lease of the directory.
   * @param fence called before every write; does not return when the right to write is lost
   * @throws CsError `CS_DB_CORRUPT`, `CS_DB_NEWER`, `CS_DB_OPEN`
   */
  constructor(dir: string, log: Log, fence: () => void = () => {}) {
    this.path = join(dir, DATABASE_FILE);
    this.log = log;
    this.fence = fence;
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      this.sqlite = new DatabaseSync(this.path, { enableForeignKeyConstraints: true, timeout: 2000 });
      chmodSync(this.path, 0o600);
      this.sqlite.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      this.integrity = quickCheck(this.sqlite);
    } catch (error) {
      throw sqliteError(error, this.path);
    }
    if (this.integrity !== 'ok') {
      this.sqlite.close();
      throw new CsError(
        'external',
        'CS_DB_CORRUPT',
        `The database ${this.path} is damaged (${this.integrity}). Put a backup in its place, or attach the project directories to a new database.`,
        { path: this.path },
      );
    }
    try {
      this.schema_version = migrate(this.sqlite, this.path, log);
    } catch (error) {
      this.sqlite.close();
      throw sqliteError(error, this.path);
    }
    log.info(`opened ${this.path}, schema ${this.schema_version}, integrity ${this.integrity}`);
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    this.fence();
    const { changes, lastInsertRowid } = this.guard(() => this.prepare(sql).run(...values));
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** First row, or undefined. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the shape of a row follows from the text of the query
  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.all<T>(sql, ...values)[0];
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.guard(() => this.prepare(sql).all(...values)) as T[];
  }

  /** Documents of column `doc`, parsed. */
  docs<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.all<{ doc: string }>(sql, ...values).map((row) => JSON.parse(row.doc) as T);
  }

  /** The same as JSON text of an array: long lists go to the client without being parsed. */
  docsText(sql: string, ...values: SQLInputValue[]): string {
    return `[${this.all<{ doc: string }>(sql, ...values)
      .map((row) => row.doc)
      .join(',')}]`;
  }

  /** Do all of `work` or nothing of it; inside another transaction it becomes a part of that. */
  transaction<T>(work: () => T): T {
    if (this.depth > 0) return work();
    this.fence();
    this.guard(() => this.sqlite.exec('BEGIN IMMEDIATE'));
    this.depth = 1;
    let result: T;
    try {
      result = work();
      this.guard(() => this.sqlite.exec('COMMIT'));
    } catch (error) {
      this.hooks = [];
      if (this.sqlite.isTransaction) this.sqlite.exec('ROLLBACK');
      throw error;
    } finally {
      this.depth = 0;
    }
    const hooks = this.hooks;
    this.hooks = [];
    for (const hook of hooks) {
      try {
        hook();
      } catch (error) {
        // the change is on disk: whoever made it must not be told that it failed
        this.log.error('a listener of a change failed:', error);
      }
    }
    return result;
  }

  /** Do something once the current transaction is on disk, and not at all if it fails. */
  afterCommit(hook: () => void): void {
    if (this.depth === 0) hook();
    else this.hooks.push(hook);
  }

  sizeMb(): number {
    return (
      ['', '-wal'].reduce((sum, end) => sum + (statSync(this.path + end, { throwIfNoEntry: false })?.size ?? 0), 0) /
      1e6
    );
  }

  /**
   * Copy the database to a new file while it is in use, check the copy, and only then give it its name.
   * @returns size of the copy, MB
   */
  async backup(path: string): Promise<number> {
    if (!isAbsolute(path)) throw new CsError('input', 'CS_PATH', `Backup file "${path}" must be an absolute path.`);
    if (existsSync(path))
      throw new CsError('conflict', 'CS_FILE_EXISTS', `Backup file ${path} exists already; name a new one.`);
    if (!existsSync(dirname(path))) {
      throw new CsError('input', 'CS_PATH', `Directory ${dirname(path)} of the backup file does not exist.`);
    }
    const partial = `${path}.partial`;
    try {
      rmSync(partial, { force: true });
      await backup(this.sqlite, partial, { rate: 1000 });
      const copy = new DatabaseSync(partial, { readOnly: true });
      const result = quickCheck(copy);
      copy.close();
      if (result !== 'ok')
        throw new CsError('external', 'CS_DB_CORRUPT', `The backup ${partial} is damaged (${result}).`);
      chmodSync(partial, 0o600);
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { force: true });
      throw sqliteError(error, path);
    }
    this.log.info(`backup written to ${path}`);
    return statSync(path).size / 1e6;
  }

  /** Check every page, index and reference; takes a while on a large database. @returns what is wrong, in words */
  check(): string[] {
    const pages = this.all<{ integrity_check: string }>('PRAGMA integrity_check(20)').map((row) => row.integrity_check);
    const references = this.all<{ table: string; rowid: number; parent: string }>('PRAGMA foreign_key_check');
    return [
      ...pages.filter((text) => text !== 'ok'),
      ...references.map((r) => `row ${r.rowid} of ${r.table} refers to a row of ${r.parent} that does not exist`),
    ];
  }

  /** Give the space of deleted rows back to the file system. @returns size of the database after it, MB */
  compact(): number {
    this.fence();
    this.guard(() => this.sqlite.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE);'));
    this.log.info(`compacted ${this.path} to ${this.sizeMb().toFixed(1)} MB`);
    return this.sizeMb();
  }

  close(): void {
    this.sqlite.close();
    this.log.info(`closed ${this.path}`);
  }

  private prepare(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.sqlite.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  private guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const mapped = sqliteError(error, this.path);
      if (mapped !== error) this.log.error('statement failed:', mapped);
      throw mapped;
    }
  }
}

function quickCheck(sqlite: DatabaseSync): string {
  const rows = sqlite.prepare('PRAGMA quick_check(3)').all() as { quick_check: string }[];
  return rows.map((row) => row.quick_check).join('; ');
}
