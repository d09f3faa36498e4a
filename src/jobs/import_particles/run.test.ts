import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { writeDataset } from '../../data/cs-file.ts';
import { Dataset } from '../../data/dataset.ts';
import { MrcReader, MrcStackWriter } from '../../io/mrc.ts';
import { eulerToMatrix, poseToMatrix } from '../../math/rotation.ts';
import { testContext, type TestJob } from '../../../test/job-context.ts';
import { sharedFile, without } from '../../../test/shared-data.ts';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';

const DRGN = 'ml-struct-bio__cryodrgn';

async function importing(t: TestContext, params: Record<string, unknown>): Promise<TestJob<typeof spec>> {
  const job = testContext(spec, params);
  t.after(() => job.remove());
  await run(job.ctx);
  return job;
}

/** A stack of `count` noise images with a dark (sign -1) or bright (1) disc. */
function writeStack(path: string, count: number, box_px = 16, sign = -1): void {
  const rng = new Rng(1);
  const writer = new MrcStackWriter(path, { nx: box_px, ny: box_px, psize_A: 2 });
  for (let i = 0; i < count; i++) {
    const image = new Float32Array(box_px * box_px);
    for (let at = 0; at < image.length; at++) {
      const r = Math.hypot((at % box_px) - box_px / 2, Math.floor(at / box_px) - box_px / 2);
      image[at] = 0.3 * rng.normal() + (r < box_px / 4 ? sign : 0);
    }
    writer.append(image);
  }
  writer.finish();
}

function star30(rows: string[], labels: string[]): string {
  return `data_images\nloop_\n${labels.map((l, i) => `_${l} #${i + 1}`).join('\n')}\n${rows.join('\n')}\n`;
}

const CTF_LABELS = [
  'rlnImageName',
  'rlnDefocusU',
  'rlnDefocusV',
  'rlnDefocusAngle',
  'rlnVoltage',
  'rlnSphericalAberration',
];
const CTF_ROW = '12000 11000 30 300 2.7';

test('7 ribosome particles of EMPIAR-10076 give identical rows from STAR (magnification and detector pixel, defocus, no poses) and from .cs (blob and ctf slots)', {
  skip: without(`${DRGN}/empiar_10076_7.star`, `${DRGN}/empiar_10076_7.cs`, `${DRGN}/empiar_10076_7.mrc`),
}, async (t) => {
  const [a, b] = await Promise.all(
    ['star', 'cs'].map(async (kind) => {
      const job = await importing(t, { particle_meta_path: sharedFile(`${DRGN}/empiar_10076_7.${kind}`) });
      assert.deepEqual(job.skipped, [], kind);
      return job.dataset('imported_particles');
    }),
  );
  assert.equal(a.length, 7);
  assert.deepEqual(a.slots(), ['blob', 'ctf']);
  assert.deepEqual(a.fields(), b.fields());
  for (const { name, type } of a.fields()) {
    if (name === 'uid') continue;
    if (type !== 'f4') assert.deepEqual(a.column(name), b.column(name), name);
    else
      a.f4(name).forEach((v, i) =>
        assert.ok(Math.abs(v - b.f4(name)[i]) <= 1e-4 * Math.max(1, Math.abs(v)), `${name} ${i}`),
      );
  }
  assert.ok(Math.abs(a.f4('blob/psize_A')[0] - 1.309998) < 1e-5);
  assert.ok(Math.abs(a.f4('ctf/df_angle_rad')[0] - (5.28 * Math.PI) / 180) < 1e-6);
  assert.deepEqual([...a.u4('blob/shape').subarray(0, 2)], [320, 320]);
});

test('optics groups of RELION 3.1 give voltage, pixel size and group; poses and origins in Å are converted', {
  skip: without(`${DRGN}/relion31.star`, `${DRGN}/relion31.mrcs`),
}, async (t) => {
  const job = await importing(t, { particle_meta_path: sharedFile(`${DRGN}/relion31.star`) });
  const d = job.dataset('imported_particles');
  assert.equal(d.length, 5);
  assert.deepEqual(d.slots(), ['blob', 'ctf', 'alignments3D']);
  assert.ok(Math.abs(d.f4('blob/psize_A')[0] - 2.806) < 1e-6);
  assert.deepEqual([d.f4('ctf/accel_kv')[0], d.u4('ctf/exp_group_id')[0]], [300, 1]);
  const RAD = Math.PI / 180;
  const wanted = eulerToMatrix(-102.30296 * RAD, 82.318041 * RAD, 124.706463 * RAD);
  const w = d.f4('alignments3D/pose');
  poseToMatrix(w[0], w[1], w[2]).forEach((v, i) => assert.ok(Math.abs(v - wanted[i]) < 1e-5));
  assert.match(job.log(), /Locations are left out/);
  assert.equal(job.events.filter((e) => e.type === 'figure').length, 2);
});

