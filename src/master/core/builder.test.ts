import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Job } from '../../schema/model.ts';
import { TestInstance } from '../testing/instance.ts';
import { until } from '../testing/wait.ts';

async function start(): Promise<TestInstance> {
  const instance = new TestInstance();
  instance.user('a@example.org');
  await instance.project('a@example.org');
  return instance;
}

test('a job has its defaults, planned outputs and what is still missing in words', async () => {
  using instance = await start();
  const bare = await instance.job('P1', 'source', { params: { count: 10 } });
  assert.deepEqual(bare.params, {});
  assert.deepEqual(bare.build_errors, ['Parameter "Path" (path) must be given.']);
  assert.deepEqual(
    bare.outputs[0]?.results.map((r) => [r.name, r.dtype, r.passthrough]),
    [
      ['blob', 'blob', false],
      ['ctf', 'ctf', false],
    ],
  );
  const refine = await instance.job('P1', 'refine');
  assert.deepEqual(refine.build_errors, [
    'Input "particles" needs 1 to 2 connections of type particle; nothing is connected.',
  ]);
  assert.deepEqual(refine.resources_needed, { cpu: 2, gpu: 0, ram: 1, ssd: true });
  const { error } = await instance.call('jobs.enqueue', { project_uid: 'P1', job_uid: 'J2' });
  assert.deepEqual(
    [error.code, error.message.startsWith('J2 cannot be queued. Input "particles"')],
    ['CS_BUILD_ERRORS', true],
  );
});

test('parameters are checked one by one, and wrong ones change nothing', async () => {
  using instance = await start();
  const set = (param_name: string, param_new_value: unknown) =>
    instance.call('jobs.set_param', { project_uid: 'P1', job_uid: 'J1', param_name, param_new_value });
  await instance.job('P1', 'source');
  assert.deepEqual((await set('count', 3)).data.params, { path: '/x', count: 3 });
  assert.match((await set('count', 0)).error.message, /"count" is 0: /);
  assert.match(
    (await set('colour', 1)).error.message,
    /source has no parameter "colour". Parameters: path, count, with_ctf/,
  );
  assert.deepEqual((await set('count', null)).data.params, { path: '/x' });
  const wrong = await instance.call('jobs.create', {
    job_type: 'source',
    project_uid: 'P1',
    workspace_uid: 'W1',
    params: { count: 'many' },
  });
  assert.match(wrong.error.message, /"count" is "many"/);
  assert.equal((await instance.ok('jobs.list', { project_uid: 'P1' })).length, 1);
});

test('defaults of the project hold for new jobs that have such a parameter', async () => {
  using instance = await start();
  await instance.ok('projects.set_param_default', { project_uid: 'P1', param_name: 'count', value: 77 });
  await instance.ok('projects.set_param_default', { project_uid: 'P1', param_name: 'cpus', value: 'wrong type' });
  assert.equal((await instance.job('P1', 'source')).params['count'], 77);
  assert.equal((await instance.job('P1', 'source', { params: { path: '/x', count: 5 } })).params['count'], 5);
  assert.deepEqual((await instance.job('P1', 'refine')).params, {});
});

test('connections pass slots on, are refused in words, and follow changes of their source', async () => {
  using instance = await start();
  const connect = (source_group: string, dest_group: string) =>
    instance.call('jobs.connect', { project_uid: 'P1', source_group, dest_group });
  await instance.job('P1', 'source');
  await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  const third = await instance.job('P1', 'refine', {
    input_group_connects: { particles: 'J2.particles', volume: 'J2.volume' },
  });
  assert.deepEqual(third.build_errors, []);
  assert.deepEqual(
    third.outputs[0]?.results.map((r) => `${r.name} ${r.passthrough}`),
    ['alignments3D false', 'blob true', 'ctf true'],
  );
  assert.deepEqual((await instance.ok('jobs.get', { project_uid: 'P1', job_uid: 'J2' })).children, ['J3']);

  const refusals: [string, string, RegExp][] = [
    ['J1.particles', 'J2.volume', /Input "volume" of J2 takes volume; J1.particles is of type particle/],
    ['J1.movies', 'J2.particles', /J1 has no output "movies"; it has particles/],
    ['J1.particles', 'J2.masks', /refine has no input "masks"; it has particles, volume/],
    ['J1.particles', 'J2.particles', /connected to input "particles" of J2 already/],
    ['J3.particles', 'J2.particles', /J3 needs results of J2; connecting it to J2 would make a circle/],
    ['J7.particles', 'J2.particles', /Project P1 has no job J7/],
  ];
  for (const [source, dest, message] of refusals) assert.match((await connect(source, dest)).error.message, message);

  await instance.ok('jobs.set_param', {
    project_uid: 'P1',
    job_uid: 'J1',
    param_name: 'with_ctf',
    param_new_value: false,
  });
  const errors = (await instance.ok('jobs.list', { project_uid: 'P1' })).map((job) => job.build_errors);
  assert.deepEqual(errors, [
    [],
    ['Input "particles" needs slot ctf, which J1.particles does not have; connect it from another output.'],
    ['Input "particles" needs slot ctf, which J2.particles does not have; connect it from another output.'],
  ]);

  await instance.job('P1', 'source');
  const mended = await instance.ok('jobs.connect_result', {
    project_uid: 'P1',
    source_result: 'J4.particles.ctf',
    dest_slot: 'J2.particles.0.ctf',
  });
  assert.deepEqual([mended.build_errors, mended.parents], [[], ['J1', 'J4']]);
  const wrong = await instance.call('jobs.connect_result', {
    project_uid: 'P1',
    source_result: 'J4.particles.ctf',
    dest_slot: 'J2.particles.0.blob',
  });
  assert.match(wrong.error.message, /J2.particles.0.blob is of type blob; J4.particles.ctf is of type ctf/);

  const restored = await instance.ok('jobs.connect_result', {
    project_uid: 'P1',
    source_result: 'J1.particles.blob',
    dest_slot: 'J2.particles.0.blob',
  });
  assert.deepEqual(Object.keys(restored.inputs['particles'][0].results), ['ctf'], 'its own slot is no replacement');

  const cut = await instance.ok('jobs.disconnect', { project_uid: 'P1', dest_group: 'J2.particles' });
  assert.deepEqual(
    [cut.parents, (await instance.ok('jobs.get', { project_uid: 'P1', job_uid: 'J1' })).children],
    [[], []],
  );
});

