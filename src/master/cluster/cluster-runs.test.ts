import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from '@hono/node-server';
import { readClusterFiles } from '../../cli/cryosparcm/cluster.ts';
import type { ApiInput } from '../../schema/api.ts';
import type { Job } from '../../schema/model.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { type Behaviour, fakeWorker, freeBasePort } from '../testing/fake-worker.ts';
import { TestInstance } from '../testing/instance.ts';
import { until } from '../testing/wait.ts';

/** A master in this process with a cluster that does what a test says. */
class Site implements AsyncDisposable {
  readonly instance: TestInstance;
  readonly cluster: FakeCluster;
  private readonly server: ReturnType<typeof serve>;

  private constructor(instance: TestInstance, port: number) {
    this.instance = instance;
    this.cluster = new FakeCluster(instance.dir);
    this.server = serve({ fetch: (request, env) => instance.app.fetch(request, env), port, hostname: '127.0.0.1' });
  }

  static async open(behaviour: Behaviour, more: Partial<ApiInput<'clusters.connect'>> = {}): Promise<Site> {
    const base = await freeBasePort();
    const instance = new TestInstance({
      CRYOSPARC_BASE_PORT: String(base),
      CRYOSPARC_CLUSTER_POLL_SECONDS: '0.1',
      CRYOSPARC_CLUSTER_GRACE_SECONDS: '0.3',
    });
    const site = new Site(instance, base + 2);
    instance.user('a@example.org');
    await instance.project('a@example.org');
    const worker_bin_path = fakeWorker(instance.dir, behaviour);
    await instance.ok('clusters.connect', site.cluster.input({ worker_bin_path, ...more }));
    return site;
  }

  async start(): Promise<string> {
    const { uid } = await this.instance.job('P1', 'source');
    await this.instance.ok('jobs.enqueue', { project_uid: 'P1', job_uid: uid, lane: 'hpc' });
    return uid;
  }

  until(job_uid: string, what: string, holds: (job: Job) => boolean): Promise<Job> {
    return until(`${job_uid}: ${what}`, async () => {
      const job = await this.instance.ok('jobs.get', { project_uid: 'P1', job_uid });
      return holds(job) && job;
    });
  }

  message(job_uid: string, pattern: RegExp): Promise<Job> {
    return this.until(job_uid, String(pattern), (job) => pattern.test(job.queue_message ?? ''));
  }