test('origins in Å become pixels, the half-set becomes split 0 or 1, the class counts from 0', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 's.mrcs'), 2);
  const labels = [
    'rlnImageName',
    'rlnAngleRot',
    'rlnAngleTilt',
    'rlnAnglePsi',
    'rlnOriginXAngst',
    'rlnOriginYAngst',
    'rlnRandomSubset',
    'rlnClassNumber',
    'rlnImagePixelSize',
  ];
  writeFileSync(join(dir, 'p.star'), star30(['1@s.mrcs 10 20 30 4 -6 2 3 2', '2@s.mrcs 0 0 0 0 0 1 1 2'], labels));
  const d = (await importing(t, { particle_meta_path: join(dir, 'p.star') })).dataset('imported_particles');
  assert.deepEqual([...d.f4('alignments3D/shift')], [2, -3, 0, 0]);
  assert.deepEqual([...d.u4('alignments3D/split')], [1, 0]);
  assert.deepEqual([...d.u4('alignments3D/class')], [2, 0]);
  assert.deepEqual([...d.f4('alignments3D/psize_A')], [2, 2]);
  const ignored = await importing(t, { particle_meta_path: join(dir, 'p.star'), ignore_pose: true });
  assert.deepEqual(ignored.dataset('imported_particles').slots(), ['blob']);
});

test('with the third angle alone the pose is two-dimensional, and origins in pixels are kept', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 's.mrcs'), 1);
  writeFileSync(
    join(dir, 'p.star'),
    star30(['1@s.mrcs 90 1.5 -2.5'], ['rlnImageName', 'rlnAnglePsi', 'rlnOriginX', 'rlnOriginY']),
  );
  const d = (await importing(t, { particle_meta_path: join(dir, 'p.star') })).dataset('imported_particles');
  assert.deepEqual(d.slots(), ['blob', 'alignments2D']);
  assert.ok(Math.abs(d.f4('alignments2D/pose')[0] - Math.PI / 2) < 1e-6);
  assert.deepEqual([...d.f4('alignments2D/shift')], [1.5, -2.5]);
  assert.equal(d.f4('alignments2D/psize_A')[0], 2, "from the stack's header");
});

test('parameters win over the table, and amplitude contrast is 0.1 where neither tells', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 's.mrcs'), 1);
  writeFileSync(join(dir, 'p.star'), star30([`1@s.mrcs ${CTF_ROW}`], CTF_LABELS));
  const plain = (await importing(t, { particle_meta_path: join(dir, 'p.star') })).dataset('imported_particles');
  assert.deepEqual([plain.f4('ctf/accel_kv')[0], plain.f4('ctf/amp_contrast')[0]], [300, Math.fround(0.1)]);
  const given = {
    particle_meta_path: join(dir, 'p.star'),
    accel_kv: 200,
    amp_contrast: 0.07,
    psize_A: 3,
    cs_mm: 1.4,
    data_sign: 'light_on_dark',
  };
  const d = (await importing(t, given)).dataset('imported_particles');
  const found = ['ctf/accel_kv', 'ctf/amp_contrast', 'blob/psize_A', 'ctf/cs_mm', 'blob/sign'].map(
    (name) => d.f4(name)[0],
  );
  assert.deepEqual(found, [200, Math.fround(0.07), 3, Math.fround(1.4), 1]);
});

test('a missing column is an error that names label and file', async (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'p.star');
  writeStack(join(dir, 's.mrcs'), 1);
  const cases: [string[], string, RegExp][] = [
    [['rlnMicrographName'], 'm.mrc', /_rlnImageName/],
    [['rlnImageName', 'rlnDefocusU'], '1@s.mrcs 1', /_rlnVoltage.*accel_kv/],
    [CTF_LABELS.filter((l) => l !== 'rlnDefocusV'), '1@s.mrcs 1 30 300 2.7', /_rlnDefocusV/],
    [['rlnImageName', 'rlnAngleRot', 'rlnAnglePsi'], '1@s.mrcs 1 2', /_rlnAngleTilt/],
    [['rlnImageName', 'rlnAnglePsi', 'rlnOriginXAngst'], '1@s.mrcs 1 2', /_rlnImagePixelSize.*psize_A/],
  ];
  for (const [labels, row, pattern] of cases) {
    writeFileSync(path, star30([row], labels));
    await assert.rejects(importing(t, { particle_meta_path: path }), (error: CsError) => {
      assert.deepEqual([error.kind, error.code], ['input', 'CS_STAR_LABEL']);
      assert.match(error.message, pattern);
      assert.ok(error.message.includes(path));
      return true;
    });
  }
});

