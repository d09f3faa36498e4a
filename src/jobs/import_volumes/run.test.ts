import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Rng } from '../../base/rng.ts';
import { readVolume, writeVolume } from '../../io/mrc.ts';
import { testContext, type TestJob } from '../../../test/job-context.ts';
import { sharedFile, without } from '../../../test/shared-data.ts';
import { tempDir } from '../../../test/temp-dir.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

async function importing(t: TestContext, params: Record<string, unknown>): Promise<TestJob<typeof spec>> {
  const job = testContext(spec, params);
  t.after(() => job.remove());
  await run(job.ctx);
  return job;
}

function writeMap(path: string, psize_A = 1.5): Float32Array {
  const rng = new Rng(4);
  const data = Float32Array.from({ length: 512 }, () => rng.normal());
  writeVolume(path, { shape: [8, 8, 8], psize_A, data });
  return data;
}

test('a map that can be used as it is becomes a link, with its shape and pixel size', async (t) => {
  const dir = tempDir(t);
  writeMap(join(dir, 'a.mrc'));
  const job = await importing(t, { volume_blob_path: join(dir, 'a.mrc') });
  const d = job.dataset('imported_volumes');
  assert.deepEqual(
    [d.text('map/path')[0], [...d.u4('map/shape')], d.f4('map/psize_A')[0]],
    ['J1/imported/a.mrc', [8, 8, 8], 1.5],
  );
  assert.ok(lstatSync(join(job.project_dir, 'J1/imported/a.mrc')).isSymbolicLink());
  const image = job.events.find((e) => e.type === 'image');
  assert.equal(image?.type === 'image' && image.images.length, 6);
  assert.deepEqual(job.outputs.get('imported_volumes')?.summary, { volumes: 1, box_px: 8, psize_A: 1.5 });
});

test('several files come in alphabetical order; a broken one is left out with its reason', async (t) => {
  const dir = tempDir(t);
  for (const name of ['b.mrc', 'a.mrc', 'd.mrc']) writeMap(join(dir, name));
  writeFileSync(join(dir, 'c.mrc'), 'nothing');
  const job = await importing(t, { volume_blob_path: join(dir, '*.mrc'), volume_type: 'map_half_A' });
  assert.deepEqual(
    job.dataset('imported_volumes').text('map_half_A/path'),
    ['a', 'b', 'd'].map((n) => `J1/imported/${n}.mrc`),
  );
  assert.deepEqual(
    job.skipped.map((s) => [s.item, s.error.code]),
    [[join(dir, 'c.mrc'), 'CS_MRC_TRUNCATED']],
  );
});

test('compressed maps and another pixel size are rewritten with the same values', async (t) => {
  const dir = tempDir(t);
  const data = writeMap(join(dir, 'a.map'));
  writeFileSync(join(dir, 'z.map.gz'), gzipSync(readFileSync(join(dir, 'a.map'))));
  const files = ['a.map', 'z.map.gz'];
  if (!spawnSync('bzip2', ['--version'], { input: '' }).error) {
    writeFileSync(join(dir, 'y.map.bz2'), execFileSync('bzip2', ['-c', join(dir, 'a.map')]));
    files.push('y.map.bz2');
  }
  for (const file of files) {
    const job = await importing(t, { volume_blob_path: join(dir, file), psize_A: file === 'a.map' ? 2 : undefined });
    const d = job.dataset('imported_volumes');
    const written = join(job.project_dir, d.text('map/path')[0]);
    assert.ok(lstatSync(written).isFile() && written.endsWith(`imported/${file[0]}.mrc`), written);
    const v = readVolume(written);
    assert.deepEqual(v.data, data);
    assert.equal(v.psize_A, file === 'a.map' ? 2 : 1.5);
    assert.equal(d.f4('map/psize_A')[0], v.psize_A);
  }
});

test('a mask goes to an output of its own type', async (t) => {
  const dir = tempDir(t);
  writeMap(join(dir, 'm.mrc'));
  const job = await importing(t, { volume_blob_path: join(dir, 'm.mrc'), volume_type: 'mask' });
  assert.equal(job.outputs.get('imported_masks')?.type, 'mask');
  assert.deepEqual(job.dataset('imported_masks').slots(), ['mask']);
});

test('an unset pixel size, a missing file and a pattern without files are input errors', async (t) => {
  const dir = tempDir(t);
  writeMap(join(dir, 'a.mrc'), 0);
  const fails = (volume_blob_path: string, message: RegExp): Promise<void> =>
    assert.rejects(importing(t, { volume_blob_path }), { kind: 'input', message });
  await fails(join(dir, 'a.mrc'), /cella.*psize_A/);
  await fails(join(dir, 'b.mrc'), /b\.mrc does not exist/);
  await fails(join(dir, '*.ccp4'), /No file matches/);
  const given = await importing(t, { volume_blob_path: join(dir, 'a.mrc'), psize_A: 1.2 });
  assert.equal(given.dataset('imported_volumes').f4('map/psize_A')[0], Math.fround(1.2));
});

test('a map with values that are not numbers is refused', async (t) => {
  const path = join(tempDir(t), 'a.mrc');
  writeMap(path);
  const bytes = readFileSync(path);
  bytes.writeFloatLE(Number.NaN, 1024 + 4 * 70);
  writeFileSync(path, bytes);
  await assert.rejects(importing(t, { volume_blob_path: path }), {
    kind: 'input',
    message: /section 1, element 6 is NaN/,
  });
});

test('real maps: axes in the order z, x, y and bzip2', {
  skip: without('ccpem__mrcfile/EMD-3001.map.bz2'),
}, async (t) => {
  const job = await importing(t, { volume_blob_path: sharedFile('ccpem__mrcfile/EMD-3001.map.bz2') });
  assert.deepEqual([...job.dataset('imported_volumes').u4('map/shape')], [73, 25, 43]);
  const v = readVolume(join(job.project_dir, 'J1/imported/EMD-3001.mrc'));
  assert.deepEqual([v.header.mapc, v.header.mapr, v.header.maps], [1, 2, 3]);
  assert.deepEqual(v.data, readVolume(sharedFile('ccpem__mrcfile/EMD-3001.map')).data);
  assert.match(job.log(), /is not a cube/);
});
