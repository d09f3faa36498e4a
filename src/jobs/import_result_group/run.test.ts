import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { testContext } from '../../../test/job-context.ts';
import { tempDir } from '../../../test/temp-dir.ts';
import { Dataset } from '../../data/dataset.ts';
import { writeOutput } from '../../data/outputs.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

/** A job of another project with two particles in one stack; the micrograph that they were picked on is gone. */
function otherJob(t: TestContext): { dir: string; csg: string } {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'J4'));
  writeFileSync(join(dir, 'J4/stack.mrcs'), 'images');
  const dataset = Dataset.create(BigUint64Array.of(7n, 8n), ['blob', 'location', 'ctf']);
  dataset.text('blob/path').fill('J4/stack.mrcs');
  dataset.text('location/micrograph_path').fill('J1/gone.mrc');
  dataset.f4('ctf/df1_A').set([10_000, 12_000]);
  const output = { type: 'particle', title: 'P', slots: ['blob', 'location', 'ctf'] } as const;
  const names = { project_dir: dir, job_uid: 'J4', name: 'particles' };
  writeOutput({ ...names, spec: output, dataset, passthrough: null, summary: {} });
  return { dir, csg: join(dir, 'J4/J4_particles.csg') };
}

test('a group of a job in another project is taken over with linked data files', async (t) => {
  const { dir, csg } = otherJob(t);
  const job = testContext(spec, { blob_path: csg });
  t.after(() => job.remove());
  await run(job.ctx);
  const table = job.dataset('imported_particles');
  assert.deepEqual([...table.u8('uid')], [7n, 8n]);
  assert.deepEqual([...table.f4('ctf/df1_A')], [10_000, 12_000]);
  assert.deepEqual(table.text('blob/path'), ['J1/imported/stack.mrcs', 'J1/imported/stack.mrcs']);
  assert.equal(realpathSync(join(job.project_dir, 'J1/imported/stack.mrcs')), realpathSync(join(dir, 'J4/stack.mrcs')));
  assert.match(job.log(), /1 files that items were made from are not there, first J1\/gone\.mrc/);
});

test('only the named results are taken over', async (t) => {
  const job = testContext(spec, { blob_path: otherJob(t).csg, result_names: 'ctf' });
  t.after(() => job.remove());
  await run(job.ctx);
  assert.deepEqual(job.dataset('imported_particles').slots(), ['ctf']);
  assert.match(job.log(), /Left out.*blob, location/);
});

test('another type, unknown results and lost data files are refused with what was found', async (t) => {
  const { dir, csg } = otherJob(t);
  const attempt = (params: object): Promise<void> => {
    const job = testContext(spec, { blob_path: csg, ...params });
    t.after(() => job.remove());
    return run(job.ctx);
  };
  await assert.rejects(attempt({ group_type: 'volume' }), { code: 'CS_GROUP_TYPE', message: /type particle/ });
  await assert.rejects(attempt({ result_names: 'map' }), { code: 'CS_RESULT_UNKNOWN', message: /blob, location, ctf/ });
  rmSync(join(dir, 'J4/stack.mrcs'));
  await assert.rejects(attempt({}), { code: 'CS_FILE_MISSING', message: /1 of 2 data files .*J4\/stack\.mrcs/ });
});
