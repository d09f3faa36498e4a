import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { followFile, lastLines } from './follow-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(`${tmpdir()}/follow-`);
});
afterEach(() => rmSync(dir, { recursive: true }));

test('the last lines of a file are those that tail shows', () => {
  const path = `${dir}/log`;
  assert.deepEqual(lastLines(path, 5), { text: '', end: 0 });
  writeFileSync(path, '1\n2\n3\n');
  assert.equal(lastLines(path, 2).text, '2\n3\n');
  assert.equal(lastLines(path, 9).text, '1\n2\n3\n');
  assert.deepEqual(lastLines(path, 0), { text: '', end: 6 });
  appendFileSync(path, 'half');
  assert.equal(lastLines(path, 2).text, '3\nhalf');
});

test('last lines are found across blocks', () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i} é`);
  writeFileSync(`${dir}/log`, `${lines.join('\n')}\n`);
  assert.equal(lastLines(`${dir}/log`, 20_000).text, `${lines.slice(-20_000).join('\n')}\n`);
});

test('a followed file is waited for, and begun again when it was put aside or cut', async () => {
  const path = `${dir}/log`;
  const seen: string[] = [];
  const done = new AbortController();
  const following = followFile(path, 0, (chunk) => seen.push(Buffer.from(chunk).toString()), done.signal);
  const until = async (text: string): Promise<void> => {
    const end = Date.now() + 10_000;
    while (seen.join('') !== text && Date.now() < end) await sleep(20);
    assert.equal(seen.join(''), text);
  };
  writeFileSync(path, 'a\n');
  await until('a\n');
  appendFileSync(path, 'b\n');
  await until('a\nb\n');
  appendFileSync(path, 'last\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'c\n');
  await until('a\nb\nlast\nc\n');
  truncateSync(path);
  await until('a\nb\nlast\nc\n');
  await sleep(700);
  appendFileSync(path, 'd\n');
  await until('a\nb\nlast\nc\nd\n');
  done.abort();
  await following;
});
