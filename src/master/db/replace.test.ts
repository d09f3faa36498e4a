import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/temp-dir.ts';
import { SILENT_LOG } from '../log.ts';
import { Database } from './database.ts';
import { checkBackup, replaceDatabase } from './replace.ts';

function note(dir: string, value?: string): string | undefined {
  const db = new Database(dir, SILENT_LOG);
  try {
    if (value !== undefined) db.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('note', ?)", value);
    return db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'note'")?.value;
  } finally {
    db.close();
  }
}

test('a backup takes the place of the database, which stays beside it, complete', async (t) => {
  const dir = tempDir(t);
  note(dir, 'early');
  const db = new Database(dir, SILENT_LOG);
  const backup = join(dir, 'backup.db');
  await db.backup(backup);
  db.run("UPDATE meta SET value = 'late' WHERE key = 'note'");
  db.close();
  assert.deepEqual([checkBackup(backup).projects, checkBackup(backup).jobs], [0, 0]);
  const replaced = replaceDatabase(dir, backup);
  assert.equal(note(dir), 'early');
  const again = replaceDatabase(dir, replaced);
  assert.equal(note(dir), 'late');
  assert.notEqual(again, replaced);
  assert.equal(replaceDatabase(dir, null) === null, false);
  assert.equal(existsSync(join(dir, 'cryosparc.db')), false);
  assert.equal(replaceDatabase(dir, backup), null);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name.endsWith('.next')),
    [],
  );
});

test('what is no backup, is damaged or from a later version is refused', (t) => {
  const dir = tempDir(t);
  const file = join(dir, 'x');
  assert.throws(() => checkBackup(file), { code: 'CS_FILE_MISSING' });
  writeFileSync(file, 'text that is no database');
  assert.throws(() => checkBackup(file), { code: 'CS_BACKUP', message: /no database of an instance/ });
  const db = new Database(join(dir, 'db'), SILENT_LOG);
  db.run("INSERT INTO migrations (number, name, applied_at) VALUES (900, 'later', '')");
  db.close();
  assert.throws(() => checkBackup(join(dir, 'db/cryosparc.db')), { code: 'CS_BACKUP', message: /schema 900/ });
});

test('rows that refer to nothing are found by the check', (t) => {
  const db = new Database(tempDir(t), SILENT_LOG);
  assert.deepEqual(db.check(), []);
  db.run('PRAGMA foreign_keys = OFF');
  db.run("INSERT INTO targets (name, lane, doc) VALUES ('a', 'gone', '{}')");
  assert.match(db.check().join(), /targets refers to a row of lanes/);
  assert.ok(db.compact() > 0);
  db.close();
});
