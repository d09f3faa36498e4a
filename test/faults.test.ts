import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { callApi } from '../src/host/http-client.ts';
import type { ApiInput, ApiName, ApiOutput } from '../src/schema/api.ts';
import { FINISHED_STATUSES, type Job } from '../src/schema/model.ts';
import { TempInstance } from './temp-instance.ts';

/** Real jobs on a real instance, while what they stand on breaks. */
const password = 'a long enough password';
let instance: TempInstance;
/** of the project that most tests use */
let project: { project_uid: string; workspace_uid: string };

before(async () => {
  instance = await TempInstance.create();
  for (const step of [
    () => instance.cryosparcm('start'),
    () => instance.cryosparcm('createuser', '--email', 'a@example.org', '--password', password),
    () => instance.connectWorker(),
  ]) {
    const { status, stderr } = await step();
    assert.equal(status, 0, stderr);
  }
  project = await newProject(instance.projects_dir, 'Faults');
});
after(() => instance.remove());

function call<K extends ApiName>(name: K, input: ApiInput<K>): Promise<ApiOutput<K>> {
  const headers = { authorization: `Bearer ${instance.admin_token}` };
  return callApi(`http://localhost:${instance.base_port + 2}`, name, input, { headers });
}

async function newProject(container: string, title: string): Promise<typeof project> {
  const owner_user_id = 'a@example.org';
  const { uid } = await call('projects.create', { owner_user_id, project_container_dir: container, title });
  const made = await call('workspaces.create', { project_uid: uid, created_by_user_id: owner_user_id, title: 'W' });
  return { project_uid: uid, workspace_uid: made.uid };
}

type NewJob = Omit<ApiInput<'jobs.create'>, 'project_uid' | 'workspace_uid'>;

async function start(job: NewJob, where = project): Promise<Job> {
  const { uid } = await call('jobs.create', { ...where, ...job });
  return call('jobs.enqueue', { project_uid: where.project_uid, job_uid: uid });
}

/** Wait for something to be true of a job. */
async function until({ project_uid, uid: job_uid }: Job, what: (job: Job) => boolean): Promise<Job> {
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const job = await call('jobs.get', { project_uid, job_uid });
    if (what(job)) return job;
    assert.ok(Date.now() < end, `${job_uid} is ${job.status}: ${JSON.stringify(job.errors_run)} ${job.queue_message}`);
  }
}

const ended = async (job: Job): Promise<Job> => until(job, ({ status }) => FINISHED_STATUSES.includes(status));

async function warnings({ project_uid, uid: job_uid }: Job): Promise<string> {
  const events = await call('jobs.events', { project_uid, job_uid });
  return events.flatMap((event) => (event.type === 'warning' ? [event.text] : [])).join('\n');
}

const simulator = (num_particles: number): NewJob => ({
  job_type: 'simulator',
  params: { num_particles, box_size_pix: 48, psize_A: 4, random_seed: 7 },
});
const reconstruct = (from: string): NewJob => ({
  job_type: 'homo_reconstruct',
  input_group_connects: { particles: `${from}.particles` },
});

/** The process that computes a job; its monitor has another directory. */
function mainProcess(job_dir: string): number {
  const pid = readdirSync('/proc').find((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === job_dir;
    } catch {
      return false;
    }
  });
  assert.ok(pid, `a process works in ${job_dir}`);
  return Number(pid);
}

test('a job whose process is killed fails with the signal in words, and others go on', async () => {
  const job = await until(await start(simulator(1_000_000)), (j) => (j.progress?.fraction ?? 0) > 0);
  const next = await start(simulator(20));
  const job_dir = await call('jobs.dir', { project_uid: job.project_uid, job_uid: job.uid });
  process.kill(mainProcess(job_dir), 'SIGKILL');
  const failed = await ended(job);
  assert.equal(failed.status, 'failed');
  assert.match(failed.errors_run[0]?.message ?? '', /SIGKILL/);
  assert.equal((await ended(next)).status, 'completed');
});

test('a stack that is cut short or gone costs its particles alone; without any the job says why', async () => {
  const job = simulator(300);
  const made = await ended(await start({ ...job, params: { ...job.params, particles_per_file: 100 } }));
  assert.equal(made.status, 'completed');
  const { project_uid } = project;
  const dir = await call('jobs.dir', { project_uid, job_uid: made.uid });
  const stacks = readdirSync(`${dir}/simulated`).filter((name) => name.endsWith('.mrcs'));
  assert.equal(stacks.length, 3);
  const first = `${dir}/simulated/${stacks[0]}`;
  truncateSync(first, Math.floor(statSync(first).size / 2));
  const partial = await ended(await start(reconstruct(made.uid)));
  const kept = partial.outputs.find((o) => o.name === 'particles')?.num_items ?? 0;
  assert.equal(partial.status, 'completed', JSON.stringify(partial.errors_run));
  assert.ok(kept >= 200 && kept < 300, `${kept} of 300 particles kept`);
  assert.match(await warnings(partial), new RegExp(stacks[0]));

  for (const stack of stacks) rmSync(`${dir}/simulated/${stack}`);
  const none = await ended(await start(reconstruct(made.uid)));
  assert.equal(none.status, 'failed');
  assert.match(none.errors_run[0]?.message ?? '', /simulated\/.*(does not exist|missing)/);
});

test('a job that is killed while it waits or runs ends as killed, its directory can be cleared and it runs again', async () => {
  const running = await until(await start(simulator(1_000_000)), (j) => j.status === 'running');
  const { project_uid, uid: job_uid } = running;
  assert.equal((await call('jobs.kill', { project_uid, job_uid })).status, 'killed');
  assert.equal((await call('jobs.clear', { project_uid, job_uid })).status, 'building');
  await call('jobs.set_param', { project_uid, job_uid, param_name: 'num_particles', param_new_value: 30 });
  await call('jobs.enqueue', { project_uid, job_uid });
  assert.equal((await ended(running)).status, 'completed');
});

const mountable = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;

test('a full disk fails the job with the file in words; with room again it runs', {
  skip: mountable ? false : 'a small file system can only be mounted by root',
}, async (t) => {
  const disk = mkdtempSync(`${tmpdir()}/small-disk-`);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]);
  if (mounted.status !== 0) return t.skip(`cannot mount here: ${mounted.stderr.toString().trim()}`);
  try {
    mkdirSync(`${disk}/projects`);
    const small = await newProject(`${disk}/projects`, 'Small disk');
    const failed = await ended(await start(simulator(2000), small));
    assert.equal(failed.status, 'failed');
    assert.match(failed.errors_run[0]?.message ?? '', /full/);
    assert.match(failed.errors_run[0]?.message ?? '', new RegExp(disk));
    const { project_uid, uid: job_uid } = failed;
    await call('jobs.clear', { project_uid, job_uid });
    await call('jobs.set_param', { project_uid, job_uid, param_name: 'num_particles', param_new_value: 20 });
    await call('jobs.enqueue', { project_uid, job_uid });
    assert.equal((await ended(failed)).status, 'completed');
    const dumped = JSON.parse(
      readFileSync(`${await call('jobs.dir', { project_uid, job_uid })}/job.json`, 'utf8'),
    ) as Job;
    assert.equal(dumped.uid, job_uid);
    await call('projects.delete', { project_uid });
  } finally {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  }
});
