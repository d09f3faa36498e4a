import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api, type ApiInput, type ApiName } from '../../schema/api.ts';
import { LICENSE, TestInstance } from '../testing/instance.ts';

const names = Object.keys(api) as ApiName[];
/** Arguments that pass the checks of the calls on projects and jobs, so that only access can refuse them. */
const PROJECT_INPUT: Record<string, unknown> = {
  cluster_job_custom_vars: {},
  project_uid: 'P1',
  workspace_uid: 'W1',
  job_uid: 'J1',
  user_id: 'b@example.org',
  job_type: 'source',
  param_name: 'count',
  value: 3,
  param_new_value: 3,
  source_group: 'J1.particles',
  dest_group: 'J2.particles',
  source_result: 'J1.particles.blob',
  dest_slot: 'J2.particles.0.blob',
  created_by_user_id: 'b@example.org',
  title: 'Title',
  path: '/x',
  prefix_cut: '/a',
  prefix_new: '/b',
  output_name: 'particles',
};

function inputFor(name: ApiName): never {
  const wanted = Object.keys(api[name].input.shape);
  return Object.fromEntries(Object.entries(PROJECT_INPUT).filter(([key]) => wanted.includes(key))) as never;
}

test('every call refuses callers without the role that it asks for', async () => {
  using instance = new TestInstance();
  instance.user('a@example.org');
  const plain = instance.user('b@example.org');
  for (const name of names) {
    const { role } = api[name];
    const nobody = await instance.call(name, {}, {});
    if (role === 'public') assert.notEqual(nobody.status, 401, name);
    else assert.equal(nobody.status, role === 'user' || role === 'admin' ? 401 : 403, name);
    if (role === 'admin') assert.equal((await instance.call(name, {}, plain)).error.code, 'CS_NOT_ADMIN', name);
    if (role === 'run')
      assert.equal((await instance.call(name, {}, instance.admin)).error.code, 'CS_LAUNCH_TOKEN', name);
    if (role === 'worker')
      assert.equal((await instance.call(name, {}, { 'license-id': 'wrong' })).error.code, 'CS_LICENSE', name);
  }
});

test('a project that is not shared is not there for others, whatever they call', async () => {
  using instance = new TestInstance();
  instance.user('a@example.org');
  const other = instance.user('b@example.org');
  const project = await instance.project('a@example.org');
  await instance.job('P1', 'source');
  await instance.job('P1', 'refine');
  const calls = names.filter((name) => api[name].role === 'user' && 'project_uid' in api[name].input.shape);
  assert.ok(calls.length > 20);
  for (const name of calls) {
    const { status, error } = await instance.call(name, inputFor(name), other);
    assert.deepEqual([status, error?.code], [404, 'CS_PROJECT_UNKNOWN'], name);
  }
  for (const path of ['file?path=project.json', 'volume?path=a.mrc', 'job_events?job_uid=J1']) {
    const response = await instance.app.request(`http://localhost/api/${path}&project_uid=P1`, { headers: other });
    assert.equal(response.status, 404, path);
  }
  assert.deepEqual(await instance.ok('projects.list', {}, other), []);

  await instance.ok('projects.add_user', { project_uid: project.uid, user_id: 'b@example.org' });
  assert.equal((await instance.ok('jobs.list', { project_uid: 'P1' }, other)).length, 2);
  const { error } = await instance.call('projects.remove_user', { project_uid: 'P1', user_id: 'a@example.org' }, other);
  assert.equal(error.code, 'CS_NOT_OWNER');
  await instance.ok('projects.remove_user', { project_uid: 'P1', user_id: 'b@example.org' });
  assert.equal((await instance.call('jobs.list', { project_uid: 'P1' }, other)).status, 404);
});

test('a plain user cannot act for somebody else', async () => {
  using instance = new TestInstance();
  instance.user('a@example.org');
  const plain = instance.user('b@example.org');
  const input: ApiInput<'projects.create'> = {
    owner_user_id: 'a@example.org',
    project_container_dir: `${instance.dir}/data`,
    title: 'T',
  };
  assert.equal((await instance.call('projects.create', input, plain)).error.code, 'CS_NOT_YOURSELF');
  assert.equal((await instance.ok('projects.create', { ...input, owner_user_id: 'B@Example.org' }, plain)).uid, 'P1');
});

