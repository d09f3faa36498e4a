import assert from 'node:assert/strict';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { tempDir } from '../../test/temp-dir.ts';
import type { Job, Output } from '../schema/model.ts';
import { readDataset } from './cs-file.ts';
import { Dataset } from './dataset.ts';
import { exportJob, exportOutput } from './export-results.ts';
import { readResultGroup } from './group-file.ts';
import { importJobFiles } from './import-job.ts';
import { writeOutput } from './outputs.ts';

/** A project with J2, whose particles lie in a stack of its own and in one of J1, and were picked on a micrograph that is gone. */
function project(t: TestContext): { dir: string; job: Job; output: Output } {
  const dir = join(tempDir(t), 'CS-a');
  mkdirSync(join(dir, 'J1/imported'), { recursive: true });
  mkdirSync(join(dir, 'J2/assets'), { recursive: true });
  writeFileSync(join(dir, 'J1/imported/one.mrcs'), 'stack one');
  writeFileSync(join(dir, 'J2/two.mrcs'), 'stack two');
  writeFileSync(join(dir, 'J2/events.jsonl'), '{}\n');
  writeFileSync(join(dir, 'J2/assets/a.png'), 'picture');
  writeFileSync(join(dir, 'J2/.launch.json'), 'secret');
  const own = Dataset.create(BigUint64Array.of(1n, 2n), ['alignments3D']);
  own.u4('alignments3D/class').set([5, 6]);
  const forwarded = Dataset.create(BigUint64Array.of(2n, 1n), ['blob', 'location']);
  forwarded.text('blob/path').splice(0, 2, '>J2/two.mrcs', 'J1/imported/one.mrcs');
  forwarded.text('location/micrograph_path').fill('J1/gone.mrc');
  const spec = { type: 'particle', title: 'Particles', slots: ['alignments3D'], passthrough: 'particles' } as const;
  const common = { project_dir: dir, job_uid: 'J2', name: 'particles', spec, summary: {} };
  const written = writeOutput({ ...common, dataset: own, passthrough: forwarded });
  const output = { ...written, image: 'J2/assets/a.png' };
  const job = { uid: 'J2', project_uid: 'P1', job_dir: 'J2', outputs: [output] } as Job;
  return { dir, job, output };
}

test('an exported output, copied with what its links lead to, stands for itself', (t) => {
  const { dir, job, output } = project(t);
  const { path, missing } = exportOutput(dir, job, output, null);
  assert.equal(path, join(dir, 'exports/groups/P1_J2_particles/P1_J2_particles_exported.csg'));
  assert.deepEqual(missing, ['J1/gone.mrc']);
  const alone = join(tempDir(t), 'alone');
  cpSync(join(path, '..'), alone, { recursive: true, dereference: true });
  rmSync(dir, { recursive: true });
  const group = readResultGroup(join(alone, 'P1_J2_particles_exported.csg'));
  assert.deepEqual([group.type, group.name], ['particle', 'particles']);
  assert.deepEqual(group.results.map((r) => r.name).sort(), ['alignments3D', 'blob', 'location']);
  const table = readDataset(group.results[0].metafile);
  assert.deepEqual([...table.u4('alignments3D/class')], [5, 6]);
  assert.deepEqual(
    table.text('blob/path').map((file) => readFileSync(join(alone, file.replace('>', '')), 'utf8')),
    ['stack one', 'stack two'],
  );
});

test('single results are exported alone, and an earlier export is replaced', (t) => {
  const { dir, job, output } = project(t);
  exportOutput(dir, job, output, null);
  const { path, missing } = exportOutput(dir, job, output, ['alignments3D']);
  assert.deepEqual(missing, []);
  assert.deepEqual(
    readResultGroup(path).results.map((r) => r.name),
    ['alignments3D'],
  );
  assert.equal(existsSync(join(path, '../J2/two.mrcs')), false);
});

test('an exported job becomes a job of another project: data linked, tables for its own paths, the rest copied', (t) => {
  const { dir, job } = project(t);
  const { path } = exportJob(dir, job);
  assert.equal(existsSync(join(path, 'J2/.launch.json')), false);
  const target = join(tempDir(t), 'CS-b');
  mkdirSync(target);
  const [output] = importJobFiles(path, job, target, 'J7');
  assert.equal(output.image, 'J7/assets/a.png');
  const table = readDataset(join(target, 'J7/J7_passthrough_particles.cs'));
  assert.deepEqual(table.text('blob/path'), ['J7/imported/J1/imported/one.mrcs', 'J7/two.mrcs']);
  for (const [i, file] of ['J1/imported/one.mrcs', 'J2/two.mrcs'].entries()) {
    assert.equal(realpathSync(join(target, table.text('blob/path')[i])), realpathSync(join(dir, file)));
  }
  assert.equal(lstatSync(join(target, 'J7/assets/a.png')).isFile(), true);
  const group = readResultGroup(join(target, 'J7/J7_particles.csg'));
  assert.deepEqual(
    group.results.map((r) => existsSync(r.metafile)),
    [true, true, true],
  );
});

test('paths that lead out of the project are refused', (t) => {
  const { dir, job, output } = project(t);
  const table = Dataset.create(BigUint64Array.of(1n), ['blob']);
  table.text('blob/path')[0] = 'J2/../../../etc/passwd';
  const spec = { type: 'particle', title: 'P', slots: ['blob'] } as const;
  const bad = writeOutput({
    project_dir: dir,
    job_uid: 'J2',
    name: 'bad',
    spec,
    dataset: table,
    passthrough: null,
    summary: {},
  });
  assert.throws(() => exportOutput(dir, job, bad, null), { code: 'CS_PATH' });
  assert.throws(() => exportJob(dir, { ...job, outputs: [output, bad] }), { code: 'CS_PATH' });
});

test('a group file that is not one is refused with what is wrong', (t) => {
  const path = join(tempDir(t), 'a.csg');
  const cases: [string, RegExp][] = [
    ['group: x\n', /no section "group"/],
    ["group:\n  type: 'nonsense'\n", /group\.type is "nonsense"/],
    ['group:\n  type: particle\n  name: p\nresults: {}\n', /names no results/],
    ['group:\n  type: particle\n  name: p\nresults:\n  blob:\n    type: particle.blob\n', /no "metafile"/],
  ];
  for (const [text, message] of cases) {
    writeFileSync(path, text);
    assert.throws(() => readResultGroup(path), { code: 'CS_GROUP_FORMAT', message });
  }
  assert.throws(() => readResultGroup(`${path}.gone`), { code: 'CS_FILE_MISSING' });
});