test('bad stacks and rows are left out with their reason, the rest is imported under links of its own', async (t) => {
  const dir = tempDir(t);
  for (const sub of ['a', 'b']) {
    mkdirSync(join(dir, sub));
    writeStack(join(dir, sub, 's.mrcs'), 3);
  }
  writeStack(join(dir, 'other-box.mrcs'), 2, 20);
  writeFileSync(join(dir, 'broken.mrcs'), 'not an image');
  const names = [
    '1@a/s.mrcs',
    '3@b/s.mrcs',
    '4@b/s.mrcs',
    '1@gone.mrcs',
    '2@gone.mrcs',
    '1@broken.mrcs',
    '1@other-box.mrcs',
    '2@a/s.mrcs',
    '1@a/s.mrcs',
  ];
  const rows = names.map((name, i) => `${name} ${i === 8 ? 'x 11000 30 300 2.7' : CTF_ROW}`);
  writeFileSync(join(dir, 'p.star'), star30(rows, CTF_LABELS));
  const job = await importing(t, { particle_meta_path: join(dir, 'p.star') });
  const d = job.dataset('imported_particles');
  assert.deepEqual(d.text('blob/path'), ['J1/imported/s.mrcs', 'J1/imported/s_2.mrcs', 'J1/imported/s.mrcs']);
  assert.deepEqual([...d.u4('blob/idx')], [0, 2, 1]);
  assert.equal(new Set(d.u8('uid')).size, 3);
  const link = join(job.project_dir, 'J1/imported/s_2.mrcs');
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readlinkSync(link), join(dir, 'b/s.mrcs'));
  const sha = createHash('sha1').update(join(dir, 'b/s.mrcs')).digest();
  assert.equal(d.u8('blob/import_sig')[1], sha.readBigUInt64LE(0));
  const reasons = job.skipped.map(({ item, error }) => `${item}: ${error.code}: ${error.message}`).join('\n');
  for (const pattern of [
    /particle 3: CS_STACK_INDEX: .*image 4 was asked for, it has 3/,
    /gone\.mrcs: CS_FILE_MISSING: .*searched below .*2 particles are left out/,
    /broken\.mrcs: CS_MRC_TRUNCATED/,
    /other-box\.mrcs: CS_STACK_BOX: .*box is 20 px, wanted 16 px/,
    /particle 9: CS_STAR_VALUE: .*df1_A is NaN/,
  ]) {
    assert.match(reasons, pattern);
  }
  assert.match(job.log(), /6 of 9 particles are left out/);
});

test('when nothing is left the job fails with the first reason', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'p.star'), star30(['1@gone.mrcs'], ['rlnImageName']));
  await assert.rejects(importing(t, { particle_meta_path: join(dir, 'p.star') }), {
    kind: 'input',
    code: 'CS_IMPORT_EMPTY',
    message: /None of 1 particles.*gone\.mrcs is not there/,
  });
});

test('paths of the table are cut and looked for below the data path', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'data/sub'), { recursive: true });
  mkdirSync(join(dir, 'tables'));
  writeStack(join(dir, 'data/sub/s.mrcs'), 1);
  writeFileSync(join(dir, 'tables/p.star'), star30(['1@/old/sub/s.mrcs.orig'], ['rlnImageName']));
  const params = {
    particle_meta_path: join(dir, 'tables/p.star'),
    particle_blob_path: join(dir, 'data'),
    blob_cut_prefix: 5,
    blob_cut_suff: 5,
  };
  const job = await importing(t, params);
  assert.equal(readlinkSync(join(job.project_dir, 'J1/imported/s.mrcs')), join(dir, 'data/sub/s.mrcs'));
});