  /** Run the script of a job, as a node would. */
  run(id: string | null): void {
    spawn('/bin/sh', [this.cluster.script(id)], { stdio: 'ignore', detached: true }).unref();
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

test('a job waits in the queue of the cluster, runs there and ends', async () => {
  await using site = await Site.open('complete', {
    cache_path: '/scratch/{{ cluster_job_id }}',
    custom_vars: { account: 'lab 7' },
  });
  const uid = await site.start();
  const waiting = await site.message(uid, /pending in the cluster's queue as 1: Resources/);
  assert.deepEqual([waiting.status, waiting.cluster_job_id, waiting.cluster_job_status], ['launched', '1', 'PENDING']);
  assert.match(readFileSync(site.cluster.script('1'), 'utf8'), /^#SBATCH -A lab 7\n/m);
  const dir = join(site.instance.dir, 'data/CS-test', uid);
  assert.equal(statSync(join(dir, '.launch.json')).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(join(dir, 'queue_sub_script.sh'), 'utf8'), /token/);
  site.cluster.say('1', 'R:');
  await site.message(uid, /started by the cluster as 1/);
  site.run('1');
  const done = await site.until(uid, 'completed', (job) => job.status === 'completed');
  assert.deepEqual([done.queue_message, done.resources_allocated?.target], [null, 'hpc']);
});

test('all jobs of a cluster are asked for in one command', async () => {
  await using site = await Site.open('complete');
  const uids = [
    await site.start(),
    await site.start(),
    await site.start(),
    await site.start(),
    await site.start(),
    await site.start(),
  ];
  for (const uid of uids) await site.message(uid, /pending/);
  const before = site.cluster.lines('asked').length;
  await until('another round', () => site.cluster.lines('asked').length > before);
  assert.equal(site.cluster.lines('asked').at(-1)?.split(' ')[1]?.split(',').length, 6);
});

test('a killed job leaves the queue of the cluster, also one whose submission is going on', async () => {
  await using site = await Site.open('complete');
  const uid = await site.start();
  await site.message(uid, /pending/);
  assert.equal((await site.instance.ok('jobs.kill', { project_uid: 'P1', job_uid: uid })).status, 'killed');
  await until('scancel 1', () => site.cluster.lines('cancelled').includes('1'));
  site.cluster.set('slow');
  const late = await site.start();
  await site.message(late, /is being submitted/);
  await site.instance.ok('jobs.kill', { project_uid: 'P1', job_uid: late });
  await until('scancel 2', () => site.cluster.lines('cancelled').includes('2'));
  assert.deepEqual(site.cluster.lines('cancelled'), ['1', '2']);
});

test('a refused submission fails the job with the reason of the scheduler', async () => {
  await using site = await Site.open('complete');
  site.cluster.set('full');
  const failed = await site.until(await site.start(), 'failed', (job) => job.status === 'failed');
  assert.match(failed.errors_run[0]?.message ?? '', /ended with status 1.*violates accounting\/QOS policy/s);
});

test('an outcome in the directory counts before what the scheduler says; without one its reason is named', async () => {
  await using site = await Site.open('vanish');
  const uid = await site.start();
  await site.message(uid, /pending/);
  site.run('1');
  await site.until(uid, 'started', (job) => job.status !== 'launched');
  site.cluster.say('1', 'F:NonZeroExitCode');
  await site.until(uid, 'completed', (job) => job.status === 'completed');

  const lost = await site.start();
  await site.message(lost, /pending/);
  site.cluster.say('2', 'NF:');
  const failed = await site.until(lost, 'failed', (job) => job.status === 'failed');
  assert.match(failed.errors_run[0]?.message ?? '', /the node that it ran on failed.*NODE_FAIL/);
  const gone = await site.start();
  await site.message(gone, /pending/);
  site.cluster.say('3', '');
  const missing = await site.until(gone, 'failed', (job) => job.status === 'failed');
  assert.match(missing.errors_run[0]?.message ?? '', /not in its queue any more/);
});

test('a running job that the cluster ended is named as that', async () => {
  await using site = await Site.open('silent');
  const uid = await site.start();
  await site.message(uid, /pending/);
  site.run('1');
  await site.until(uid, 'started', (job) => job.status === 'started');
  site.cluster.say('1', 'OOM:');
  const failed = await site.until(uid, 'failed', (job) => job.status === 'failed');
  assert.deepEqual(failed.errors_run[0]?.code, 'CS_CLUSTER_OUT_OF_MEMORY');
});

test('a scheduler that does not answer changes no job but its message', async () => {
  await using site = await Site.open('complete');
  const uid = await site.start();
  await site.message(uid, /pending/);
  site.cluster.set('down');
  const job = await site.message(uid, /does not answer; its last known state is PENDING: .*Unable to contact/);
  assert.equal(job.status, 'launched');
  site.run('1');
  await site.until(uid, 'completed', (j) => j.status === 'completed');
});

test('after a restart of the master jobs are followed by their numbers, and none is submitted twice', async () => {
  await using site = await Site.open('complete');
  const uid = await site.start();
  await site.message(uid, /pending/);
  site.cluster.set('slow');
  const other = await site.start();
  await site.message(other, /is being submitted/);
  await until('the submission', () =>
    readdirSync(join(site.instance.dir, 'data/CS-test', other)).includes('.launch.log'),
  );
  site.instance.restart();
  site.cluster.say('1', 'PD:Priority');
  await site.message(uid, /as 1: Priority/);
  await site.message(other, /as 2: Resources/);
  assert.equal(site.cluster.submitted, 2);
  site.run('2');
  await site.until(other, 'completed', (job) => job.status === 'completed');
});

test('a scheduler that is not known is asked job by job, in words of its own', async () => {
  const more = {
    qsub_cmd_tpl: '$(command -v sbatch | cat) {{ script_path_abs }}',
    qstat_cmd_tpl: 'state {{ cluster_job_id }}',
  };
  await using site = await Site.open('complete', {
    ...more,
    qsub_cmd_tpl: 's=sba; ${s}tch {{ script_path_abs }} | tail -c 2',
  });
  const uid = await site.start();
  await site.message(uid, /pending in the cluster's queue as 1: PD/);
  site.cluster.say('1', 'CA:');
  const failed = await site.until(uid, 'failed', (job) => job.status === 'failed');
  assert.match(failed.errors_run[0]?.message ?? '', /cancelled on the cluster/);
});

test('templates are checked when a cluster is connected, and a cluster in use cannot be removed', async () => {
  await using site = await Site.open('complete');
  const { instance, cluster } = site;
  const refused = async (more: Partial<ApiInput<'clusters.connect'>>): Promise<string> => {
    const { status, error } = await instance.call('clusters.connect', cluster.input(more));
    return `${status} ${error.code} ${error.message}`;
  };
  assert.match(await refused({ script_tpl: 'a\n{{ run_cmd }\n' }), /^400 CS_CLUSTER_TEMPLATE script_tpl: .*line 2/);
  assert.match(await refused({ script_tpl: '{{ run_cmd }} ${#a[@]}' }), /raw/);
  assert.match(await refused({ script_tpl: 'echo' }), /never uses \{\{ run_cmd \}\}/);
  assert.match(await refused({ custom_vars: { num_gpu: 3 } }), /^400 CS_CLUSTER_VARIABLE/);
  await instance.worker();
  assert.match(await refused({ name: 'localhost' }), /^409 CS_TARGET_EXISTS/);
  await site.message(await site.start(), /pending/);
  assert.equal((await instance.call('clusters.remove', { name: 'hpc' })).error.code, 'CS_CLUSTER_IN_USE');
  await instance.ok('jobs.kill', { project_uid: 'P1', job_uid: 'J1' });
  await instance.ok('clusters.remove', { name: 'hpc' });
  assert.deepEqual(
    (await instance.ok('resources.lanes', {})).map((lane) => lane.name),
    ['default'],
  );
});

test('custom variables of a job come before those of the cluster, and those before those of the instance', async () => {
  const script_tpl = '#!/bin/sh\n#A {{ a }}\n#B {{ b }}\n#C {{ c }}\n{{ run_cmd }}\n';
  await using site = await Site.open('complete', { script_tpl, custom_vars: { b: 'cluster', c: 'cluster' } });
  await site.instance.ok('clusters.set_instance_vars', {
    custom_vars: { a: 'instance', b: 'instance', c: 'instance' },
  });
  const { uid } = await site.instance.job('P1', 'source');
  const vars = { project_uid: 'P1', job_uid: uid, cluster_job_custom_vars: { c: 'a job; reboot' } };
  await site.instance.ok('clusters.set_job_vars', vars);
  await site.instance.ok('jobs.enqueue', { project_uid: 'P1', job_uid: uid, hostname: 'hpc' });
  await site.message(uid, /pending/);
  assert.match(readFileSync(site.cluster.script('1'), 'utf8'), /^#A instance\n#B cluster\n#C 'a job; reboot'\n/m);
  assert.equal((await site.instance.call('clusters.set_job_vars', vars)).error.code, 'CS_JOB_STATUS');
});

test('validation prints script and commands, runs the information command and submits nothing', async () => {
  await using site = await Site.open('complete');
  const found = await site.instance.ok('clusters.validate', { name: 'hpc' });
  assert.deepEqual(
    [found.scheduler, found.info?.exit_status, found.info?.output, found.custom_vars],
    ['slurm', 0, '4 nodes\n', ['account']],
  );
  assert.match(found.submit_command, /sbatch '\/data\/CS-sample project\/J1\/queue_sub_script.sh'/);
  assert.match(found.warnings.join(), /account/);
  assert.equal(site.cluster.submitted, 0);
});

test('the examples connect', async () => {
  await using site = await Site.open('complete');
  const examples = new URL('../../cli/cluster-examples/', import.meta.url).pathname;
  for (const kind of readdirSync(examples)) {
    await site.instance.ok('clusters.connect', readClusterFiles(join(examples, kind)));
    const { scheduler, script } = await site.instance.ok('clusters.validate', { name: `${kind}cluster` });
    assert.equal(scheduler, kind);
    assert.match(script, /run --project P1 --job J1/);
  }
});
