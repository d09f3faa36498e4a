import assert from 'node:assert/strict';
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Rng } from '../../base/rng.ts';
import { EER_CODINGS } from '../../io/eer-codec.ts';
import { openMovie } from '../../io/movie.ts';
import { MrcStackWriter } from '../../io/mrc.ts';
import { encodeElectrons, writeEer } from '../../io/testing/write-eer.ts';
import { TiffWriter } from '../../io/tiff-writer.ts';
import { testContext, type TestJob } from '../../../test/job-context.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

const OPTICS = { psize_A: 0.5, accel_kv: 300, cs_mm: 2.7, total_dose_e_per_A2: 50 };
const [NY, NX] = [40, 60];

async function importing(
  t: TestContext,
  params: Record<string, unknown>,
  job_uid = 'J7',
): Promise<TestJob<typeof spec>> {
  const job = testContext(spec, { ...OPTICS, ...params }, {}, { job_uid, project_dir: tempDir(t) });
  await run(job.ctx);
  return job;
}

function writeMovie(path: string, frames = 3, nx = NX, value = 2): void {
  const writer = new TiffWriter(path, { nx, ny: NY, bits: 8, compression: 'lzw' });
  for (let i = 0; i < frames; i++) writer.append(new Uint8Array(nx * NY).fill(value + i));
  writer.finish();
}

function writeImage(path: string, ny: number, nx: number, values: (i: number) => number): void {
  const writer = new MrcStackWriter(path, { nx, ny, psize_A: 1 });
  writer.append(Float32Array.from({ length: nx * ny }, (_, i) => values(i)));
  writer.finish();
}

test('movies are linked with shape, optics and a group of their own; a damaged one becomes an output of its own', async (t) => {
  const dir = tempDir(t);
  for (const name of ['b', 'a', 'd']) writeMovie(join(dir, `${name}.tiff`));
  writeFileSync(join(dir, 'c.tiff'), readFileSync(join(dir, 'a.tiff')).subarray(0, 40));
  writeMovie(join(dir, 'e.tiff'), 3, NX + 1);
  const job = await importing(t, { blob_paths: join(dir, '*.tiff'), skip_header_check: false });
  const d = job.dataset('imported_movies');
  assert.deepEqual(
    d.text('movie_blob/path'),
    ['a', 'b', 'd'].map((n) => `J7/imported/${n}.tiff`),
  );
  assert.deepEqual([...d.u4('movie_blob/shape')], [3, NY, NX, 3, NY, NX, 3, NY, NX]);
  assert.deepEqual([d.text('movie_blob/format')[0], d.f4('movie_blob/psize_A')[0]], ['TIFF', 0.5]);
  assert.deepEqual([d.u4('movie_blob/is_gain_corrected')[0], d.slots()], [1, ['movie_blob', 'mscope_params']]);
  assert.deepEqual(
    [
      d.f4('mscope_params/accel_kv')[1],
      d.f4('mscope_params/total_dose_e_per_A2')[1],
      d.u4('mscope_params/exp_group_id')[1],
    ],
    [300, 50, 7],
  );
  const link = join(job.project_dir, 'J7/imported/b.tiff');
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readlinkSync(link), join(dir, 'b.tiff'));
  assert.deepEqual(openMovie(link).readFrames(1, 1), new Float32Array(NY * NX).fill(3));
  assert.deepEqual(
    job.skipped.map(({ item, error }) => [item, error.code]),
    [
      [join(dir, 'c.tiff'), 'CS_TIFF_HEADER'],
      [join(dir, 'e.tiff'), 'CS_EXPOSURE_SHAPE'],
    ],
  );
  assert.deepEqual(job.dataset('failed_movies').text('movie_blob/path'), ['J7/imported/c.tiff', 'J7/imported/e.tiff']);
  assert.deepEqual(job.outputs.get('imported_movies')?.summary, { movies: 3, frames: 3, nx: NX, ny: NY, psize_A: 0.5 });
  const image = job.events.find((e) => e.type === 'image');
  assert.ok(image?.type === 'image' && image.images.length === 3 && image.flags.includes('tile'));
  assert.match(job.log(), /a\.tiff: mean 3 per pixel and frame over the first 3 frames/);
});

test('without the header check the first good header stands for all', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'a.tiff'), 'rubbish');
  for (const name of ['b', 'c']) writeMovie(join(dir, `${name}.tiff`));
  writeFileSync(join(dir, 'd.tiff'), 'rubbish');
  const job = await importing(t, { blob_paths: join(dir, '*.tiff'), override_exp_group_id: 3 });
  const d = job.dataset('imported_movies');
  assert.deepEqual(
    d.text('movie_blob/path'),
    ['b', 'c', 'd'].map((n) => `J7/imported/${n}.tiff`),
  );
  assert.deepEqual([...d.u4('movie_blob/shape').subarray(6)], [3, NY, NX]);
  assert.equal(d.u4('mscope_params/exp_group_id')[0], 3);
  assert.match(job.log(), /No picture of .*d\.tiff/);
});