test('a .cs file is joined with its passthrough, keeps its uids and fills what older files lack', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'J7'));
  writeStack(join(dir, 'J7/s.mrcs'), 3);
  const uids = BigUint64Array.of(11n, 12n, 13n);
  const own = Dataset.create(uids, ['alignments3D']);
  own.f4('alignments3D/shift').set([1, 2, 3, 4, 5, 6]);
  own.add('components_mode_0/value', 'f4');
  writeDataset(join(dir, 'J7/J7_004_particles.cs'), own);
  const other = new Dataset(BigUint64Array.of(13n, 11n));
  other.set('blob/path', 'O', ['>J7/s.mrcs', '>J7/s.mrcs']);
  other.set('blob/idx', 'u4', Uint32Array.of(2, 0));
  other.set('blob/psize_A', 'f4', Float32Array.of(1.5, 1.5));
  other.set('blob/sign', 'f4', Float32Array.of(1, 1));
  writeDataset(join(dir, 'J7/J7_passthrough_particles.cs'), other);
  const job = await importing(t, { particle_meta_path: join(dir, 'J7/J7_004_particles.cs') });
  const d = job.dataset('imported_particles');
  assert.deepEqual([...d.u8('uid')], [11n, 13n]);
  assert.deepEqual([...d.u4('blob/idx')], [0, 2]);
  assert.deepEqual([...d.f4('alignments3D/shift')], [1, 2, 5, 6]);
  assert.deepEqual([d.f4('blob/sign')[0], d.u4('blob/shape')[3]], [1, 16]);
  assert.match(job.log(), /2 of 3 rows are in both/);
  assert.match(job.log(), /Not imported: components_mode_0/);
});

test('bare stacks are imported by a pattern with the pixel size of their headers', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 'b.mrcs'), 4);
  writeStack(join(dir, 'a.mrcs'), 2);
  writeFileSync(join(dir, 'c.mrcs'), '');
  const job = await importing(t, { particle_blob_path: join(dir, '*.mrcs') });
  const d = job.dataset('imported_particles');
  assert.deepEqual([...d.u4('blob/idx')], [0, 1, 0, 1, 2, 3]);
  assert.deepEqual(
    [d.text('blob/path')[0], d.f4('blob/psize_A')[5], d.f4('blob/sign')[0]],
    ['J1/imported/a.mrcs', 2, -1],
  );
  assert.equal(job.skipped.length, 1);
  assert.deepEqual(job.outputs.get('imported_particles')?.summary, { particles: 6, box_px: 16, psize_A: 2 });
  const reader = new MrcReader(join(job.project_dir, d.text('blob/path')[5]));
  assert.equal(reader.readSections(3, 1).length, 256);
  reader.close();
});

test('particles that are plainly bright but imported as dark are warned about', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 'bright.mrcs'), 12, 16, 1);
  const warned = async (data_sign: string): Promise<boolean> => {
    const job = await importing(t, { particle_blob_path: join(dir, 'bright.mrcs'), data_sign });
    return job.events.some((e) => e.type === 'warning' && e.text.includes('Contrast'));
  };
  assert.deepEqual([await warned('dark_on_light'), await warned('light_on_dark')], [true, false]);
});

test('without raw data the table alone is imported', async (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'p.star'), star30([`1@gone.mrcs ${CTF_ROW}`], CTF_LABELS));
  const job = await importing(t, { particle_meta_path: join(dir, 'p.star'), ignore_blob: true });
  assert.deepEqual(job.dataset('imported_particles').slots(), ['ctf']);
});

test('locations come along where the micrographs are there: y counts from the bottom', async (t) => {
  const dir = tempDir(t);
  writeStack(join(dir, 's.mrcs'), 1);
  writeStack(join(dir, 'mic.mrc'), 1, 200);
  writeFileSync(
    join(dir, 'p.star'),
    star30(['1@s.mrcs mic.mrc 50 20'], ['rlnImageName', 'rlnMicrographName', 'rlnCoordinateX', 'rlnCoordinateY']),
  );
  const d = (await importing(t, { particle_meta_path: join(dir, 'p.star') })).dataset('imported_particles');
  assert.deepEqual([d.f4('location/center_x_frac')[0], d.f4('location/center_y_frac')[0]], [0.25, Math.fround(0.9)]);
  assert.deepEqual([...d.u4('location/micrograph_shape')], [200, 200]);
});

test('mutated tables end in rows or an input error, never in a bug', async (t) => {
  const dir = tempDir(t);
  const seed = drawSeed();
  const rng = new Rng(seed);
  writeStack(join(dir, 's.mrcs'), 3);
  const whole = Buffer.from(
    star30(
      [1, 2, 3].map((i) => `${i}@s.mrcs ${CTF_ROW}`),
      CTF_LABELS,
    ),
  );
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(whole);
    for (let k = rng.below(3); k >= 0; k--) bytes[rng.below(bytes.length)] = 10 + rng.below(117);
    writeFileSync(join(dir, 'p.star'), bytes);
    try {
      await importing(t, { particle_meta_path: join(dir, 'p.star') });
    } catch (error) {
      assert.ok(
        error instanceof CsError && error.kind === 'input',
        `seed ${seed}, round ${round}: ${(error as Error).stack}`,
      );
    }
  }
});
