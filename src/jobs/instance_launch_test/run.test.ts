import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { testContext } from '../../../test/job-context.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

test('it tells what the worker has, and leaves no file behind', async (t) => {
  const job = testContext(spec, { file_size_mb: 2 });
  t.after(() => job.remove());
  await run(job.ctx);
  assert.match(job.log(), /CPU threads, \d+ GB of memory/);
  assert.match(job.log(), /wrote 2 MB with \d+ MB\/s/);
  assert.deepEqual(readdirSync(job.ctx.job_dir), []);
});

test('it ends when it is told to stop, without a file', async (t) => {
  const job = testContext(spec, { file_size_mb: 10_000 });
  t.after(() => job.remove());
  job.abort.abort();
  await assert.rejects(run(job.ctx), { name: 'AbortError' });
  assert.deepEqual(readdirSync(job.ctx.job_dir), []);
});
