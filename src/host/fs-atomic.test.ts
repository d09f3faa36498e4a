import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/temp-dir.ts';
import { AtomicFile, writeFileAtomic } from './fs-atomic.ts';
import { fileError } from './fs-errors.ts';

test('a file is replaced in one step and leaves nothing beside it', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'a.json');
  writeFileAtomic(path, 'one', { mode: 0o600 });
  writeFileAtomic(path, Buffer.from('two'), { mode: 0o640 });
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(dir), ['a.json']);
});

test('a file that is given up leaves the earlier one in place', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'a');
  writeFileAtomic(path, 'kept');
  const file = new AtomicFile(path);
  file.write(Buffer.from('half'));
  file.abort();
  assert.equal(readFileSync(path, 'utf8'), 'kept');
  assert.deepEqual(readdirSync(dir), ['a']);
});

test('a header can be written last', (t) => {
  const path = join(tempDir(t), 'a');
  const file = new AtomicFile(path);
  file.write(Buffer.from('____'));
  file.write(Buffer.from('body'));
  file.writeAt(Buffer.from('HEAD'), 0);
  file.commit();
  assert.equal(readFileSync(path, 'utf8'), 'HEADbody');
});

test('a missing directory is an input error that names the file', (t) => {
  const path = join(tempDir(t), 'no/such/file');
  assert.throws(() => writeFileAtomic(path, ''), { kind: 'input', code: 'CS_FILE_MISSING', message: new RegExp(path) });
});

test('a full disk is a resource error in words', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const error = fileError(full, 'File', '/x/y');
  assert.deepEqual([error.kind, error.code], ['resource', 'CS_DISK_FULL']);
  assert.match(error.message, /\/x\/y.*disk is full/);
  assert.equal(error.cause, full);
});

test('a directory that may not be written is named', {
  skip: process.getuid?.() === 0 ? 'root may write anywhere' : false,
}, (t) => {
  const dir = join(tempDir(t), 'locked');
  mkdirSync(dir);
  chmodSync(dir, 0o500);
  assert.throws(() => writeFileAtomic(join(dir, 'a'), ''), {
    kind: 'input',
    code: 'CS_FILE_ACCESS',
    message: /permission denied/,
  });
});
