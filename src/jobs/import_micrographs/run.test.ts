import assert from 'node:assert/strict';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Dataset } from '../../data/dataset.ts';
import { MrcStackWriter } from '../../io/mrc.ts';
import { testContext, type TestJob } from '../../../test/job-context.ts';
import { sharedFile, without } from '../../../test/shared-data.ts';
import { tempDir } from '../../../test/temp-dir.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

const OPTICS = { accel_kv: 200, cs_mm: 1.4, total_dose_e_per_A2: 30 };

async function importing(
  t: TestContext,
  params: Record<string, unknown>,
  movies: Dataset[] = [],
): Promise<TestJob<typeof spec>> {
  const inputs: Record<string, Dataset[]> = movies.length > 0 ? { movies } : {};
  const job = testContext(spec, { ...OPTICS, ...params }, inputs, { job_uid: 'J4', project_dir: tempDir(t) });
  await run(job.ctx);
  return job;
}

function writeImages(path: string, count = 1, psize_A = 1.5): void {
  const writer = new MrcStackWriter(path, { nx: 50, ny: 40, psize_A });
  writer.append(new Float32Array(2000 * count).map((_, i) => i % 13));
  writer.finish();
}

test('micrographs are linked; stacks and damaged files become an output of their own', async (t) => {
  const dir = tempDir(t);
  for (const name of ['b.mrc', 'a.mrc']) writeImages(join(dir, name));
  writeImages(join(dir, 'c.mrc'), 4);
  writeFileSync(join(dir, 'd.mrc'), gzipSync('rubbish'));
  const job = await importing(t, { blob_paths: join(dir, '*.mrc'), skip_header_check: false });
  const d = job.dataset('imported_micrographs');
  assert.deepEqual(d.text('micrograph_blob/path'), ['J4/imported/a.mrc', 'J4/imported/b.mrc']);
  assert.deepEqual([...d.u4('micrograph_blob/shape')], [40, 50, 40, 50]);
  assert.deepEqual([d.f4('micrograph_blob/psize_A')[0], d.text('micrograph_blob/format')[0]], [1.5, 'MRC/2']);
  assert.deepEqual([d.f4('mscope_params/cs_mm')[0], d.u4('mscope_params/exp_group_id')[0]], [Math.fround(1.4), 4]);
  assert.ok(lstatSync(join(job.project_dir, 'J4/imported/a.mrc')).isSymbolicLink());
  assert.deepEqual(
    job.skipped.map(({ item, error }) => [item, error.code]),
    [
      [join(dir, 'd.mrc'), 'CS_MRC_TRUNCATED'],
      [join(dir, 'c.mrc'), 'CS_IMAGE_COUNT'],
    ],
  );
  assert.equal(job.dataset('failed_micrographs').length, 2);
  assert.ok(job.events.some((e) => e.type === 'image' && e.images.length === 2 && e.flags.includes('tile')));
});

test('with movies connected, a micrograph becomes part of the exposure of its movie', async (t) => {
  const dir = tempDir(t);
  for (const name of ['m1_sum.mrc', 'm2_sum.mrc', 'm9_sum.mrc']) writeImages(join(dir, name));
  const movies = Dataset.create(BigUint64Array.of(11n, 22n, 33n), ['movie_blob', 'gain_ref_blob']);
  ['m2', 'm1', 'm3'].forEach((name, row) => {
    movies.text('movie_blob/path')[row] = `J1/imported/${name}.tiff`;
  });
  movies.text('gain_ref_blob/path').fill('J1/imported/gain.mrc');
  const params = { blob_paths: join(dir, '*.mrc'), source_cut_suff: 5, query_cut_suff: 8 };
  const job = await importing(t, params, [movies]);
  const d = job.dataset('imported_micrographs');
  assert.deepEqual([...d.u8('uid')], [22n, 11n]);
  assert.deepEqual(d.text('gain_ref_blob/path'), ['J1/imported/gain.mrc', 'J1/imported/gain.mrc']);
  assert.deepEqual(
    job.skipped.map(({ item, error }) => [item, error.code]),
    [[join(dir, 'm9_sum.mrc'), 'CS_MOVIE_MATCH']],
  );
  await assert.rejects(importing(t, { ...params, query_cut_suff: 0 }, [movies]), {
    code: 'CS_IMPORT_EMPTY',
    message: /no movie has the name "m1_sum\.mrc" after cutting/,
  });
  await assert.rejects(importing(t, { ...params, source_cut_suff: 6 + 5 }, [movies]), { code: 'CS_MOVIE_MATCH' });
});

test('a pixel size that neither header nor parameter tells is asked for', async (t) => {
  const path = join(tempDir(t), 'a.mrc');
  writeImages(path, 1, 0);
  await assert.rejects(importing(t, { blob_paths: path }), { kind: 'input', message: /give the parameter psize_A/ });
  const d = (await importing(t, { blob_paths: path, psize_A: 2.5, output_constant_ctf: true })).dataset(
    'imported_micrographs',
  );
  assert.deepEqual([d.f4('micrograph_blob/psize_A')[0], d.f4('ctf/cs_mm')[0]], [2.5, Math.fround(1.4)]);
});

const KLH = 'I2PC__xmipp/filters/KLH.tif';
test('a real TIFF micrograph is imported', { skip: without(KLH) }, async (t) => {
  const job = await importing(t, { blob_paths: sharedFile(KLH), psize_A: 2.2 });
  const d = job.dataset('imported_micrographs');
  assert.equal(d.text('micrograph_blob/format')[0], 'TIFF');
  assert.ok(d.u4('micrograph_blob/shape')[0] > 100);
});
