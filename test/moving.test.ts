import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Job, Project } from '../src/schema/model.ts';
import { TempInstance } from './temp-instance.ts';

const EMAIL = 'first.user@example.org';
const PASSWORD = 'a long enough password';

let a: TempInstance;
let b: TempInstance;
before(async () => {
  [a, b] = await Promise.all([TempInstance.create(), TempInstance.create()]);
});
after(() => Promise.all([a.remove(), b.remove()]));

async function ran(instance: TempInstance, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await instance.cryosparcm(...words);
  assert.equal(status, 0, `${words.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

async function cli<T>(instance: TempInstance, ...words: string[]): Promise<T> {
  return JSON.parse(await ran(instance, 'cli', '--json', ...words)) as T;
}

async function started(instance: TempInstance): Promise<void> {
  await ran(instance, 'start');
  await ran(instance, 'createuser', '--email', EMAIL, '--password', PASSWORD);
  const { status, stderr } = await instance.connectWorker();
  assert.equal(status, 0, stderr);
}

/** Create a job, queue it and wait until it has completed. */
async function runJob(instance: TempInstance, type: string, params: object, inputs: object = {}): Promise<string> {
  const more = [`params=${JSON.stringify(params)}`, `input_group_connects=${JSON.stringify(inputs)}`];
  const uid = await cli<string>(instance, 'make_job', type, 'P1', 'W1', ...more);
  await cli(instance, 'enqueue_job', 'P1', uid);
  await ended(instance, uid);
  return uid;
}

/** Wait until a job has completed. @returns its document */
async function ended(instance: TempInstance, uid: string): Promise<Job> {
  await instance.cryosparcm('cli', 'wait_job_complete', 'P1', uid, '60');
  const job = await cli<Job>(instance, 'jobs.get', 'P1', uid);
  assert.equal(job.status, 'completed', `${uid} ${job.queue_message ?? ''} ${job.errors_run[0]?.message ?? ''}`);
  return job;
}

const SIMULATION = { num_particles: 20, box_size_pix: 48, psize_A: 4 };

test('a project that is copied to another instance attaches there, and its results feed new jobs', async () => {
  await started(a);
  assert.equal(await cli(a, 'create_empty_project', EMAIL, a.projects_dir, 'Moves'), 'P1');
  await cli(a, 'create_empty_workspace', 'P1', EMAIL, 'Work');
  const simulated = await runJob(a, 'simulator', SIMULATION);
  const { path } = await cli<{ path: string; missing: string[] }>(
    a,
    'export_output_results',
    'P1',
    simulated,
    'particles',
  );
  const exported = await cli<{ path: string }>(a, 'export_job', 'P1', simulated);
  const { project_dir } = await cli<Project>(a, 'get_project', 'P1');
  await ran(a, 'stop');

  const copy = `${b.projects_dir}/CS-copied`;
  cpSync(project_dir, copy, { recursive: true, verbatimSymlinks: true });
  await started(b);
  const attached = await cli<Project & { problems: string[] }>(b, 'attach_project', EMAIL, copy);
  assert.deepEqual([attached.uid, attached.title, attached.problems], ['P1', 'Moves', []]);
  const uid = await runJob(b, 'volume_tools', { flip_hand: true }, { volume: `${simulated}.volume` });
  const { outputs, parents } = await cli<Job>(b, 'jobs.get', 'P1', uid);
  assert.deepEqual([outputs[0].num_items, parents], [1, [simulated]]);

  const group = path.replace(project_dir, copy);
  assert.equal(
    execFileSync('find', ['-L', `${copy}/exports`, '-type', 'l'], { encoding: 'utf8' }),
    '',
    'no link is broken',
  );
  const imported = await cli<Job>(b, 'jobs.import_result_group', 'P1', 'W1', `path=${group}`);
  assert.equal((await ended(b, imported.uid)).outputs[0]?.num_items, 20);
  const job = await cli<Job>(b, 'jobs.import', 'P1', 'W1', exported.path.replace(project_dir, copy));
  assert.equal(job.status, 'completed');
  const [imported_particles, copied] = [`${imported.uid}.imported_particles`, `${job.uid}.volume`];
  await runJob(b, 'homo_reconstruct', {}, { particles: imported_particles });
  await runJob(b, 'volume_tools', { flip_hand: true }, { volume: copied });
});

test('in maintenance mode jobs wait with that reason, and start when it is over', async () => {
  assert.match(await ran(b, 'maintenancemode', 'on'), /queued jobs wait/);
  const uid = await cli<string>(b, 'make_job', 'instance_launch_test', 'P1', 'W1');
  await cli(b, 'enqueue_job', 'P1', uid);
  assert.equal(await cli(b, 'wait_job_complete', 'P1', uid, '1').catch(() => 'waits'), 'waits');
  const waiting = await cli<Job>(b, 'jobs.get', 'P1', uid);
  assert.deepEqual([waiting.status, waiting.queue_status], ['queued', 'waiting_maintenance']);
  assert.match(await ran(b, 'maintenancemode', 'off'), /off/);
  await ended(b, uid);
  assert.match(await ran(b, 'eventlog', 'P1', uid), /Project directory: wrote 16 MB/);
});

test('worker and installation checks say that all is well, or what to do', async () => {
  assert.match(await ran(b, 'worker', 'list'), /localhost +default/);
  assert.match(await ran(b, 'test', 'workers', 'P1'), /launch on localhost: J\d+ completed/);
  const { stdout } = await b.cryosparcm('test', 'install');
  for (const part of ['settings', 'host name', 'processes', 'API for workers', 'accounts', 'workers']) {
    assert.match(stdout, new RegExp(`ok +${part}:`), stdout);
  }
  const stopped = await a.cryosparcm('test', 'install');
  assert.equal(stopped.status, 1);
  assert.match(stopped.stdout, /FAILED +processes: .*not running\n +What to do: Run "cryosparcm start"/);
});

test('an error report holds the logs of instance and job, and no secret', async () => {
  const archive = (await ran(b, 'errorreport', 'P1', 'J1', '--dir', b.projects_dir)).trim();
  const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' });
  for (const name of ['instance.json', 'logs/command_core.log', 'P1_J1/job.json', 'P1_J1/events.jsonl']) {
    assert.ok(names.includes(name), names);
  }
  const content = execFileSync('tar', ['-xzOf', archive], { encoding: 'utf8', maxBuffer: 1e8 });
  const license = /CRYOSPARC_LICENSE_ID='(.*)'/.exec(readFileSync(`${b.dir}/config.sh`, 'utf8'))?.[1] ?? '';
  assert.ok(license !== '');
  for (const secret of [license, b.admin_token]) assert.equal(content.includes(secret), false);
  assert.match(
    await ran(b, 'filterlog', 'command_core', '-t', 'answers on', '-m', '1'),
    /^\S+ INFO command_core .*\n$/,
  );
});

test('a backup is restored with what came later kept beside it and named', async () => {
  const made = await ran(b, 'backup', '--file', 'kept.db');
  const backup = `${b.db_path}/backup/kept.db`;
  assert.ok(made.includes(backup), made);
  const later = await cli<string>(b, 'make_job', 'simulator', 'P1', 'W1');
  assert.match(await ran(b, 'checkdb'), /in order/);
  assert.match(await ran(b, 'compact'), /Compacted/);
  assert.equal((await b.cryosparcm('restore', '--file', backup)).status, 1, 'refused while it runs');
  await ran(b, 'stop');
  const restored = await ran(b, 'restore', '--file', backup);
  assert.ok(restored.includes(`P1: ${later} on disk is newer`), restored);
  assert.equal(
    readdirSync(b.db_path).filter((name) => /^cryosparc\.db\.replaced-[^-]+-\d\d-[^-]+$/.test(name)).length,
    1,
  );
  await ran(b, 'start');
  assert.equal((await b.cryosparcm('cli', 'get_job', 'P1', later)).status, 1);
  const next = await cli<string>(b, 'make_job', 'simulator', 'P1', 'W1');
  assert.equal(Number(next.slice(1)), Number(later.slice(1)) + 1);
  await cli(b, 'detach_project', 'P1');
  await cli(b, 'attach_project', EMAIL, `${b.projects_dir}/CS-copied`);
  assert.equal((await cli<Job>(b, 'jobs.get', 'P1', later)).type, 'simulator');
});

test('everything is there again after recover from project directories alone, on another port', async () => {
  const jobs = await cli<Job[]>(b, 'list_jobs', 'P1');
  await ran(b, 'stop');
  rmSync(b.db_path, { recursive: true });
  const recovered = await ran(b, 'recover', b.projects_dir);
  assert.match(recovered, /P1 +Moves/);
  assert.match(recovered, /first\.user@example\.org \(admin\)/);
  const other = b.base_port + 5;
  assert.match(await ran(b, 'changeport', String(other)), new RegExp(`now ${other}`));
  await ran(b, 'start');
  assert.equal((await fetch(`http://localhost:${other}/health`)).status, 200);
  await ran(b, 'updateuser', '--email', EMAIL, '--password', PASSWORD, '--firstname', 'First');
  assert.deepEqual(await cli<Job[]>(b, 'list_jobs', 'P1'), jobs);
  const { status, stderr } = await b.cryosparcm('worker', 'list');
  assert.equal(status, 0, stderr);
  assert.match(await ran(b, 'licensestatus'), /No license/);
  assert.ok(existsSync(`${b.projects_dir}/CS-copied/cs.lock`));
});
