import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instance } from '../instance.ts';
import { complete, evaluator } from './icli.ts';

/** An instance that answers every call with its name and input. */
function echo(): { calls: unknown[]; instance: Pick<Instance, 'call'> } {
  const calls: unknown[] = [];
  const call = (async (name: string, input: unknown) => {
    calls.push([name, input]);
    return { name, input, uid: 'J7' };
  }) as unknown as Instance['call'];
  return { calls, instance: { call } };
}

const { signal } = new AbortController();

test('both forms of a call reach the API with the same input', async () => {
  const { calls, instance } = echo();
  const evaluate = evaluator(instance);
  await evaluate("get_job('P1', 'J3')\n", signal);
  await evaluate("cli.get_job('P1', job_uid='J3')\n", signal);
  await evaluate('get_job P1 J3\n', signal);
  await evaluate(`jobs.get "P1" 'J3'\n`, signal);
  assert.deepEqual(
    calls,
    Array.from({ length: 4 }, () => ['jobs.get', { project_uid: 'P1', job_uid: 'J3' }]),
  );
});

test('an answer can be named and used in later calls', async () => {
  const { calls, instance } = echo();
  const evaluate = evaluator(instance);
  assert.equal(await evaluate("job = get_job('P1', 'J3')", signal), undefined);
  assert.equal(await evaluate("job['uid']", signal), 'J7');
  await evaluate("get_job_status('P1', _)", signal);
  assert.deepEqual(calls[1], ['jobs.status', { project_uid: 'P1', job_uid: 'J7' }]);
  assert.equal(await evaluate('', signal), undefined);
});

test('a new job answers with its uid, which the next call takes; by its API name it answers with the document', async () => {
  const { calls, instance } = echo();
  const evaluate = evaluator(instance);
  await evaluate("job = make_job('simulator', 'P1', 'W1')", signal);
  await evaluate("get_job_status('P1', job)", signal);
  assert.deepEqual(calls[1], ['jobs.status', { project_uid: 'P1', job_uid: 'J7' }]);
  await evaluate("document = jobs.create('simulator', 'P1', 'W1')", signal);
  assert.equal(await evaluate("document['input']['job_type']", signal), 'simulator');
});

test('mistakes are said in words', async () => {
  const evaluate = evaluator(echo().instance);
  await assert.rejects(evaluate("get_jib('P1')", signal), /Did you mean get_job\?/);
  await assert.rejects(evaluate('help get_jib', signal), /Did you mean get_job\?/);
  await assert.rejects(evaluate('nonsense', signal), /There is no call nonsense/);
  await assert.rejects(evaluate('kil_job P1 J1', signal), /Did you mean kill_job\?/);
});

test('tab completes calls, and arguments within the brackets', () => {
  assert.deepEqual(complete('get_job_st'), [['get_job_status', 'get_job_streamlog'], 'get_job_st']);
  assert.deepEqual(complete('x = cli.kill'), [['cli.kill_job'], 'cli.kill']);
  assert.deepEqual(complete('get_job('), [['project_uid=', 'job_uid='], '']);
  assert.deepEqual(complete("make_job('x', pro"), [['project_uid='], 'pro']);
});
