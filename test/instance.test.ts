import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test, type TestContext } from 'node:test';
import { isAlive, processIdentity, type ProcessId } from '../src/host/process-tree.ts';
import type { ProcessStatus } from '../src/master/supervisor/managed-process.ts';
import { TempInstance } from './temp-instance.ts';

const email = 'first.user@example.org';
const password = 'a long enough password';
let instance: TempInstance;

before(async () => {
  instance = await TempInstance.create();
});
after(() => instance.remove());

async function cli(...words: string[]): Promise<unknown> {
  const { status, stdout, stderr } = await instance.cryosparcm('cli', '--json', ...words);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

function login(): Promise<Response> {
  return fetch(`${instance.url}/api/auth.login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: instance.url },
    body: JSON.stringify({ email, password }),
  });
}

function processNamed(name: string): ProcessStatus {
  const found = instance.supervisorState().processes.find((p) => p.name === name);
  assert.ok(found, `supervisor.json names ${name}`);
  return found;
}

/** Kill a process of the instance and wait until the supervisor has another one running. */
async function killAndAwaitRestart(name: string): Promise<void> {
  const before = processNamed(name);
  process.kill(before.pid!, 'SIGKILL');
  const end = Date.now() + 30_000;
  for (;;) {
    const now = processNamed(name);
    if (now.state === 'RUNNING' && now.pid !== before.pid) return;
    assert.ok(Date.now() < end, `${name} was not restarted: ${JSON.stringify(now)}`);
    await sleep(50);
  }
}

test('an instance starts to a usable login page', async (t: TestContext) => {
  assert.equal((await instance.cryosparcm('status')).status, 3);
  const begun_ms = performance.now();
  const started = await instance.cryosparcm('start');
  t.diagnostic(`started in ${((performance.now() - begun_ms) / 1000).toFixed(2)} s`);
  assert.equal(started.status, 0, started.stderr);
  assert.ok(started.stdout.includes(instance.url), started.stdout);
  assert.equal((await fetch(`${instance.url}/health`)).status, 200);
  const status = await instance.cryosparcm('status');
  assert.equal(status.status, 0, status.stdout + status.stderr);
  for (const word of [/command_core +RUNNING/, /webapp +RUNNING/, /integrity +ok/, /CRYOSPARC_DB_PATH/]) {
    assert.match(status.stdout, word);
  }
  assert.match((await instance.cryosparcm('start')).stdout, /already running/);
});

test('a user is created on the command line and signs in through the web application', async () => {
  const created = await instance.cryosparcm(
    'createuser',
    '--email',
    email,
    '--password',
    password,
    '--firstname',
    'First',
  );
  assert.equal(created.status, 0, created.stderr);
  assert.match(created.stdout, /Created admin first\.user@example\.org/);
  const again = await instance.cryosparcm('createuser', '--email', email.toUpperCase(), '--password', password);
  assert.equal(again.status, 1);
  const response = await login();
  assert.equal(response.status, 200, await response.clone().text());
  const cookie = response.headers.getSetCookie()[0] ?? '';
  assert.match(cookie, /HttpOnly/i);
  const me = await fetch(`${instance.url}/api/auth.me`, {
    method: 'POST',
    headers: { cookie: cookie.split(';')[0] ?? '', origin: instance.url, 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(((await me.json()) as { email: string }).email, email);
  assert.match((await instance.cryosparcm('listusers')).stdout, /first\.user@example\.org +admin/);
});

test('nothing acknowledged is lost when command_core is killed, and it comes back by itself', async () => {
  const project_uid = (await cli('create_empty_project', email, instance.projects_dir, 'Kept')) as string;
  assert.equal(await cli('create_empty_workspace', project_uid, email, 'Also kept'), 'W1');
  await killAndAwaitRestart('command_core');
  assert.equal(((await cli('get_project', project_uid)) as { title: string }).title, 'Kept');
  const workspaces = (await cli('list_workspaces', project_uid)) as { title: string }[];
  assert.deepEqual(
    workspaces.map((w) => w.title),
    ['Also kept'],
  );
  assert.equal((await login()).status, 200);
  assert.equal(processNamed('command_core').restarts, 1);
});

test('the web application comes back by itself when it is killed', async () => {
  await killAndAwaitRestart('webapp');
  assert.equal((await login()).status, 200);
});

test('a second instance on the same database does not start and names the holder', async () => {
  const second = await TempInstance.create({ db_path: instance.db_path });
  try {
    const { status, stderr } = await second.cryosparcm('start');
    assert.equal(status, 1);
    assert.match(stderr, /CS_DB_LEASED/);
    assert.match(stderr, new RegExp(`${processNamed('command_core').pid}`));
    assert.equal((await second.cryosparcm('status')).status, 3);
  } finally {
    await second.remove();
  }
  assert.equal((await login()).status, 200);
});

test('what is typed wrongly is named, with exit status 2, and refused calls have 1', async () => {
  const results = await Promise.all([
    instance.cryosparcm('strat'),
    instance.cryosparcm('log', 'comand_core'),
    instance.cryosparcm('createuser', '--emial', email),
    instance.cryosparcm('cli', "get_project('P99')"),
    instance.cryosparcm('cli', 'get_porject', 'P1'),
  ]);
  assert.deepEqual(
    results.map((r) => r.status),
    [2, 2, 2, 1, 1],
  );
  const said = results.map((r) => r.stderr);
  assert.match(said[0], /Did you mean start\?/);
  assert.match(said[1], /Did you mean command_core\?/);
  assert.match(said[2], /--emial\. Did you mean email\?/);
  assert.match(said[3], /P99/);
  assert.match(said[4], /Did you mean get_project\?/);
});

test('when the supervisor is killed its processes end, and the instance can be started again', async () => {
  const { supervisor, processes } = instance.supervisorState();
  const children = processes.map((p) => processIdentity(p.pid!)!);
  process.kill(supervisor.pid, 'SIGKILL');
  const end = Date.now() + 20_000;
  while (children.some(isAlive) && Date.now() < end) await sleep(50);
  assert.deepEqual(children.filter(isAlive), []);
  assert.equal((await instance.cryosparcm('status')).status, 3);
  const started = await instance.cryosparcm('start');
  assert.equal(started.status, 0, started.stderr);
  assert.equal((await login()).status, 200);
});

/** The documents of a job that the tests look at. */
type JobSeen = { status: string; progress: { fraction: number } | null; errors_run: { message: string }[] };

function jobNow(uid: string): Promise<JobSeen> {
  return cli('jobs.get', 'P1', uid) as Promise<JobSeen>;
}

async function untilJob(uid: string, wanted: (job: JobSeen) => boolean): Promise<JobSeen> {
  const end = Date.now() + 40_000;
  for (;;) {
    const job = await jobNow(uid);
    if (wanted(job)) return job;
    assert.ok(Date.now() < end, `${uid} did not get there: ${JSON.stringify(job)}`);
    await sleep(200);
  }
}

test('a running job goes on through a crash of command_core, and stop ends it and says so', async () => {
  const connected = await instance.connectWorker();
  assert.equal(connected.status, 0, connected.stderr);
  const params = JSON.stringify({ num_particles: 1_000_000, box_size_pix: 48, psize_A: 4 });
  const uid = (await cli('make_job', 'simulator', 'P1', 'W1', `params=${params}`)) as string;
  assert.match(String(await cli('enqueue_job', 'P1', uid)), /queued|launched/);
  const before = await untilJob(uid, (job) => job.status === 'running' && (job.progress?.fraction ?? 0) > 0);
  await killAndAwaitRestart('command_core');
  const later = await untilJob(uid, (job) => (job.progress?.fraction ?? 0) > (before.progress?.fraction ?? 0));
  assert.equal(later.status, 'running');

  const job_dir = (await cli('get_job_dir_abs', 'P1', uid)) as string;
  assert.equal((await instance.cryosparcm('stop')).status, 0);
  assert.deepEqual(processesNaming(job_dir), []);
  assert.equal((await instance.cryosparcm('start')).status, 0);
  const ended = await jobNow(uid);
  assert.equal(ended.status, 'failed');
  assert.match(ended.errors_run[0]?.message ?? '', /stopped/);
});

/** Command lines of live processes that hold a text. */
function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(text));
}

test('stop leaves no process behind, and the next start finds everything again', async () => {
  const state = instance.supervisorState();
  const pids = [state.supervisor.pid, ...state.processes.map((p) => p.pid!)];
  const identities = pids.map((pid): ProcessId => {
    const identity = processIdentity(pid);
    assert.ok(identity, `pid ${pid} runs`);
    return identity;
  });
  const stopped = await instance.cryosparcm('stop');
  assert.equal(stopped.status, 0, stopped.stderr);
  assert.deepEqual(identities.filter(isAlive), []);
  assert.equal((await instance.cryosparcm('status')).status, 3);
  assert.equal((await instance.cryosparcm('cli', 'list_projects')).status, 1);
  assert.equal((await instance.cryosparcm('start')).status, 0);
  assert.equal(((await cli('list_projects')) as unknown[]).length, 1);
});
