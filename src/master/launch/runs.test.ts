import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '@hono/node-server';
import type { Job } from '../../schema/model.ts';
import { type Behaviour, fakeWorker, freeBasePort } from '../testing/fake-worker.ts';
import { TestInstance } from '../testing/instance.ts';
import { until } from '../testing/wait.ts';
import type { Launch } from './launches.ts';
import { judge, type LiveRun } from './live-run.ts';

/** An instance that answers on a socket, with a worker on this machine that behaves as said, and a job ready to run. */
class Site implements AsyncDisposable {
  readonly instance: TestInstance;
  private readonly server: ReturnType<typeof serve>;

  private constructor(instance: TestInstance, port: number) {
    this.instance = instance;
    // the app is replaced by a restart, the socket stays
    this.server = serve({ fetch: (request, env) => instance.app.fetch(request, env), port, hostname: '127.0.0.1' });
  }

  static async open(behaviour: Behaviour, env: Record<string, string> = {}): Promise<Site> {
    const base = await freeBasePort();
    const instance = new TestInstance({ CRYOSPARC_BASE_PORT: String(base), ...env });
    const site = new Site(instance, base + 2);
    instance.user('a@example.org');
    await instance.project('a@example.org');
    await instance.worker({ worker_bin_path: fakeWorker(instance.dir, behaviour) });
    await instance.job('P1', 'source');
    return site;
  }

  async enqueue(job_uid = 'J1'): Promise<void> {
    await this.instance.ok('jobs.enqueue', { project_uid: 'P1', job_uid });
  }

  job(job_uid = 'J1'): Promise<Job> {
    return this.instance.ok('jobs.get', { project_uid: 'P1', job_uid });
  }

  async reach(...status: Job['status'][]): Promise<Job> {
    return until(`status ${status.join()}`, async () => {
      const job = await this.job();
      return status.includes(job.status) && job;
    });
  }

  get job_dir(): string {
    return join(this.instance.dir, 'data/CS-test/J1');
  }

  pid(): number {
    return this.instance.core.launches.open()[0]?.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.instance.core.runs.stopAll('test over');
    await new Promise((resolve) => {
      this.server.close(resolve);
      if ('closeAllConnections' in this.server) this.server.closeAllConnections();
    });
    this.instance[Symbol.dispose]();
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a job runs through all its statuses, and the one that waits for it starts by itself', async () => {
  await using site = await Site.open('complete');
  const { instance } = site;
  await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  await site.enqueue('J2');
  const waiting = await until('queue message', async () => (await site.job('J2')).queue_message);
  assert.equal(waiting, 'waits for J1 (building)');
  await site.enqueue('J1');
  assert.equal(await instance.ok('jobs.wait', { project_uid: 'P1', job_uid: 'J1' }), 'completed');
  const job = await site.job();
  for (const key of ['queued_at', 'launched_at', 'started_at', 'running_at', 'completed_at'] as const)
    assert.ok(job[key], key);
  assert.deepEqual(
    [job.outputs[0]?.num_items, job.progress, job.version_run],
    [3, { fraction: 1, text: 'Done' }, job.version_created],
  );
  assert.equal(await instance.ok('jobs.wait', { project_uid: 'P1', job_uid: 'J2' }), 'completed');
  const claim = JSON.parse(readFileSync(join(site.job_dir, '../J2/claim.json'), 'utf8')) as {
    inputs: { particles: { results: unknown }[] };
    params: unknown;
    memory_mb: number;
  };
  assert.deepEqual(claim.inputs.particles[0]?.results, [
    { name: 'blob', source: 'blob', dtype: 'blob', metafile: 'J1/p.cs' },
    { name: 'ctf', source: 'ctf', dtype: 'ctf', metafile: 'J1/p.cs' },
  ]);
  assert.deepEqual([claim.params, claim.memory_mb], [{ cpus: 2, gpus: 0 }, 8000]);
  assert.deepEqual((await instance.ok('resources.usage', {}))[0]?.used, { CPU: [], GPU: [], RAM: [] });
  assert.equal((await instance.ok('jobs.events', { project_uid: 'P1', job_uid: 'J1' }))[0]?.id, 1);
  assert.equal(statSync(join(site.job_dir, '.launch.json')).mode & 0o777, 0o600);
});

test('a job that wants the SSD cache is told where it is and how much it may hold; another job is not', async () => {
  await using site = await Site.open('complete');
  const { instance } = site;
  const cache = { cache_path: '/scratch', cache_quota_mb: 5000, cache_reserve_mb: 250 };
  await instance.worker({ update: true, worker_bin_path: fakeWorker(instance.dir, 'complete'), ...cache });
  await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  await site.enqueue('J1');
  await site.enqueue('J2');
  assert.equal(await instance.ok('jobs.wait', { project_uid: 'P1', job_uid: 'J2' }), 'completed');
  const [without, with_ssd] = ['J1', 'J2'].map(
    (uid) => JSON.parse(readFileSync(join(site.job_dir, '..', uid, 'claim.json'), 'utf8')) as Partial<typeof cache>,
  );
  assert.equal(without?.cache_path, null);
  const { cache_path, cache_quota_mb, cache_reserve_mb } = with_ssd ?? {};
  assert.deepEqual({ cache_path, cache_quota_mb, cache_reserve_mb }, cache);
});

