import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../test/temp-dir.ts';
import { tarGz } from './tar.ts';

test('the tar of the system unpacks what was packed, long names too', (t) => {
  const dir = tempDir(t);
  const long = `${'folder/'.repeat(20)}${'n'.repeat(90)}.txt`;
  const entries = ['a.txt', 'ä/512.bin', long, 'empty'].map((name, i) => ({
    name,
    data: Buffer.alloc([5, 512, 100_000, 0][i], name),
    modified_ms: Date.UTC(2026, 0, 31),
  }));
  writeFileSync(join(dir, 'x.tar.gz'), tarGz(entries));
  execFileSync('tar', ['-xzf', 'x.tar.gz'], { cwd: dir });
  for (const { name, data } of entries) assert.ok(readFileSync(join(dir, name)).equals(data), name);
  const listed = execFileSync('tar', ['--utc', '-tvzf', 'x.tar.gz', 'a.txt'], { cwd: dir, encoding: 'utf8' });
  assert.match(listed, /-rw-r--r-- .* 5 2026-01-31 00:00/);
  assert.throws(() => tarGz([{ name: 'x'.repeat(101), data: Buffer.alloc(0), modified_ms: 0 }]), {
    code: 'CS_TAR_NAME',
  });
});
