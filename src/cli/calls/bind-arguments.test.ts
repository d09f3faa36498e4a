import assert from 'node:assert/strict';
import { test } from 'node:test';
import { api } from '../../schema/api.ts';
import { bindPlainArguments, bindPythonCall } from './bind-arguments.ts';
import { CALLS, findCall, signature } from './call-table.ts';
import { parsePythonCall } from './python-call.ts';

function python(text: string): unknown {
  const call = parsePythonCall(text);
  return bindPythonCall(findCall(call.name), call);
}

function plain(name: string, ...words: string[]): unknown {
  return bindPlainArguments(findCall(name), words);
}

test('every call has a name of its own and every argument of the API', () => {
  const names = CALLS.map((call) => call.name);
  assert.equal(new Set(names).size, names.length);
  for (const call of CALLS) {
    assert.deepEqual(
      call.args.map((a) => a.name),
      Object.keys(api[call.api_name].input.shape),
    );
  }
  for (const name of ['runs.claim', 'worker.connect', 'auth.login']) assert.throws(() => findCall(name), /no call/);
});

test('a call is found by its command-line name, its API name, and after "cli."', () => {
  for (const name of ['get_job', 'jobs.get', 'cli.get_job']) assert.equal(findCall(name).api_name, 'jobs.get');
  assert.throws(() => findCall('get_jobs_status'), /There is no call get_jobs_status\. Did you mean get_job_status\?/);
});

test('the signature of make_job is the one that scripts are written to', () => {
  assert.equal(
    signature(findCall('make_job')),
    "make_job(job_type, project_uid, workspace_uid, user_id=None, title='', desc='', params={}, input_group_connects={})",
  );
});

test('both forms of a call give the same input', () => {
  const expected = {
    job_type: 'homo_reconstruct',
    project_uid: 'P1',
    workspace_uid: 'W1',
    title: '3',
    params: { symmetry: 'D7', num_gpu: 0 },
    input_group_connects: { particles: ['J1.a', 'J2.b'] },
  };
  assert.deepEqual(
    python(
      "make_job('homo_reconstruct', 'P1', 'W1', None, '3', params={'symmetry': 'D7', 'num_gpu': 0}, input_group_connects={'particles': ['J1.a', 'J2.b']})",
    ),
    expected,
  );
  assert.deepEqual(
    plain(
      'make_job',
      'homo_reconstruct',
      'P1',
      'workspace_uid=W1',
      'title=3',
      'params={"symmetry": "D7", "num_gpu": 0}',
      "input_group_connects={'particles': ['J1.a', 'J2.b']}",
    ),
    expected,
  );
});

test('plain words become what the argument takes', () => {
  const one = { project_uid: 'P1', job_uid: 'J1' };
  const set = (value: string): unknown =>
    (plain('job_set_param', 'P1', 'J1', 'x', value) as Record<string, unknown>)['param_new_value'];
  assert.deepEqual(['128', '-0.5', 'true', 'True', 'None', 'D7', '"7"', '[1, 2]', 'a=b', ''].map(set), [
    128,
    -0.5,
    true,
    true,
    null,
    'D7',
    '7',
    [1, 2],
    'a=b',
    '',
  ]);
  assert.deepEqual(plain('enqueue_job', 'P1', 'J1', 'default', 'gpus=[0,1]'), {
    ...one,
    lane: 'default',
    gpus: [0, 1],
  });
  assert.deepEqual(plain('wait_job_complete', 'P1', 'J1', '1.5'), { ...one, timeout_s: 1.5 });
  assert.deepEqual(plain('update_project', 'P1', 'title=x=y'), { project_uid: 'P1', title: 'x=y' });
  assert.throws(() => plain('delete_project', 'P1', 'maybe'), /Argument delete_files takes boolean, found "maybe"/);
});

test('arguments that do not fit are named', () => {
  assert.throws(() => python("get_job('P1')"), /missing: job_uid/);
  assert.throws(() => python("get_job('P1', 'J1', 'J2')"), /takes 2 arguments, 3 were given/);
  assert.throws(() => python("get_job('P1', 'J1', job_uid='J2')"), /argument job_uid is given twice/);
  assert.throws(() => python("get_job('P1', job_uld='J2')"), /has no argument job_uld\. Did you mean job_uid\?/);
  assert.throws(() => plain('get_job', 'project_uid=P1', 'J1'), /positional argument J1 after a keyword/);
});
