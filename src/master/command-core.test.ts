import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { callApi } from '../host/http-client.ts';
import type { ApiInput, ApiName, ApiOutput } from '../schema/api.ts';
import { freeBasePort } from './testing/fake-worker.ts';

const cleanups: (() => void)[] = [];
after(() => cleanups.reverse().forEach((cleanup) => cleanup()));

type Message = { ready?: true; error?: { code: string; message: string } };

/** command_core as a process of its own, as the supervisor starts it. */
class Process {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  private readonly env: Record<string, string>;

  constructor(env: Record<string, string>) {
    this.env = env;
    this.child = fork(new URL('./command-core.ts', import.meta.url), {
      env: { ...process.env, ...env },
      stdio: 'ignore',
    });
    this.exit = new Promise((resolve) => this.child.once('exit', resolve));
    cleanups.push(() => this.child.kill('SIGKILL'));
  }

  message(): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.child.once('message', (message) => resolve(message as Message));
      this.child.once('exit', (code) => reject(new Error(`command_core ended with code ${code}`)));
    });
  }

  call<K extends ApiName>(name: K, input: ApiInput<K>): Promise<ApiOutput<K>> {
    const token = readFileSync(join(this.env['CRYOSPARC_INSTANCE_DIR'] ?? '', 'run/admin.token'), 'utf8').trim();
    const url = `http://localhost:${Number(this.env['CRYOSPARC_BASE_PORT']) + 2}`;
    return callApi(url, name, input, { headers: { authorization: `Bearer ${token}` } });
  }
}

async function settings(): Promise<Record<string, string>> {
  const dir = mkdtempSync(join(tmpdir(), 'cs-core-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'data'));
  return {
    CRYOSPARC_LICENSE_ID: 'test',
    CRYOSPARC_MASTER_HOSTNAME: 'localhost',
    CRYOSPARC_DB_PATH: join(dir, 'db'),
    CRYOSPARC_INSTANCE_DIR: join(dir, 'instance'),
    CRYOSPARC_BASE_PORT: String(await freeBasePort()),
  };
}

test('what was acknowledged is there after kill -9, and the next start needs no waiting', async () => {
  const env = await settings();
  const first = new Process(env);
  assert.deepEqual(await first.message(), { ready: true });
  await first.call('users.create', { email: 'a@example.org', password: 'correct horse' });
  const container = join(env['CRYOSPARC_DB_PATH'] ?? '', '../data');
  await first.call('projects.create', { owner_user_id: 'a@example.org', project_container_dir: container, title: 'T' });
  const acknowledged: string[] = [];
  let killed = false;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; !killed; i++) {
      const title = `${writer}.${i}`;
      try {
        await first.call('workspaces.create', { project_uid: 'P1', created_by_user_id: 'a@example.org', title });
      } catch {
        return;
      }
      acknowledged.push(title);
      if (acknowledged.length === 40) {
        killed = true;
        first.child.kill('SIGKILL');
      }
    }
  });
  await Promise.all(writers);
  await first.exit;

  const second = new Process(env);
  assert.deepEqual(await second.message(), { ready: true });
  const found = new Set((await second.call('workspaces.list', { project_uid: 'P1' })).map((w) => w.title));
  assert.deepEqual(
    acknowledged.filter((title) => !found.has(title)),
    [],
  );
  assert.equal((await second.call('instance.info', {})).database.integrity, 'ok');

  const third = new Process({ ...env, CRYOSPARC_BASE_PORT: String(await freeBasePort()) });
  const { error } = await third.message();
  assert.equal(error?.code, 'CS_DB_LEASED');
  assert.match(error?.message ?? '', new RegExp(`process ${second.child.pid} `));
  assert.equal(await third.exit, 1);

  second.child.kill('SIGTERM');
  assert.equal(await second.exit, 0);
});

test('it stops when its supervisor is gone, and says when its port is taken', async () => {
  const env = await settings();
  const one = new Process(env);
  assert.deepEqual(await one.message(), { ready: true });
  const other = await settings();
  const two = new Process({ ...other, CRYOSPARC_BASE_PORT: env['CRYOSPARC_BASE_PORT'] ?? '' });
  assert.equal((await two.message()).error?.code, 'CS_PORT');
  assert.equal(await two.exit, 1);
  one.child.disconnect();
  assert.equal(await one.exit, 0);
});