test('a job that is told to stop is killed, and its slots are free again', async () => {
  await using site = await Site.open('hold');
  await site.enqueue();
  await site.reach('running');
  const used = await site.instance.ok('resources.usage', {});
  assert.deepEqual(used[0]?.jobs, [{ project_uid: 'P1', job_uid: 'J1' }]);
  for (const call of ['jobs.clear', 'jobs.delete'] as const) {
    assert.equal((await site.instance.call(call, { project_uid: 'P1', job_uid: 'J1' })).error.code, 'CS_JOB_STATUS');
  }
  const killed = await site.instance.ok('jobs.kill', { project_uid: 'P1', job_uid: 'J1' });
  assert.deepEqual([killed.status, (await site.instance.ok('resources.usage', {}))[0]?.jobs], ['killed', []]);
  const cleared = await site.instance.ok('jobs.clear', { project_uid: 'P1', job_uid: 'J1' });
  assert.deepEqual(
    [cleared.status, cleared.killed_at, cleared.outputs[0]?.num_items, existsSync(join(site.job_dir, 'events.jsonl'))],
    ['building', null, 0, false],
  );
});

test('a launch that fails tells why, in the job and in its event log', async () => {
  await using site = await Site.open('refuse');
  await site.enqueue();
  const job = await site.reach('failed');
  assert.match(job.errors_run[0]?.message ?? '', /ended with code 3 before it took over the job\. no such thing here/);
  const events = await until('event', async () => {
    const all = await site.instance.ok('jobs.events', { project_uid: 'P1', job_uid: 'J1' });
    return all.length > 0 && all;
  });
  assert.match(JSON.stringify(events), /no such thing here/);
  await site.instance.worker({ update: true, worker_bin_path: '/nonexistent/bin/cryosparcw' });
  await site.instance.ok('jobs.clear', { project_uid: 'P1', job_uid: 'J1' });
  await site.enqueue();
  assert.match(
    (await site.reach('failed')).errors_run[0]?.message ?? '',
    /\/nonexistent\/bin\/cryosparcw does not exist on localhost/,
  );
});

test('a worker of another version is refused with both versions and the remedy', async () => {
  await using site = await Site.open('old');
  await site.enqueue();
  const { errors_run } = await site.reach('failed');
  assert.equal(errors_run[0]?.code, 'CS_VERSION_MISMATCH');
  assert.match(errors_run[0]?.message ?? '', /v0\.0\.1.*install\.sh.*--update/);
});

test('a launch that does not report in time has failed, and its process is gone', async () => {
  await using site = await Site.open('never', { CRYOSPARC_JOB_LAUNCH_TIMEOUT: '1' });
  await site.enqueue();
  const { errors_run } = await site.reach('failed');
  assert.match(errors_run[0]?.message ?? '', /did not report within 1 s/);
});

test('a job that falls silent has failed after the heartbeat time', async () => {
  await using site = await Site.open('silent', { CRYOSPARC_HEARTBEAT_SECONDS: '1' });
  await site.enqueue();
  await site.reach('started');
  const pid = site.pid();
  const { errors_run } = await site.reach('failed');
  assert.equal(errors_run[0]?.code, 'CS_HEARTBEAT_LOST');
  await until('process gone', () => !alive(pid));
});

test('a monitor that is gone is noticed at once; the outcome that it left counts', async () => {
  await using crash = await Site.open('crash');
  await crash.enqueue();
  assert.equal((await crash.reach('failed')).errors_run[0]?.code, 'CS_MONITOR_GONE');
  await using vanish = await Site.open('vanish');
  await vanish.enqueue();
  assert.equal((await vanish.reach('failed', 'completed')).status, 'completed');
});

test('jobs go on while the master is down, also one that dies meanwhile is noticed afterwards', async () => {
  await using site = await Site.open('hold');
  await site.enqueue();
  await site.reach('running');
  site.instance.restart();
  assert.equal((await site.job()).status, 'running');
  const pid = site.pid();
  assert.ok(alive(pid));
  process.kill(pid, 'SIGKILL');
  assert.equal((await site.reach('failed')).errors_run[0]?.code, 'CS_MONITOR_GONE');
});

