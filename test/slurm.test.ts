import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { callApi } from '../src/host/http-client.ts';
import { INSTALL_DIR } from '../src/host/version.ts';
import type { ApiInput, ApiName, ApiOutput } from '../src/schema/api.ts';
import { FINISHED_STATUSES, type Job } from '../src/schema/model.ts';
import { TempInstance } from './temp-instance.ts';
import { TempSlurm, withoutSlurm } from './temp-slurm.ts';

/** Jobs on a real SLURM, from the files of a site to their ends. */
const skip = withoutSlurm();
let slurm: TempSlurm;
let instance: TempInstance;
let where: { project_uid: string; workspace_uid: string };
/** directory of the site's two files; its name is one that a shell would take apart */
let site: string;

before(async () => {
  if (skip !== false) return;
  slurm = await TempSlurm.start();
  const settings = {
    CRYOSPARC_CLUSTER_POLL_SECONDS: '0.5',
    CRYOSPARC_CLUSTER_GRACE_SECONDS: '2',
    SLURM_CONF: slurm.conf,
  };
  instance = await TempInstance.create({ settings });
  site = `${slurm.dir}/a site's $(files)`;
  mkdirSync(site);
  const container = `${instance.projects_dir}/it's; $(touch pwned) data`;
  mkdirSync(container);
  const started = await instance.cryosparcm('start');
  assert.equal(started.status, 0, started.stderr);
  const owner_user_id = 'a@example.org';
  await call('users.create', { email: owner_user_id, password: 'a long enough password' });
  const { uid } = await call('projects.create', { owner_user_id, project_container_dir: container, title: 'Cluster' });
  const made = await call('workspaces.create', { project_uid: uid, created_by_user_id: owner_user_id, title: 'W' });
  where = { project_uid: uid, workspace_uid: made.uid };
});
after(async () => {
  if (skip !== false) return;
  await instance.remove();
  slurm.stop();
});

function call<K extends ApiName>(name: K, input: ApiInput<K>): Promise<ApiOutput<K>> {
  const headers = { authorization: `Bearer ${instance.admin_token}` };
  return callApi(`http://localhost:${instance.base_port + 2}`, name, input, { headers });
}

/** `cryosparcm cluster ...` in the site's directory. */
function cluster(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(`${INSTALL_DIR}/bin/cryosparcm`, ['cluster', ...args], {
    env: instance.env,
    cwd: site,
    encoding: 'utf8',
  });
}

/** The site's files, from our example. */
function configure(edit: (script: string) => string): void {
  assert.equal(cluster('example', 'slurm', '--force').status, 0);
  const info = JSON.parse(readFileSync(`${site}/cluster_info.json`, 'utf8')) as Record<string, unknown>;
  const own = { name: 'slurm1', worker_bin_path: `${INSTALL_DIR}/bin/cryosparcw`, cache_path: '' };
  writeFileSync(`${site}/cluster_info.json`, JSON.stringify({ ...info, ...own }));
  const script = readFileSync(`${site}/cluster_script.sh`, 'utf8');
  writeFileSync(`${site}/cluster_script.sh`, edit(script));
  const connected = cluster('connect');
  assert.equal(connected.status, 0, connected.stderr);
}

async function start(num_particles: number, vars: Record<string, string> = {}): Promise<Job> {
  const params = { num_particles, box_size_pix: 32, psize_A: 6, random_seed: 1 };
  const title = '"; touch pwned; $(touch pwned) `touch pwned`';
  const { uid } = await call('jobs.create', { ...where, job_type: 'simulator', title, params });
  const ref = { project_uid: where.project_uid, job_uid: uid };
  await call('clusters.set_job_vars', { ...ref, cluster_job_custom_vars: vars });
  return call('jobs.enqueue', { ...ref, lane: 'slurm1' });
}

async function until({ project_uid, uid: job_uid }: Job, what: (job: Job) => boolean): Promise<Job> {
  for (const end = Date.now() + 40_000; ; await sleep(50)) {
    const job = await call('jobs.get', { project_uid, job_uid });
    if (what(job)) return job;
    const log = await call('jobs.log', { project_uid, job_uid });
    const state = `${job.status} ${job.queue_message} ${JSON.stringify(job.errors_run)} ${log}`;
    assert.ok(Date.now() < end, `${job_uid} is ${state}\n${slurm.logs()}`);
  }
}

const ended = (job: Job): Promise<Job> => until(job, ({ status }) => FINISHED_STATUSES.includes(status));
const inQueue = (id: string | null): boolean => slurm.run('squeue', '-h', '-j', id ?? '').stdout.trim() !== '';

