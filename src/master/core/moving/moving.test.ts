import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Job } from '../../../schema/model.ts';
import { TestInstance } from '../../testing/instance.ts';
import { until } from '../../testing/wait.ts';
import { recover } from './recover.ts';

const EMAIL = 'a@example.org';

/** An instance with project P1, J1 (completed, so far as its document tells) and J2, which reads from it. */
async function started(): Promise<TestInstance> {
  const instance = new TestInstance();
  instance.user(EMAIL);
  await instance.project(EMAIL);
  const source = await instance.job('P1', 'source');
  instance.core.jobs.save({ ...source, status: 'completed' });
  await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  await instance.core.dumper.flush();
  return instance;
}

function job(instance: TestInstance, project_uid: string, job_uid: string): Promise<Job> {
  return instance.ok('jobs.get', { project_uid, job_uid });
}

test('a detached project is gone here and has no lock; attached again it is as it was', async () => {
  using instance = await started();
  const before = await instance.ok('projects.get', { project_uid: 'P1' });
  const jobs = await instance.ok('jobs.list', { project_uid: 'P1' });
  await instance.ok('projects.detach', { project_uid: 'P1' });
  assert.equal((await instance.call('projects.get', { project_uid: 'P1' })).error.code, 'CS_PROJECT_UNKNOWN');
  assert.equal(existsSync(join(before.project_dir, 'cs.lock')), false);
  const { problems, ...after } = await instance.ok('projects.attach', {
    owner_user_id: EMAIL,
    path: before.project_dir,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(after, before);
  assert.deepEqual(await instance.ok('jobs.list', { project_uid: 'P1' }), jobs);
  const added = await instance.job('P1', 'refine', { input_group_connects: { particles: 'J1.particles' } });
  assert.equal(added.uid, 'J3');
  assert.deepEqual((await job(instance, 'P1', 'J1')).children, ['J2', 'J3']);
});

test('a directory that another instance has is refused and named, a copy of it is not', async () => {
  using first = await started();
  using second = new TestInstance();
  second.user('b@example.org');
  await second.project('b@example.org', 'Own');
  const { project_dir } = await first.ok('projects.get', { project_uid: 'P1' });
  const wanted = { owner_user_id: 'b@example.org', path: project_dir };
  const refused = await second.call('projects.attach', wanted);
  assert.equal(refused.error.code, 'CS_PROJECT_LOCK');
  assert.ok(refused.error.message.includes(join(first.dir, 'instance')), refused.error.message);

  const copy = join(second.dir, 'data', 'CS-copy');
  cpSync(project_dir, copy, { recursive: true });
  const attached = await second.ok('projects.attach', { ...wanted, path: copy });
  assert.deepEqual([attached.uid, attached.title, attached.project_dir], ['P2', 'Test', copy]);
  const moved = await job(second, 'P2', 'J2');
  assert.deepEqual([moved.project_uid, moved.parents, moved.created_by_user_id], ['P2', ['J1'], 'id-b@example.org']);
  await second.core.dumper.flush();
  assert.equal((JSON.parse(readFileSync(join(copy, 'J2/job.json'), 'utf8')) as Job).project_uid, 'P2');
  assert.equal((await second.call('projects.attach', { ...wanted, path: copy })).error.code, 'CS_PROJECT_ATTACHED');

  // by force: the first instance must not write into the directory any more
  const taken = await second.ok('projects.attach', { ...wanted, force: true });
  assert.equal(taken.uid, 'P3');
  await first.ok('jobs.update', { project_uid: 'P1', job_uid: 'J1', title: 'Too late' });
  await first.core.dumper.flush();
  assert.match([...first.core.dumper.failures].join(), /was attached to the instance at localhost/);
  assert.notEqual((JSON.parse(readFileSync(join(project_dir, 'J1/job.json'), 'utf8')) as Job).title, 'Too late');
  await assert.rejects(first.ok('projects.detach', { project_uid: 'P1' }), /CS_NOT_DUMPED/);
});

test('jobs that were active have failed with the reason or as their process wrote down; queued ones are built again', async () => {
  using instance = await started();
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  const source = await job(instance, 'P1', 'J1');
  for (const uid of ['J1', 'J2']) {
    const file = join(project_dir, uid, 'job.json');
    const document = JSON.parse(readFileSync(file, 'utf8')) as Job;
    writeFileSync(file, JSON.stringify({ ...document, status: 'running', queue_status: 'launched' }));
  }
  const queued = { ...source, uid: 'J7', job_dir: 'J7', status: 'queued', queued_at: source.created_at };
  mkdirSync(join(project_dir, 'J7'));
  writeFileSync(join(project_dir, 'J7/job.json'), JSON.stringify(queued));
  writeFileSync(join(project_dir, 'J1/.finish.json'), JSON.stringify({ status: 'completed' }));
  const path = join(instance.dir, 'data', 'CS-copy');
  cpSync(project_dir, path, { recursive: true });
  await instance.ok('projects.attach', { owner_user_id: EMAIL, path });
  const [j1, j2, j7] = await Promise.all(['J1', 'J2', 'J7'].map((uid) => job(instance, 'P2', uid)));
  assert.equal(j1.status, 'completed');
  assert.deepEqual([j2.status, j2.errors_run[0]?.code], ['failed', 'CS_PROJECT_MOVED']);
  assert.deepEqual([j7.status, j7.queued_at], ['building', null]);
  assert.equal((await instance.job('P2', 'source')).uid, 'J8');
});

test('what is damaged in a directory is said in words and the rest is attached', async () => {
  using instance = await started();
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  await instance.ok('projects.detach', { project_uid: 'P1' });
  mkdirSync(join(project_dir, 'J1/imported'));
  symlinkSync('/nowhere/at/all/a.mrc', join(project_dir, 'J1/imported/a.mrc'));
  symlinkSync(project_dir, join(project_dir, 'J1/imported/there'));
  writeFileSync(join(project_dir, 'J2/job.json'), '{"uid": "J2", ');
  rmSync(join(project_dir, 'workspaces.json'));
  const { problems } = await instance.ok('projects.attach', { owner_user_id: EMAIL, path: project_dir });
  assert.equal(problems.length, 3, problems.join('\n'));
  for (const words of [
    /workspaces\.json does not exist/,
    /J2\/job\.json is not JSON/,
    /a link .* \/nowhere\/at\/all\/a\.mrc/,
  ]) {
    assert.ok(
      problems.some((problem) => words.test(problem)),
      `${words}: ${problems.join('\n')}`,
    );
  }
  assert.deepEqual((await job(instance, 'P1', 'J1')).workspace_uids, ['W1']);
  const one = { project_uid: 'P1', job_uid: 'J1' };
  const changed = await instance.ok('jobs.replace_symlinks', {
    ...one,
    prefix_cut: '/nowhere/at/',
    prefix_new: project_dir,
  });
  assert.equal(changed, 1);
  const [link] = await instance.ok('projects.symlinks', { project_uid: 'P1' });
  assert.deepEqual(link, { path: 'J1/imported/a.mrc', target: `${project_dir}/all/a.mrc`, exists: false });
  assert.equal(
    (await instance.call('projects.attach', { owner_user_id: EMAIL, path: instance.dir })).error.code,
    'CS_NOT_A_PROJECT',
  );
  assert.equal((await instance.call('projects.attach', { owner_user_id: EMAIL, path: 'data' })).error.code, 'CS_PATH');
});

test('a document that would lead out of the project is not believed', async () => {
  using instance = await started();
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  const document = await job(instance, 'P1', 'J1');
  await instance.ok('projects.detach', { project_uid: 'P1' });
  const output = document.outputs[0];
  const bad: [Partial<Job>, RegExp][] = [
    [{ job_dir: '..' }, /"job_dir" is "\.\."/],
    [{ outputs: [{ ...output, name: '../../x' }] }, /the name "\.\.\/\.\.\/x"/],
    [{ outputs: [{ ...output, image: '/etc/passwd' }] }, /\/etc\/passwd/],
    [{ ui_tile_image: 'J1/../../x.png' }, /ui_tile_image/],
  ];
  const exported = join(instance.dir, 'exported');
  mkdirSync(exported);
  const other = await instance.project(EMAIL, 'Other');
  for (const [changes, words] of bad) {
    writeFileSync(join(project_dir, 'J1/job.json'), JSON.stringify({ ...document, ...changes }));
    const { uid, problems } = await instance.ok('projects.attach', { owner_user_id: EMAIL, path: project_dir });
    assert.match(problems.join(), words);
    assert.equal((await instance.call('jobs.get', { project_uid: uid, job_uid: 'J1' })).error.code, 'CS_JOB_UNKNOWN');
    await instance.ok('projects.detach', { project_uid: uid });
    cpSync(join(project_dir, 'J1/job.json'), join(exported, 'job.json'));
    const refused = await instance.call('jobs.import', { project_uid: other.uid, workspace_uid: 'W1', path: exported });
    assert.equal(refused.error.code, 'CS_NOT_A_JOB');
    assert.match(refused.error.message, words);
  }
});

test('an archived project is only read, and works on where its directory has gone', async () => {
  using instance = await started();
  const { project_dir } = await instance.ok('projects.get', { project_uid: 'P1' });
  await instance.ok('projects.archive', { project_uid: 'P1' });
  const away = join(instance.dir, 'archive');
  renameSync(project_dir, away);
  const attempts = [
    instance.call('jobs.create', { job_type: 'source', project_uid: 'P1', workspace_uid: 'W1' }),
    instance.call('jobs.update', { project_uid: 'P1', job_uid: 'J1', title: 'x' }),
    instance.call('jobs.delete', { project_uid: 'P1', job_uid: 'J2' }),
    instance.call('workspaces.create', { project_uid: 'P1', created_by_user_id: EMAIL, title: 'x' }),
    instance.call('projects.detach', { project_uid: 'P1' }),
    instance.call('jobs.enqueue', { project_uid: 'P1', job_uid: 'J2' }),
  ];
  for (const { error } of await Promise.all(attempts)) assert.equal(error.code, 'CS_PROJECT_ARCHIVED');
  await instance.core.dumper.flush();
  assert.equal(instance.core.dumper.failures.size, 0);
  assert.equal((await instance.call('projects.unarchive', { project_uid: 'P1' })).error.code, 'CS_FILE_MISSING');
  const other = await instance.project(EMAIL, 'Other');
  await instance.core.dumper.flush();
  const wrong = await instance.call('projects.unarchive', { project_uid: 'P1', path: other.project_dir });
  assert.equal(wrong.error.code, 'CS_PROJECT_ATTACHED');
  const back = await instance.ok('projects.unarchive', { project_uid: 'P1', path: away });
  assert.deepEqual([back.archived, back.project_dir], [false, away]);
  assert.equal((await instance.job('P1', 'source')).uid, 'J3');
  await until('job.json at the new place', () => existsSync(join(away, 'J3/job.json')));
});

test('a plain user cannot attach what belongs to another account, and only an admin may use force', async () => {
  using instance = await started();
  const other = instance.user('b@example.org');
  const { project_dir: path } = await instance.ok('projects.get', { project_uid: 'P1' });
  await instance.ok('projects.detach', { project_uid: 'P1' });
  const wanted = { owner_user_id: 'b@example.org', path };
  assert.equal((await instance.call('projects.attach', wanted, other)).error.code, 'CS_NOT_OWNER');
  assert.equal((await instance.call('projects.attach', { ...wanted, force: true }, other)).error.code, 'CS_NOT_ADMIN');
  assert.equal(existsSync(join(path, 'cs.lock')), false);
});

test('the database is rebuilt from project directories, with accounts and the same uids', async () => {
  using instance = await started();
  const shared = instance.user('b@example.org');
  await instance.ok('projects.add_user', { project_uid: 'P1', user_id: 'b@example.org' });
  await instance.project(EMAIL, 'Second');
  const before = [await instance.ok('jobs.list', { project_uid: 'P1' }), await instance.ok('projects.list', {})];
  await instance.core.dumper.flush();
  const copy = join(instance.dir, 'data', 'CS-a-copy');
  cpSync(join(instance.dir, 'data', 'CS-test'), copy, { recursive: true });
  const { settings } = instance.core;
  instance.core.dumper.stop();
  instance.core.db.close();
  writeFileSync(join(settings.db_path, 'cryosparc.db'), 'this is no database');
  const plan = { settings, containers: [join(instance.dir, 'data')], owner_email: null, force: false };
  await assert.rejects(recover({ ...plan, containers: [settings.db_path] }), { code: 'CS_NO_PROJECTS' });
  const { projects, accounts, problems, replaced } = await recover(plan);
  assert.equal(problems.length, 1);
  assert.match(problems[0], /CS-a-copy was left alone: it is a copy of .*CS-test\./);
  assert.deepEqual(
    projects.map((p) => [p.uid, p.title, p.jobs]),
    [
      ['P1', 'Test', 2],
      ['P2', 'Second', 0],
    ],
  );
  assert.equal(readFileSync(replaced ?? '', 'utf8'), 'this is no database');
  assert.deepEqual(
    accounts.map((user) => `${user.email} ${user.role}`).toSorted((x, y) => x.localeCompare(y)),
    [`${EMAIL} admin`, 'b@example.org user'],
  );
  instance.reopen();
  assert.deepEqual(
    [await instance.ok('jobs.list', { project_uid: 'P1' }), await instance.ok('projects.list', {})],
    before,
  );
  assert.equal((await instance.call('projects.get', { project_uid: 'P1' }, shared)).status, 401);
  await instance.core.dumper.flush();
  assert.equal(instance.core.dumper.failures.size, 0);
});