test('gain reference and defects are turned, checked against the frames, linked and shown', async (t) => {
  const dir = tempDir(t);
  writeMovie(join(dir, 'a.tiff'), 2, NX, 10);
  // stored as the detector has it: turned by 90° it is 40 rows of 60
  writeImage(join(dir, 'gain.mrc'), NX, NY, () => 0.5);
  writeFileSync(join(dir, 'bad.txt'), `CameraSizeX ${NY}\nCameraSizeY ${NX}\nBadPixels 0 0 3 4\n`);
  const gain = { gainref_path: join(dir, 'gain.mrc'), gainref_rotate_num: 1, gainref_flip_y: true };
  const job = await importing(t, { blob_paths: join(dir, 'a.tiff'), ...gain, defect_path: join(dir, 'bad.txt') });
  const d = job.dataset('imported_movies');
  const fields = ['flip_x', 'flip_y', 'rotate_num'].map((f) => d.u4(`gain_ref_blob/${f}`)[0]);
  assert.deepEqual(
    [d.text('gain_ref_blob/path')[0], [...d.u4('gain_ref_blob/shape')], fields],
    ['J7/imported/gain.mrc', [NX, NY], [0, 1, 1]],
  );
  assert.deepEqual([d.u4('movie_blob/is_gain_corrected')[0], d.u4('movie_blob/has_defect_file')[0]], [0, 1]);
  assert.equal(d.text('mscope_params/defect_path')[0], 'J7/imported/bad.txt');
  assert.match(job.log(), /a\.tiff: mean 5\.25 per pixel/);
  assert.match(job.log(), /2 bad pixels/);
  const detector = job.events.find((e) => e.type === 'image' && e.text === 'Detector.');
  assert.ok(detector?.type === 'image' && detector.images.length === 2);
  await assert.rejects(importing(t, { blob_paths: join(dir, 'a.tiff'), ...gain, gainref_rotate_num: 0 }), {
    kind: 'input',
    code: 'CS_GAIN_SHAPE',
    message: /fits after a rotation/,
  });
});

test('EER movies come as fractions on the finer grid, with the finer pixel', async (t) => {
  const dir = tempDir(t);
  const seed = drawSeed();
  const rng = new Rng(seed);
  const coding = EER_CODINGS[65001];
  const frames = Array.from({ length: 24 }, () =>
    encodeElectrons([{ x: rng.below(NX), y: rng.below(NY), subX: rng.below(4), subY: rng.below(4) }], NX, NY, coding),
  );
  writeEer(join(dir, 'm.eer'), frames, { width: NX, height: NY, compression: 65001, coding });
  const job = await importing(t, { blob_paths: join(dir, 'm.eer'), eer_num_fractions: 6, eer_upsamp_factor: '4' });
  const d = job.dataset('imported_movies');
  assert.deepEqual([...d.u4('movie_blob/shape')], [6, NY * 4, NX * 4]);
  assert.deepEqual([d.text('movie_blob/format')[0], d.f4('movie_blob/psize_A')[0]], ['EER/4', 0.125]);
});

const epu = (x: number, kv = 300): string =>
  `<MicroscopeImage xmlns:a="u"><microscopeData><gun><AccelerationVoltage>${kv * 1000}</AccelerationVoltage></gun><optics><BeamShift><a:_x>${x}</a:_x><a:_y>-0.5</a:_y></BeamShift></optics></microscopeData></MicroscopeImage>`;

test('beam shifts come from EPU and SerialEM files, matched by name after cutting', async (t) => {
  const dir = tempDir(t);
  for (const name of ['a', 'b', 'c']) writeMovie(join(dir, `${name}_fractions.tiff`));
  writeFileSync(join(dir, 'a.xml'), epu(0.25, 200));
  writeFileSync(join(dir, 'b.xml'), '<!DOCTYPE x>');
  const params = { blob_paths: join(dir, '*.tiff'), parse_xml_files: true, mov_cut_suffix_xml: 15 };
  const job = await importing(t, { ...params, xml_paths: join(dir, '*.xml') });
  const d = job.dataset('imported_movies');
  assert.deepEqual([...d.u4('mscope_params/beam_shift_known')], [1, 0, 0]);
  assert.deepEqual([...d.f4('mscope_params/beam_shift')], [0.25, -0.5, 0, 0, 0, 0]);
  assert.deepEqual(
    job.skipped.map(({ item, error }) => [item, error.code]),
    [[join(dir, 'b.xml'), 'CS_XML_FORMAT']],
  );
  assert.match(job.log(), /1 metadata files say: accelerating voltage 200 kV/);
  assert.match(job.log(), /1 movies have no metadata file/);
  assert.ok(job.events.some((e) => e.type === 'figure' && e.figure.kind === 'scatter'));
  writeFileSync(join(dir, 'c_fractions.tiff.mdoc'), '[FrameSet = 0]\nImageShift = 3 4\n');
  const mdoc = { xml_paths: join(dir, '*.mdoc'), mov_cut_suffix_xml: 0, xml_cut_suffix_xml: 5 };
  const second = await importing(t, { ...params, ...mdoc });
  assert.deepEqual([...second.dataset('imported_movies').f4('mscope_params/beam_shift').subarray(4)], [3, 4]);
  await assert.rejects(importing(t, { ...params, xml_paths: join(dir, '*.xml'), mov_cut_suffix_xml: 3 }), {
    code: 'CS_METADATA_MATCH',
    message: /the first movie is "a_fractions\.t" and the first file "a"/,
  });
  await assert.rejects(importing(t, params), { code: 'CS_PARAM_MISSING' });
});

test('a constant CTF, a missing parameter, and nothing that can be read', async (t) => {
  const dir = tempDir(t);
  writeMovie(join(dir, 'a.tiff'));
  const blob_paths = join(dir, 'a.tiff');
  const d = (await importing(t, { blob_paths, output_constant_ctf: true })).dataset('imported_movies');
  assert.deepEqual([d.f4('ctf/accel_kv')[0], d.f4('ctf/df1_A')[0], d.u4('ctf/exp_group_id')[0]], [300, 0, 7]);
  await assert.rejects(importing(t, { blob_paths, accel_kv: null }), { code: 'CS_PARAM_MISSING', message: /accel_kv/ });
  writeFileSync(blob_paths, 'rubbish');
  await assert.rejects(importing(t, { blob_paths }), {
    kind: 'input',
    code: 'CS_IMPORT_EMPTY',
    message: /None of 1 files.*first reason/,
  });
});
