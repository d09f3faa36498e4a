import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import { python, withoutPython } from '../../test/python.ts';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { MrcReader, readMrcHeader, readVolume } from './mrc.ts';

const NAMES = /\.(mrc|mrcs|map|ccp4|rec|st)$|\.(mrc|mrcs|map|ccp4|rec|png)\.(gz|bz2)$/i;

function realFiles(): string[] {
  return readdirSync(sharedFile('.'), { recursive: true, encoding: 'utf8' })
    .filter((name) => NAMES.test(name))
    .map(sharedFile);
}

const missing = without('ccpem__mrcfile', 'ml-struct-bio__cryodrgn');

test('every real file opens with the values that mrcfile reads, or is refused with its name and a field', {
  skip: missing || withoutPython('mrcfile', 'numpy'),
}, () => {
  const files = realFiles();
  assert.ok(files.length >= 40, `only ${files.length} files found`);
  const script = `
import mrcfile, numpy, sys, json, warnings
warnings.simplefilter('ignore')
for path in sys.argv[1:]:
    try:
        m = mrcfile.open(path, permissive=True)
        h = m.header
        axes = [int(h.mapc), int(h.mapr), int(h.maps)]
        d = m.data.astype('f4').reshape(int(h.nz), int(h.ny), int(h.nx))
        d = numpy.ascontiguousarray(numpy.transpose(d, [2 - axes.index(a) for a in (3, 2, 1)]))
        flat = d.ravel().astype('f8')
        weight = (numpy.arange(flat.size) * 7 % 1009).astype('f8')
        print(json.dumps({'shape': list(d.shape), 'sum': flat.sum(), 'abs': numpy.abs(flat).sum(), 'weighted': (flat * weight).sum()}))
    except Exception as e:
        print('null')`;
  const lines = python(script, ...files)
    .trim()
    .split('\n');
  let opened = 0;
  files.forEach((path, i) => {
    const wanted = JSON.parse(lines[i]) as { shape: number[]; sum: number; abs: number; weighted: number } | null;
    try {
      const { shape, data } = readVolume(path);
      assert.ok(wanted, `${path} opens here but not in mrcfile`);
      let sum = 0;
      let weighted = 0;
      data.forEach((value, k) => {
        sum += value;
        weighted += value * ((k * 7) % 1009);
      });
      assert.deepEqual(shape, wanted.shape, path);
      assert.ok(Math.abs(sum - wanted.sum) <= 1e-9 * wanted.abs, `${path}: sum ${sum}, mrcfile ${wanted.sum}`);
      assert.ok(Math.abs(weighted - wanted.weighted) <= 1e-6 * wanted.abs, `${path}: order of the values differs`);
      opened++;
    } catch (error) {
      if (!(error instanceof CsError)) throw error;
      assert.equal(error.kind, 'input');
      assert.ok(error.message.includes(path) && error.details['field'], `${error.message} names no field`);
      assert.equal(wanted, null, `mrcfile opens what is refused: ${error.message}`);
    }
  });
  assert.ok(opened >= 50, `only ${opened} of ${files.length} files opened`);
});

test('the same map plain, gzipped and bzipped has the same values', { skip: missing }, () => {
  const [plain, gz, bz2] = ['EMD-3001.map', 'emd_3001.map.gz', 'EMD-3001.map.bz2'].map((n) =>
    readVolume(sharedFile(`ccpem__mrcfile/${n}`)),
  );
  assert.deepEqual(plain.shape, [73, 25, 43]);
  assert.deepEqual(gz.data, plain.data);
  assert.deepEqual(bz2.data, plain.data);
});

test('mutated and truncated headers give values or an input error with file and field, never a crash', {
  skip: missing,
}, (t) => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const path = join(tempDir(t), 'a.mrc');
  const whole = [
    readFileSync(sharedFile('bogdantoader__simplecryoem/data/relion_proj.mrc')),
    readFileSync(sharedFile('ccpem__mrcfile/float16.mrc')),
    readFileSync(sharedFile('ccpem__mrcfile/EMD-3197.map')),
    gunzipSync(readFileSync(sharedFile('ccpem__mrcfile/emd_3197.map.gz'))),
  ];
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(whole[round % whole.length]);
    for (let k = rng.below(4); k >= 0; k--) {
      if (rng.below(2)) bytes[rng.below(224)] = rng.below(256);
      else bytes.writeInt32LE(rng.uint32() >> rng.below(32), 4 * rng.below(56));
    }
    writeFileSync(path, rng.below(5) === 0 ? bytes.subarray(0, rng.below(bytes.length)) : bytes);
    try {
      readMrcHeader(path);
      const reader = new MrcReader(path);
      reader.readSections(reader.header.sectionsPresent - 1, 1);
      reader.close();
      readVolume(path);
    } catch (error) {
      const ok =
        error instanceof CsError && error.kind === 'input' && error.message.includes(path) && error.details['field'];
      assert.ok(ok, `seed ${seed}, round ${round}: ${(error as Error).stack}`);
    }
  }
});
