import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
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

/** A file system of 64 kB, or null where this user may not mount one. */
function tinyDisk(t: TestContext): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'cs-tiny-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0;
  t.after(() => {
    if (mounted) spawnSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return mounted ? dir : null;
}

test('on a full disk the earlier file stays, nothing is left beside it, and the error says so', (t) => {
  const dir = tinyDisk(t);
  if (dir === null) return t.skip('no right to mount a small file system');
  const path = join(dir, 'a');
  writeFileAtomic(path, 'kept');
  const wanted = { kind: 'resource', code: 'CS_DISK_FULL', message: new RegExp(`${path}.*disk is full`) };
  assert.throws(() => writeFileAtomic(path, Buffer.alloc(1 << 20)), wanted);
  assert.equal(readFileSync(path, 'utf8'), 'kept');
  assert.deepEqual(readdirSync(dir), ['a']);
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
