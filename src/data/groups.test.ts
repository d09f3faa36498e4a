import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { OutputSpec } from '../schema/job.ts';
import { output as outputSchema } from '../schema/model.ts';
import { tempDir } from '../../test/temp-dir.ts';
import { python, withoutPython } from '../../test/python.ts';
import { writeDataset } from './cs-file.ts';
import { Dataset } from './dataset.ts';
import { readGroup, type ResultFile } from './inputs.ts';
import { writeOutput } from './outputs.ts';

const spec: OutputSpec = {
  type: 'particle',
  title: "The job's particles",
  slots: ['alignments3D'],
  passthrough: 'particles',
};

function write(project_dir: string, rows: number[], from: Dataset): ReturnType<typeof writeOutput> {
  const dataset = Dataset.create(BigUint64Array.from(rows, BigInt), ['alignments3D']);
  dataset.u4('alignments3D/class').set(rows);
  return writeOutput({
    project_dir,
    job_uid: 'J2',
    name: 'particles',
    spec,
    dataset,
    passthrough: from,
    summary: { n: 2 },
  });
}

function source(): Dataset {
  const d = Dataset.create(BigUint64Array.of(1n, 2n, 3n), ['blob', 'alignments3D', 'ctf']);
  d.u4('blob/idx').set([10, 20, 30]);
  d.u4('alignments3D/class').fill(99);
  return d;
}

const results = (o: ReturnType<typeof writeOutput>): ResultFile[] =>
  o.results.map(({ name, dtype, metafiles }) => ({ name, source: name, dtype, metafile: metafiles[0] }));

test('an output writes its own slots and the forwarded ones, and reads back joined by uid', (t) => {
  const project_dir = tempDir(t);
  mkdirSync(join(project_dir, 'J2'));
  const o = write(project_dir, [3, 1], source());
  outputSchema.parse(o);
  assert.deepEqual(
    o.results.map((r) => [r.name, r.passthrough, r.metafiles[0], r.num_items[0]]),
    [
      ['alignments3D', false, 'J2/J2_particles.cs', 2],
      ['blob', true, 'J2/J2_passthrough_particles.cs', 2],
      ['ctf', true, 'J2/J2_passthrough_particles.cs', 2],
    ],
  );
  const wanted = [
    { name: 'blob', required: true },
    { name: 'alignments3D', required: false },
    { name: 'location', required: false },
  ];
  const { dataset, passthrough } = readGroup(project_dir, results(o), wanted);
  assert.deepEqual([...dataset.u8('uid')], [3n, 1n]);
  assert.deepEqual([...dataset.u4('blob/idx')], [30, 10]);
  assert.deepEqual(
    [...dataset.u4('alignments3D/class')],
    [3, 1],
    "the job's own slot is not replaced by the forwarded one",
  );
  assert.deepEqual(passthrough.slots(), ['ctf']);
});

test('a required slot that is not offered is an input error that names it and what is there', (t) => {
  const project_dir = tempDir(t);
  mkdirSync(join(project_dir, 'J2'));
  const o = write(project_dir, [1], source());
  assert.throws(() => readGroup(project_dir, results(o), [{ name: 'location', required: true }]), {
    kind: 'input',
    code: 'CS_SLOT_MISSING',
    message: /"location".*alignments3D, blob, ctf/,
  });
  const wrong = [{ name: 'location', source: 'location', dtype: 'location', metafile: 'J2/J2_particles.cs' }];
  assert.throws(() => readGroup(project_dir, wrong, [{ name: 'location', required: true }]), {
    code: 'CS_SLOT_MISSING',
    message: /J2_particles\.cs/,
  });
});

test('a replaced result is read from its own slot under the wanted name', (t) => {
  const project_dir = tempDir(t);
  const volume = (uid: bigint, slots: string[]): Dataset => {
    const d = Dataset.create(BigUint64Array.of(uid), slots);
    for (const slot of slots) d.text(`${slot}/path`)[0] = `${slot}-${uid}.mrc`;
    return d;
  };
  writeDataset(join(project_dir, 'a.cs'), volume(1n, ['map', 'mask']));
  writeDataset(join(project_dir, 'b.cs'), volume(2n, ['map_sharp']));
  const offered = [
    { name: 'map', source: 'map_sharp', dtype: 'volume_blob', metafile: 'b.cs' },
    { name: 'mask', source: 'mask', dtype: 'volume_blob', metafile: 'a.cs' },
  ];
  const { dataset, passthrough } = readGroup(project_dir, offered, [{ name: 'map', required: true }]);
  assert.deepEqual([dataset.length, dataset.text('map/path')[0]], [1, 'map_sharp-2.mrc']);
  assert.deepEqual(passthrough.text('mask/path'), ['mask-1.mrc']);
});

test('files without a common item are an input error that names the file', (t) => {
  const project_dir = tempDir(t);
  writeDataset(join(project_dir, 'a.cs'), Dataset.create(BigUint64Array.of(1n, 2n), ['blob']));
  writeDataset(join(project_dir, 'b.cs'), Dataset.create(BigUint64Array.of(3n, 4n), ['ctf']));
  const offered = [
    { name: 'blob', source: 'blob', dtype: 'blob', metafile: 'a.cs' },
    { name: 'ctf', source: 'ctf', dtype: 'ctf', metafile: 'b.cs' },
  ];
  assert.throws(() => readGroup(project_dir, offered, []), { code: 'CS_JOIN_EMPTY', message: /b\.cs/ });
});

test('a row without a counterpart to forward, and a slot that the type does not give, are bugs', (t) => {
  const project_dir = tempDir(t);
  mkdirSync(join(project_dir, 'J2'));
  assert.throws(() => write(project_dir, [1, 7], source()), {
    kind: 'bug',
    code: 'CS_PASSTHROUGH_UID',
    message: /uid 7/,
  });
  const dataset = source();
  assert.throws(
    () => writeOutput({ project_dir, job_uid: 'J2', name: 'particles', spec, dataset, passthrough: null, summary: {} }),
    { kind: 'bug', code: 'CS_OUTPUT_SLOT' },
  );
});

test('the result group file is YAML that names each slot and its file', { skip: withoutPython('yaml') }, (t) => {
  const project_dir = tempDir(t);
  mkdirSync(join(project_dir, 'J2'));
  write(project_dir, [1], source());
  const path = join(project_dir, 'J2/J2_particles.csg');
  const group = JSON.parse(
    python('import yaml, json, sys; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))', path),
  ) as Record<string, never>;
  assert.equal(group['group']['title'], spec.title);
  assert.deepEqual(group['results']['blob'], {
    metafile: '>J2_passthrough_particles.cs',
    num_items: 1,
    type: 'particle.blob',
  });
  assert.match(readFileSync(path, 'utf8'), /^created: /);
});