test('a request with the cookie must come from a page of this instance', async () => {
  using instance = new TestInstance();
  const { cookie } = instance.user('a@example.org');
  const call = async (headers: Record<string, string>): Promise<number> =>
    (await instance.call('auth.list_tokens', {}, { cookie: cookie ?? '', ...headers })).status;
  assert.equal(await call({}), 403);
  assert.equal(await call({ origin: 'http://evil.example' }), 403);
  assert.equal(await call({ origin: 'null' }), 403);
  assert.equal(await call({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await call({ 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await call({ origin: 'http://localhost' }), 200);
  assert.equal(await call({ origin: 'https://cs.example:8443', 'x-forwarded-host': 'cs.example:8443' }), 200);
  const login = await instance.call(
    'auth.login',
    { email: 'a@example.org', password: 'correct horse' },
    { origin: 'http://evil.example' },
  );
  assert.equal(login.error.code, 'CS_CSRF');
});

test('the session cookie is out of reach of scripts and other sites, and secure behind https', async () => {
  using instance = new TestInstance();
  await instance.ok('users.create', { email: 'a@example.org', password: 'correct horse' });
  const login = (as: Record<string, string>) =>
    instance.call('auth.login', { email: 'a@example.org', password: 'correct horse' }, as);
  const plain = (await login({})).headers.get('set-cookie') ?? '';
  assert.match(plain, /^cs_session=[\w-]{43}; /);
  for (const part of ['HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=1209600']) assert.ok(plain.includes(part), plain);
  assert.ok(!plain.includes('Secure'));
  assert.ok((await login({ 'x-forwarded-proto': 'https' })).headers.get('set-cookie')?.includes('Secure'));
});

test('what is wrong with the arguments is said with its place', async () => {
  using instance = new TestInstance();
  const { status, error } = await instance.call('users.create', { email: 'nobody', password: 'short' });
  assert.equal(status, 400);
  assert.match(error.message, /email: .*; password: must have at least 8 characters/);
  const unknown = await instance.call('projects.get', { project_uid: 'P1', colour: 'red' } as never);
  assert.match(unknown.error.message, /colour/);
  const raw = (body: string, type = 'application/json') =>
    instance.app.request('http://localhost/api/projects.list', {
      method: 'POST',
      headers: { ...instance.admin, 'content-type': type },
      body,
    });
  assert.equal((await raw('{')).status, 400);
  assert.equal((await raw('a=1', 'application/x-www-form-urlencoded')).status, 415);
  assert.equal((await raw(`"${'x'.repeat(5 * 1024 * 1024)}"`)).status, 413);
  const nowhere = await instance.app.request('http://localhost/api/nothing', { method: 'POST' });
  assert.equal(((await nowhere.json()) as { code: string }).code, 'CS_ROUTE');
});

test('names for the command line are unique, and the OpenAPI text has every call', async () => {
  const cli = names.flatMap((name) => ('cli' in api[name] && api[name].cli ? [api[name].cli] : []));
  assert.equal(new Set(cli).size, cli.length);
  using instance = new TestInstance();
  const response = await instance.app.request('http://localhost/openapi.json');
  const document = (await response.json()) as {
    openapi: string;
    paths: Record<string, { post: { requestBody: unknown } }>;
  };
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(
    Object.keys(document.paths),
    names.map((name) => `/api/${name}`),
  );
});

test('workers join with the license id, in lanes that exist or are asked for', async () => {
  using instance = new TestInstance();
  const as = { 'license-id': LICENSE };
  const machine = {
    hostname: 'node1',
    version: await instance.ok('instance.version', {}),
    worker_bin_path: '/opt/cs/bin/cryosparcw',
  };
  const wrong = await instance.call('worker.connect', { ...machine, version: 'v9.9.9' }, as);
  assert.match(wrong.error.message, /v9\.9\.9.*install\.sh/);
  assert.equal((await instance.call('worker.connect', { ...machine, lane: 'fast' }, as)).error.code, 'CS_LANE_UNKNOWN');
  const gpus = [
    { id: 0, name: 'A', mem: 1e10 },
    { id: 2, name: 'B', mem: 1e10 },
  ];
  const first = await instance.ok(
    'worker.connect',
    { ...machine, lane: 'fast', newlane: true, cpus: 8, rams: 3, gpus, cache_path: '/scratch' },
    as,
  );
  assert.deepEqual(first.resource_slots, { CPU: [0, 1, 2, 3, 4, 5, 6, 7], GPU: [0, 2], RAM: [0, 1, 2] });
  assert.equal(first.ssh_str, 'node1');
  assert.equal((await instance.call('worker.connect', machine, as)).error.code, 'CS_TARGET_EXISTS');
  const changed = await instance.ok('worker.connect', { ...machine, update: true, cache_path: null }, as);
  assert.deepEqual([changed.lane, changed.resource_slots.CPU.length, changed.resource_fixed.SSD], ['fast', 8, false]);
  assert.equal((await instance.call('resources.remove_lane', { name: 'fast' })).error.code, 'CS_LANE_IN_USE');
  await instance.ok('resources.remove_node', { hostname: 'node1' });
  await instance.ok('resources.remove_lane', { name: 'fast' });
});
