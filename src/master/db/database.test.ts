import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { CsError } from '../../base/errors.ts';
import { SILENT_LOG } from '../log.ts';
import { DATABASE_FILE, Database } from './database.ts';
import { migrate, migrationFiles } from './migrate.ts';

const dirs: string[] = [];
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cs-db-'));
  dirs.push(dir);
  return dir;
}

function put(db: Database, key: string, value: string): void {
  db.run('INSERT INTO meta (key, value) VALUES (?, ?)', key, value);
}

const codeIs = (code: string) => (error: unknown) => error instanceof CsError && error.code === code;

test('a transaction is all or nothing, also nested, and tells only what is on disk', () => {
  using db = closing(new Database(newDir(), SILENT_LOG));
  const told: string[] = [];
  assert.throws(() =>
    db.transaction(() => {
      put(db, 'a', '1');
      db.afterCommit(() => told.push('a'));
      db.transaction(() => put(db, 'b', '1'));
      put(db, 'a', 'again');
    }),
  );
  assert.deepEqual([db.all('SELECT * FROM meta'), told], [[], []]);
  db.transaction(() => {
    put(db, 'c', '1');
    db.afterCommit(() => told.push(`c ${db.all('SELECT * FROM meta').length}`));
    assert.deepEqual(told, []);
  });
  assert.deepEqual(told, ['c 1']);
});

test('foreign keys hold and every commit is flushed', () => {
  using db = closing(new Database(newDir(), SILENT_LOG));
  assert.throws(() => db.run("INSERT INTO projects (owner_user_id, doc) VALUES ('nobody', '{}')"), /FOREIGN KEY/);
  assert.equal(db.get<{ synchronous: number }>('PRAGMA synchronous')?.synchronous, 2);
  assert.equal(db.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode, 'wal');
  assert.equal(statSync(db.path).mode & 0o077, 0);
});

test('starters that race apply each migration once', async () => {
  const path = join(newDir(), 'race.db');
  const counter = 'CREATE TABLE IF NOT EXISTS applied (n INTEGER); INSERT INTO applied VALUES (1);';
  const codes = await Promise.all(
    Array.from({ length: 4 }, () => {
      const child = fork(new URL('../testing/migrate-once.ts', import.meta.url), [path, counter], { stdio: 'ignore' });
      return new Promise((resolve) => child.once('exit', resolve));
    }),
  );
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const db = new DatabaseSync(path);
  assert.deepEqual({ ...db.prepare('SELECT count(*) AS n FROM applied').get() }, { n: 1 });
  db.close();
});

test('a migration that fails leaves nothing of itself, and a database of a later version is refused', () => {
  const db = new DatabaseSync(':memory:');
  const broken = { number: 2, name: '002-broken.sql', sql: 'CREATE TABLE t (x); CREATE TABLE t (x);' };
  const good = migrationFiles().slice(0, 1);
  assert.throws(() => migrate(db, 'x', SILENT_LOG, [...good, broken]), /already exists/);
  assert.deepEqual(
    db
      .prepare('SELECT max(number) AS n FROM migrations')
      .all()
      .map((row) => row['n']),
    [1],
  );
  assert.equal(migrate(db, 'x', SILENT_LOG, [...good, { ...broken, sql: 'CREATE TABLE t (x)' }]), 2);
  assert.throws(() => migrate(db, 'x', SILENT_LOG, good), codeIs('CS_DB_NEWER'));
});

test('a damaged database is refused with its name and the way out', () => {
  const dir = newDir();
  const path = join(dir, DATABASE_FILE);
  writeFileSync(path, Buffer.alloc(8192, 'not a database'));
  assert.throws(
    () => new Database(dir, SILENT_LOG),
    (error) => codeIs('CS_DB_CORRUPT')(error) && /backup/.test((error as Error).message),
  );

  const other = newDir();
  const db = new Database(other, SILENT_LOG);
  db.transaction(() => {
    for (let i = 0; i < 2000; i++) put(db, `key ${i}`, 'x'.repeat(200));
  });
  db.close();
  const bytes = readFileSync(join(other, DATABASE_FILE));
  bytes.fill(0xa5, bytes.length - 200_000, bytes.length - 50_000);
  writeFileSync(join(other, DATABASE_FILE), bytes);
  assert.throws(() => new Database(other, SILENT_LOG), codeIs('CS_DB_CORRUPT'));
});

test('a backup made in use is complete, and never in the place of another file', async () => {
  const dir = newDir();
  using db = closing(new Database(dir, SILENT_LOG));
  put(db, 'a', '1');
  const copy = join(dir, 'copy.db');
  assert.ok((await db.backup(copy)) > 0);
  put(db, 'b', '2');
  await assert.rejects(db.backup(copy), codeIs('CS_FILE_EXISTS'));
  await assert.rejects(db.backup('copy.db'), codeIs('CS_PATH'));
  await assert.rejects(db.backup(join(dir, 'no/such/copy.db')), codeIs('CS_PATH'));
  assert.equal(existsSync(`${copy}.partial`), false);
  const read = new DatabaseSync(copy, { readOnly: true });
  assert.deepEqual(
    read
      .prepare('SELECT key FROM meta')
      .all()
      .map((row) => row['key']),
    ['a'],
  );
  read.close();
});

test('a full disk fails the call, keeps what was acknowledged, and the database goes on', () => {
  using db = closing(new Database(newDir(), SILENT_LOG));
  put(db, 'kept', '1');
  const pages = db.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  db.get(`PRAGMA max_page_count = ${pages + 2}`);
  assert.throws(
    () =>
      db.transaction(() => {
        put(db, 'small', '1');
        put(db, 'big', 'x'.repeat(100_000));
      }),
    (error) => codeIs('CS_DISK_FULL')(error) && (error as CsError).kind === 'resource',
  );
  assert.deepEqual(
    db.all<{ key: string }>('SELECT key FROM meta').map((row) => row.key),
    ['kept'],
  );
  db.get('PRAGMA max_page_count = 1000000');
  put(db, 'after', 'x'.repeat(100_000));
});

function closing(db: Database): Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => db.close() });
}