test('stopping the instance fails what runs, ends its process, and keeps the queue', async () => {
  await using site = await Site.open('hold');
  await site.enqueue();
  await site.reach('running');
  await site.instance.job('P1', 'refine', { params: { cpus: 4 }, input_group_connects: { particles: 'J1.particles' } });
  await site.enqueue('J2');
  const pid = site.pid();
  site.instance.core.scheduler.stop();
  site.instance.core.runs.stopAll('The instance was stopped.');
  const job = await site.job();
  assert.deepEqual([job.status, job.errors_run[0]?.message], ['failed', 'The instance was stopped.']);
  assert.equal((await site.job('J2')).status, 'queued');
  await until('process gone', () => !alive(pid));
});

test('a job that does not stop when asked is ended by force', async () => {
  await using site = await Site.open('deaf');
  await site.enqueue();
  await site.reach('running');
  const pid = site.pid();
  site.instance.core.runs.kill(await site.job(), 0);
  await until('process gone', () => !alive(pid));
  assert.equal((await site.reach('killed')).status, 'killed');
});

test('the token of a launch is good for that launch only', async () => {
  await using site = await Site.open('hold');
  const { instance } = site;
  await site.enqueue();
  await site.reach('running');
  const { token } = JSON.parse(readFileSync(join(site.job_dir, '.launch.json'), 'utf8')) as { token: string };
  const as = { authorization: `Bearer ${token}` };
  const claim = { version: await instance.ok('instance.version', {}), hostname: 'elsewhere', pid: 1 };
  assert.match((await instance.call('runs.claim', claim, as)).error.message, /runs already on .* \(process \d+\)/);
  assert.equal((await instance.call('projects.list', {}, as)).status, 401);
  await instance.ok('jobs.kill', { project_uid: 'P1', job_uid: 'J1' });
  assert.deepEqual(await instance.ok('runs.report', {}, as), { action: 'kill' });
  await instance.ok('runs.finish', { status: 'completed' }, as);
  assert.equal((await site.job()).status, 'killed');
});

test('what to do about a run follows from its state, its silence and its process', () => {
  const limits = { heartbeat_s: 180, launch_timeout_s: 60 };
  const launch = { state: 'claimed', pid: 7, start_ticks: 1 } as Launch;
  const run: LiveRun = {
    launch,
    cluster: false,
    process: null,
    heard_ms: 0,
    kill_asked_ms: null,
    patience_ms: 10_000,
    done: null,
  };
  const at = (s: number, more: Partial<LiveRun> = {}, alive = true): string =>
    judge({ ...run, ...more }, s * 1000, limits, () => alive);
  assert.deepEqual([at(0), at(180), at(181), at(1, {}, false)], ['fine', 'fine', 'silent', 'gone']);
  assert.equal(at(100_000, { cluster: true, launch: { ...launch, state: 'launched' } }), 'fine');
  const starting = { launch: { ...launch, state: 'launched', pid: null } as Launch };
  assert.deepEqual([at(59, starting, false), at(60, starting)], ['fine', 'late']);
  assert.deepEqual(
    [at(9, { kill_asked_ms: 0 }), at(10, { kill_asked_ms: 0 }), at(20, { kill_asked_ms: 0 })],
    ['fine', 'ask', 'force'],
  );
  const remote = { launch: { ...launch, start_ticks: null } as Launch };
  assert.equal(at(100, remote, false), 'fine');
});

test('a job on another machine is started over ssh, with its words quoted', async () => {
  await using site = await Site.open('complete');
  const { instance } = site;
  const bin = join(instance.dir, 'ssh bin');
  mkdirSync(bin);
  // a stand-in for ssh: notes the destination, then gives the command to a shell as sshd does
  writeFileSync(
    join(bin, 'ssh'),
    `#!/bin/sh\nfor word; do before=$host; host=$last; last=$word; done\necho "$host" > '${instance.dir}/destination'\nexec sh -c "$last"\n`,
    { mode: 0o755 },
  );
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    const worker = fakeWorker(join(instance.dir, "it's here"), 'complete');
    await instance.worker({ hostname: 'node9', ssh_str: 'eva@node9', worker_bin_path: worker });
    await instance.ok('jobs.enqueue', { project_uid: 'P1', job_uid: 'J1', hostname: 'node9' });
    const job = await site.reach('completed', 'failed');
    assert.deepEqual([job.status, job.errors_run], ['completed', []]);
    assert.equal(readFileSync(join(instance.dir, 'destination'), 'utf8'), 'eva@node9\n');
  } finally {
    process.env['PATH'] = path;
  }
});

test('a job whose parameters no longer fit its type fails with that reason when it is claimed', async () => {
  await using site = await Site.open('complete');
  const { core } = site.instance;
  await site.instance.ok('projects.update', { project_uid: 'P1', paused: true });
  await site.enqueue();
  core.jobs.save({ ...core.jobs.require('P1', 'J1'), params: { path: '/x', count: -4 } });
  await site.instance.ok('projects.update', { project_uid: 'P1', paused: false });
  const { errors_run } = await site.reach('failed');
  assert.equal(errors_run[0]?.code, 'CS_PARAM');
  assert.match(errors_run[0]?.message ?? '', /"count" is -4/);
});