test('a job that others read from cannot be deleted; a clone has its parameters and connections', async () => {
  using instance = await start();
  const source = await instance.job('P1', 'source', { title: 'First', params: { path: '/y' } });
  await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  assert.match(
    (await instance.call('jobs.delete', { project_uid: 'P1', job_uid: 'J1' })).error.message,
    /J2 read from it/,
  );
  const clone = await instance.ok('jobs.clone', { project_uid: 'P1', job_uid: 'J2' });
  assert.deepEqual([clone.uid, clone.cloned_from, clone.parents, clone.build_errors], ['J3', 'J2', ['J1'], []]);
  for (const job_uid of ['J3', 'J2', 'J1']) await instance.ok('jobs.delete', { project_uid: 'P1', job_uid });
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  assert.equal(existsSync(join(project_dir, source.job_dir)), false);
  assert.equal((await instance.job('P1', 'source')).uid, 'J4');
});

test('the project directory holds every document soon after each change, also after a failure', async () => {
  using instance = await start();
  await instance.job('P1', 'source');
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  const read = (name: string): unknown => {
    try {
      return JSON.parse(readFileSync(join(project_dir, name), 'utf8'));
    } catch {
      return null;
    }
  };
  await until('job.json', () => read('J1/job.json'));
  assert.deepEqual(read('J1/job.json'), await instance.ok('jobs.get', { project_uid: 'P1', job_uid: 'J1' }));
  await until('manifest', () => (read('job_manifest.json') as { jobs: string[] } | null)?.jobs.includes('J1'));
  assert.equal((read('workspaces.json') as { uid: string }[])[0]?.uid, 'W1');
  const { counts: _counts, ...project } = await instance.ok('projects.get', { project_uid: 'P1' });
  const { accounts, ...dumped } = read('project.json') as { accounts: { email: string }[] };
  assert.deepEqual(dumped, project);
  assert.deepEqual(
    accounts.map(({ email }) => email),
    ['a@example.org'],
  );

  rmSync(join(project_dir, 'J1'), { recursive: true });
  writeFileSync(join(project_dir, 'J1'), 'in the way');
  await instance.ok('jobs.update', { project_uid: 'P1', job_uid: 'J1', title: 'New' });
  await instance.core.dumper.flush();
  assert.equal(instance.core.dumper.failures.size, 1);
  rmSync(join(project_dir, 'J1'));
  await instance.core.dumper.flush();
  assert.equal((read('J1/job.json') as Job).title, 'New');
});

test('a project is deleted with its files only when asked, and only from its own directory', async () => {
  using instance = await start();
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  const second = await instance.project('a@example.org');
  assert.equal(second.project_dir, `${project_dir}-2`);
  await instance.ok('projects.delete', { project_uid: 'P1' });
  assert.deepEqual([existsSync(project_dir), existsSync(join(project_dir, 'cs.lock'))], [true, false]);
  rmSync(join(second.project_dir, 'cs.lock'));
  assert.equal(
    (await instance.call('projects.delete', { project_uid: 'P2', delete_files: true })).error.code,
    'CS_PROJECT_LOCK',
  );
  const third = await instance.project('a@example.org', 'Other');
  await instance.ok('projects.delete', { project_uid: third.uid, delete_files: true });
  assert.equal(existsSync(third.project_dir), false);
});

test('a list of a thousand jobs is sent as stored', async (t) => {
  using instance = await start();
  const template = await instance.job('P1', 'source');
  instance.core.db.transaction(() => {
    for (let i = 0; i < 999; i++) instance.core.jobs.insert((uid) => ({ ...template, uid, job_dir: uid }));
  });
  const started = performance.now();
  const response = await instance.app.request('http://localhost/api/jobs.list', {
    method: 'POST',
    headers: { ...instance.admin, 'content-type': 'application/json' },
    body: '{"project_uid":"P1"}',
  });
  const text = await response.text();
  t.diagnostic(`1000 jobs, ${(text.length / 1e6).toFixed(1)} MB, in ${(performance.now() - started).toFixed(0)} ms`);
  const jobs = JSON.parse(text) as Job[];
  assert.deepEqual([jobs.length, jobs[0]?.uid, jobs[999]?.uid], [1000, 'J1', 'J1000']);
  assert.equal((await instance.ok('workspaces.get', { project_uid: 'P1', workspace_uid: 'W1' })).counts.jobs, 1000);
});