test('a site connects its SLURM, validates it without submitting, and a job runs to its end there', {
  skip,
}, async () => {
  configure((script) => script.replace('exec ', '# {{ job_title }}\nexec '));
  const valid = cluster('validate', 'slurm1');
  assert.equal(valid.status, 0, valid.stdout + valid.stderr);
  assert.match(valid.stdout, /#SBATCH --gres=gpu:1\n/);
  assert.match(valid.stdout, /PARTITION.*NODELIST/);
  assert.equal(slurm.run('squeue', '-h').stdout, '');

  const job = await ended(await start(20));
  assert.equal(job.status, 'completed', JSON.stringify(job.errors_run));
  assert.match(job.cluster_job_id ?? '', /^\d+$/);
  assert.equal(job.outputs.find((o) => o.name === 'particles')?.num_items, 20);
  const dir = await call('jobs.dir', { project_uid: job.project_uid, job_uid: job.uid });
  assert.match(readFileSync(`${dir}/queue_sub_script.sh`, 'utf8'), /touch pwned/);
  const pwned = spawnSync('find', [instance.projects_dir, slurm.dir, '-name', 'pwned'], { encoding: 'utf8' });
  assert.equal(pwned.stdout, '');
});

test('a job that waits in the queue says why, and leaves the queue when it is killed', { skip }, async () => {
  const job = await start(20, { ram_multiplier: '1000' });
  const refused = await ended(job);
  assert.equal(refused.status, 'failed');
  assert.match(refused.errors_run[0]?.message ?? '', /did not take it.*(memory|node configuration)/is);

  const blocker = slurm
    .run('sbatch', '--parsable', '--exclusive', '--output=/dev/null', '--wrap=sleep 60')
    .stdout.trim();
  const waiting = await until(await start(20), (j) => /pending in the cluster's queue/.test(j.queue_message ?? ''));
  assert.equal(waiting.status, 'launched');
  assert.match(waiting.queue_message ?? '', new RegExp(`as ${waiting.cluster_job_id}: (Resources|Priority)`));
  const killed = await call('jobs.kill', { project_uid: waiting.project_uid, job_uid: waiting.uid });
  assert.equal(killed.status, 'killed');
  for (let i = 0; inQueue(waiting.cluster_job_id) && i < 100; i++) await sleep(50);
  assert.equal(inQueue(waiting.cluster_job_id), false);
  slurm.run('scancel', blocker);
});

test('a running job is killed on the cluster, and one that is cancelled there says so', { skip }, async () => {
  const running = await until(await start(1_000_000), (j) => j.status === 'running');
  await call('jobs.kill', { project_uid: running.project_uid, job_uid: running.uid });
  assert.equal((await ended(running)).status, 'killed');
  for (let i = 0; inQueue(running.cluster_job_id) && i < 200; i++) await sleep(50);
  assert.equal(inQueue(running.cluster_job_id), false);

  const other = await until(await start(1_000_000), (j) => j.status === 'running');
  slurm.run('scancel', other.cluster_job_id ?? '');
  const lost = await until(other, (j) => (j.errors_run[0]?.code ?? '').startsWith('CS_CLUSTER_'));
  assert.equal(lost.status, 'failed');
  assert.match(
    lost.errors_run[0]?.message ?? '',
    /Cluster slurm1 ended the job \(\d+\): it was cancelled on the cluster.*CANCELLED/,
  );
});

test('a script that fails before the job begins fails the job with what it printed', { skip }, async () => {
  configure((script) => script.replace('exec ', 'echo "no such module: cryo" >&2; exit 7\nexec '));
  const job = await ended(await start(20));
  assert.equal(job.status, 'failed');
  assert.match(job.errors_run[0]?.message ?? '', /FAILED.*exit code 7:0.*no such module: cryo/s);
});

test('a job over its memory is named as that', { skip }, async () => {
  const hog = 'exec python3 -c "import time; x = bytearray(900 * 1000 * 1000); time.sleep(60)"\nexec ';
  configure((script) => script.replace(/#SBATCH --mem=.*/, '#SBATCH --mem=200M').replace('exec ', hog));
  const job = await ended(await start(20));
  assert.equal(job.status, 'failed');
  assert.match(job.errors_run[0]?.message ?? '', /used more memory than the cluster gave it/);
});

test('while the scheduler does not answer jobs keep their state and say so, and end by themselves', {
  skip,
}, async () => {
  configure((script) => script.replace('exec ', `while [ ! -e ${slurm.dir}/go ]; do sleep 0.1; done\nexec `));
  const job = await until(await start(20), (j) => j.cluster_job_status === 'RUNNING');
  slurm.stopController();
  const alone = await until(job, (j) => /does not answer/.test(j.queue_message ?? ''));
  assert.equal(alone.status, 'launched');
  writeFileSync(`${slurm.dir}/go`, '');
  assert.equal((await ended(alone)).status, 'completed');
});
