import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { CsError } from '../base/errors.ts';
import { LEASE_FILE, Lease } from './lease.ts';
import { until } from './testing/wait.ts';

const dirs: string[] = [];
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cs-lease-'));
  dirs.push(dir);
  return dir;
}

/** A process that tries to take the lease of `dir` and holds it. @returns what it says: `held`, or the error's code */
function contender(dir: string): Promise<{ child: ChildProcess; said: string }> {
  const child = fork(new URL('./testing/lease-holder.ts', import.meta.url), [dir], { stdio: 'ignore' });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('message', (said: string) => resolve({ child, said }));
    child.once('error', reject);
  });
}

/** A lease as a holder on another machine would have left it. */
function forge(dir: string, age_s: number, more: object = {}): void {
  const holder = {
    token: 'old',
    hostname: 'far',
    pid: 1,
    start_ticks: 1,
    user: 'eva',
    port: 38000,
    since: '2026-01-01T00:00:00Z',
  };
  const path = join(dir, LEASE_FILE);
  writeFileSync(path, JSON.stringify({ ...holder, machine: { boot_id: 'other', pid_namespace: 'other' }, ...more }));
  const time = Date.now() / 1000 - age_s;
  utimesSync(path, time, time);
}

function refusal(dir: string): CsError {
  let error: unknown;
  assert.throws(
    () => Lease.acquire(dir, 1),
    (thrown) => {
      error = thrown;
      return true;
    },
  );
  return error as CsError;
}

test('a second process is told who holds the lease, and gets it at once when the holder is killed', async () => {
  const dir = newDir();
  const first = await contender(dir);
  assert.equal(first.said, 'held');
  const error = refusal(dir);
  assert.equal(error.code, 'CS_DB_LEASED');
  assert.deepEqual(
    [error.details['pid'], error.details['hostname'], error.details['port']],
    [first.child.pid, hostname(), 38000],
  );
  assert.match(
    error.message,
    new RegExp(`process ${first.child.pid} of user .*, port 38000, since 20.*free in \\d+ s`),
  );
  const gone = new Promise((resolve) => first.child.once('exit', resolve));
  first.child.kill('SIGKILL');
  await gone;
  const lease = Lease.acquire(dir, 1);
  lease.release();
  assert.equal(existsSync(join(dir, LEASE_FILE)), false);
});

test('of many processes that find an expired lease exactly one gets it', async () => {
  const dir = newDir();
  forge(dir, 60);
  const all = await Promise.all(Array.from({ length: 6 }, () => contender(dir)));
  const said = all.map((one) => one.said);
  assert.equal(said.filter((text) => text === 'held').length, 1, said.join());
  assert.ok(
    said.every((text) => text === 'held' || text === 'CS_DB_LEASED'),
    said.join(),
  );
  const winner = all.find((one) => one.said === 'held');
  const { pid } = JSON.parse(readFileSync(join(dir, LEASE_FILE), 'utf8')) as { pid: number };
  assert.equal(pid, winner?.child.pid);
});

test('a lease of another machine is left alone for 30 s, then taken over', () => {
  const dir = newDir();
  forge(dir, 20);
  const error = refusal(dir);
  assert.match(
    error.message,
    /instance on far \(process 1 of user eva, port 38000, since 2026-01-01.*free in (9|10) s/,
  );
  forge(dir, 31);
  Lease.acquire(dir, 1).release();
});

test('a process with the number of the dead holder does not keep its lease', () => {
  const dir = newDir();
  const lease = Lease.acquire(dir, 1);
  const own = JSON.parse(readFileSync(join(dir, LEASE_FILE), 'utf8')) as { machine: object };
  forge(dir, 1, { ...own, token: 'mine', start_ticks: 5 });
  Lease.acquire(dir, 1).release();
  forge(dir, 1, own);
  assert.equal(refusal(dir).code, 'CS_DB_LEASED');
  lease.release();
});

test('a take-over whose taker died in between can be taken over itself, after its time', () => {
  const dir = newDir();
  forge(dir, 60);
  const marker = join(dir, 'lease.old.taken.1');
  renameSync(join(dir, LEASE_FILE), marker);
  forge(dir, 60);
  const now = Date.now() / 1000;
  utimesSync(marker, now, now);
  assert.match(refusal(dir).message, /is being taken over by another process just now/);
  utimesSync(marker, now - 40, now - 40);
  const lease = Lease.acquire(dir, 1);
  assert.deepEqual(
    readdirSync(dir).filter((name) => name !== LEASE_FILE && !name.endsWith('taken.2')),
    [],
  );
  lease.release();
});

describe('over time', { concurrency: true }, () => {
  test('a holder whose lease was replaced stops, and does not write over the new one', async () => {
    const dir = newDir();
    const { child, said } = await contender(dir);
    assert.equal(said, 'held');
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const next = join(dir, 'other');
    forge(dir, 0);
    renameSync(join(dir, LEASE_FILE), next);
    renameSync(next, join(dir, LEASE_FILE));
    const before = readFileSync(join(dir, LEASE_FILE), 'utf8');
    assert.equal(await exit, 75);
    assert.equal(readFileSync(join(dir, LEASE_FILE), 'utf8'), before);
  });

  test('a lease that is held is renewed', async () => {
    const dir = newDir();
    const { said } = await contender(dir);
    assert.equal(said, 'held');
    const path = join(dir, LEASE_FILE);
    const old = Date.now() / 1000 - 20;
    utimesSync(path, old, old);
    await until('renewal', () => !/free in (9|10|8|7|6|5|4|3|2|1) s/.test(refusal(dir).message));
  });
});
