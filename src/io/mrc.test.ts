import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Rng } from '../base/rng.ts';
import { python, withoutPython } from '../../test/python.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { MrcReader, MrcStackWriter, readMrcHeader, readVolume, writeVolume } from './mrc.ts';

function noise(length: number, seed: number, scale = 1): Float32Array {
  const rng = new Rng(seed);
  return Float32Array.from({ length }, () => scale * rng.normal());
}

/** A map of 5 × 4 × 3 with a given mode, byte order and raw bytes. */
function rawMap(
  mode: number,
  data: Buffer,
  options: { big?: boolean; edit?: (header: DataView) => void } = {},
): Buffer {
  const header = Buffer.alloc(1024);
  const view = new DataView(header.buffer, header.byteOffset, 1024);
  const little = !options.big;
  [5, 4, 3, mode, 0, 0, 0, 5, 4, 3].forEach((v, i) => view.setInt32(i * 4, v, little));
  [10, 8, 6].forEach((v, i) => view.setFloat32(40 + i * 4, v, little));
  [1, 2, 3].forEach((v, i) => view.setInt32(64 + i * 4, v, little));
  header.write('MAP ', 208);
  header.set(little ? [0x44, 0x44] : [0x11, 0x11], 212);
  options.edit?.(view);
  return Buffer.concat([header, data]);
}

test('a map comes back with shape, pixel size and values', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const seed = drawSeed();
  const data = noise(3 * 4 * 5, seed);
  writeVolume(path, { shape: [3, 4, 5], psize_A: 1.25, data, origin_A: [1, 2, 3] });
  const v = readVolume(path);
  assert.deepEqual([v.shape, v.psize_A, v.header.ispg, v.header.mz], [[3, 4, 5], 1.25, 1, 3]);
  assert.deepEqual(v.header.origin_A, [1, 2, 3]);
  assert.deepEqual(v.header.warnings, []);
  assert.deepEqual(v.data, data, `seed ${seed}`);
});

test('every mode is read in both byte orders', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const n = 60;
  const modes: [
    mode: number,
    size: number,
    values: number[],
    put: (v: DataView, i: number, x: number, le: boolean) => void,
  ][] = [
    [0, 1, [-128, 127, 3], (v, i, x) => v.setInt8(i, x)],
    [1, 2, [-32768, 32767, 5], (v, i, x, le) => v.setInt16(i * 2, x, le)],
    [2, 4, [-1.5, 3e20, 0.25], (v, i, x, le) => v.setFloat32(i * 4, x, le)],
    [6, 2, [0, 65535, 40000], (v, i, x, le) => v.setUint16(i * 2, x, le)],
    [12, 2, [-0.5, 65504, 2 ** -24], (v, i, x, le) => v.setFloat16(i * 2, x, le)],
  ];
  for (const [mode, size, values, put] of modes) {
    const wanted = Float32Array.from({ length: n }, (_, i) => values[i % values.length]);
    for (const big of [false, true]) {
      const data = Buffer.alloc(n * size);
      wanted.forEach((x, i) => put(new DataView(data.buffer, data.byteOffset), i, x, !big));
      writeFileSync(path, rawMap(mode, data, { big }));
      assert.deepEqual(readVolume(path).data, wanted, `mode ${mode}, big-endian ${big}`);
      assert.equal(readVolume(path).psize_A, 2);
    }
  }
});

test('4-bit rows of odd length begin on a byte, low half first', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const row = [0x21, 0x43, 0xf5];
  writeFileSync(path, rawMap(101, Buffer.from(Array.from({ length: 12 }, () => row).flat())));
  assert.deepEqual([...readVolume(path).data.subarray(0, 10)], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
});

test('a complex transform is read as pairs by the stack reader and refused as a map', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const pairs = noise(120, 7);
  writeFileSync(path, rawMap(4, Buffer.from(pairs.buffer)));
  const reader = new MrcReader(path);
  assert.deepEqual(reader.readSections(1, 1), pairs.slice(40, 80));
  reader.close();
  assert.throws(() => readVolume(path), { kind: 'input', code: 'CS_MRC_HEADER', message: /field mode is 4/ });
});

test('permuted axes are put into the order x, y, z', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const stored = Float32Array.from({ length: 60 }, (_, i) => i);
  // columns are z, rows x, sections y: stored 5 × 4 × 3 is x 4, y 3, z 5
  const edit = (v: DataView): void => [3, 1, 2].forEach((axis, i) => v.setInt32(64 + i * 4, axis, true));
  writeFileSync(path, rawMap(2, Buffer.from(stored.buffer), { edit }));
  const v = readVolume(path);
  assert.deepEqual(v.shape, [5, 3, 4]);
  for (let z = 0; z < 5; z++)
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 4; x++) assert.equal(v.data[(z * 3 + y) * 4 + x], (y * 4 + x) * 5 + z);
});

test('bytes of old IMOD files are unsigned', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const edit = (v: DataView): void => v.setInt32(152, 1146047817, true);
  writeFileSync(path, rawMap(0, Buffer.alloc(60, 200), { edit }));
  assert.equal(readVolume(path).data[0], 200);
});

test('liberties of real files are read with a warning', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const body = Buffer.from(noise(60, 3).buffer);
  const cases: [RegExp, (v: DataView) => void][] = [
    [/"MAP " mark/, (v) => v.setInt32(208, 0)],
    [/machine stamp is 0x0000/, (v) => v.setInt32(212, 0)],
    [/machine stamp 0x1111 is wrong/, (v) => v.setInt16(212, 0x1111)],
    [/axis order/, (v) => [0, 1, 2].forEach((i) => v.setInt32(64 + i * 4, 0))],
    [/pixel size is unset/, (v) => v.setFloat32(40, 0)],
    [/nsymbt is -5/, (v) => v.setInt32(92, -5, true)],
  ];
  for (const [pattern, edit] of cases) {
    writeFileSync(path, rawMap(2, body, { edit }));
    const v = readVolume(path);
    assert.match(v.header.warnings.join('; '), pattern);
    assert.deepEqual(v.data, new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + 240)));
  }
});

test('a big-endian file without a stamp is known by its dimensions', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const body = Buffer.alloc(240);
  for (let i = 0; i < 60; i++) body.writeFloatBE(i, i * 4);
  writeFileSync(path, rawMap(2, body, { big: true, edit: (v) => v.setInt32(212, 0) }));
  assert.equal(readVolume(path).data[59], 59);
});

test('what cannot be read is refused with the file and the field', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  const body = Buffer.alloc(240);
  const cases: [string, (v: DataView) => void][] = [
    ['mode', (v) => v.setInt32(12, 3, true)],
    ['nx', (v) => v.setInt32(0, -1, true)],
    ['ny', (v) => v.setInt32(4, 0, true)],
    ['nz', (v) => v.setInt32(8, 2 ** 30, true)],
    ['nsymbt', (v) => v.setInt32(92, 999_999, true)],
    ['mapc, mapr, maps', (v) => v.setInt32(64, 2, true)],
  ];
  for (const [field, edit] of cases) {
    // one byte more, so that the size does not tell that there is no extended header
    writeFileSync(path, rawMap(2, Buffer.concat([body, Buffer.alloc(1)]), { edit }));
    assert.throws(() => readMrcHeader(path), { kind: 'input', message: new RegExp(`${path}: header field ${field} `) });
  }
  writeFileSync(path, 'short');
  assert.throws(() => readMrcHeader(path), { code: 'CS_MRC_TRUNCATED', message: /5 bytes/ });
  assert.throws(() => readMrcHeader(`${path}x`), { kind: 'input', code: 'CS_FILE_MISSING', message: /does not exist/ });
});

test('of a cut-off stack the whole sections are read, the rest and the map are refused', (t) => {
  const path = join(tempDir(t), 'a.mrc');
  writeFileSync(path, rawMap(2, Buffer.alloc(170)));
  const reader = new MrcReader(path);
  assert.equal(reader.header.sectionsPresent, 2);
  assert.equal(reader.readSections(0, 2).length, 40);
  assert.throws(() => reader.readSections(2, 1), { code: 'CS_MRC_SECTION', message: /holds 0 to 1/ });
  assert.throws(() => readVolume(path), { code: 'CS_MRC_TRUNCATED', message: /field nz is 3.*after 2 sections/ });
  reader.close();
});

test('gzip and bzip2 maps are read; damaged ones are refused', (t) => {
  const dir = tempDir(t);
  const plain = join(dir, 'a.mrc');
  writeVolume(plain, { shape: [6, 7, 8], psize_A: 2, data: noise(336, 4) });
  const bytes = readFileSync(plain);
  const packed = { gz: gzipSync(bytes), bz2: execFileSync('bzip2', ['-c', plain]) };
  for (const [kind, content] of Object.entries(packed)) {
    const path = `${plain}.${kind}`;
    writeFileSync(path, content);
    assert.deepEqual(readVolume(path).data, readVolume(plain).data);
    writeFileSync(path, content.subarray(0, content.length - 20));
    assert.throws(() => readVolume(path), { kind: 'input', code: 'CS_COMPRESSION', message: new RegExp(path) });
  }
});

test('a stack is written section by section and read in any order', (t) => {
  const path = join(tempDir(t), 'a.mrcs');
  const images = noise(5 * 12, 8);
  const writer = new MrcStackWriter(path, { nx: 4, ny: 3, psize_A: 0.75 });
  writer.append(images.subarray(0, 24));
  writer.append(images.subarray(24));
  assert.equal(writer.finish(), 2);
  const reader = new MrcReader(path);
  assert.deepEqual([reader.header.nz, reader.header.ispg, reader.header.mz, reader.header.psize_A], [5, 0, 1, 0.75]);
  assert.deepEqual(reader.readSections(3, 2), images.slice(36));
  const out = new Float32Array(12);
  assert.equal(reader.readSections(1, 1, out), out);
  assert.deepEqual(out, images.slice(12, 24));
  reader.close();
});

test('half precision keeps eleven bits and falls back to single precision beyond its range', (t) => {
  const path = join(tempDir(t), 'a.mrcs');
  const images = noise(3 * 16, 9);
  const writer = new MrcStackWriter(path, { nx: 4, ny: 4, psize_A: 1, mode: 12 });
  writer.append(images.subarray(0, 32));
  writer.append(images.subarray(32));
  assert.equal(writer.finish(), 12);
  readVolume(path).data.forEach((v, i) =>
    assert.ok(Math.abs(v - images[i]) <= Math.abs(images[i]) * 2 ** -11 + 2 ** -25),
  );
  const wide = new MrcStackWriter(path, { nx: 4, ny: 4, psize_A: 1, mode: 12 });
  wide.append(images.subarray(0, 32));
  wide.append(new Float32Array(16).fill(70_000));
  assert.equal(wide.finish(), 2);
  const back = readVolume(path);
  assert.deepEqual([back.header.mode, back.data[47], back.header.dmax], [2, 70_000, 70_000]);
  assert.ok(Math.abs(back.data[5] - images[5]) < 0.002);
});

test('values that are not finite are refused with their place, and nothing is left behind', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'a.mrcs');
  const writer = new MrcStackWriter(path, { nx: 2, ny: 2, psize_A: 1 });
  writer.append(new Float32Array(4));
  const bad = Float32Array.of(0, 0, 0, 0, 0, Number.NaN, 0, 0);
  assert.throws(() => writer.append(bad), { code: 'CS_MRC_VALUE', message: /section 2, element 1 is NaN/ });
  const data = Float32Array.of(0, Number.POSITIVE_INFINITY);
  assert.throws(() => writeVolume(path, { shape: [1, 1, 2], psize_A: 1, data }), {
    code: 'CS_MRC_VALUE',
    message: /Infinity/,
  });
  assert.deepEqual(readdirSync(dir), []);
});

test('what we write passes mrcfile.validate with the same values', { skip: withoutPython('mrcfile') }, (t) => {
  const dir = tempDir(t);
  // mrcfile squares half-precision values in half precision: larger ones would overflow there
  const data = noise(3 * 4 * 5, 10, 20);
  writeVolume(join(dir, 'map.mrc'), { shape: [3, 4, 5], psize_A: 1.06, data });
  for (const mode of [2, 12] as const) {
    const writer = new MrcStackWriter(join(dir, `stack${mode}.mrcs`), { nx: 5, ny: 4, psize_A: 1.06, mode });
    writer.append(data);
    writer.finish();
  }
  const script = `
import mrcfile, sys, json
out = []
for name in ('map.mrc', 'stack2.mrcs', 'stack12.mrcs'):
    path = sys.argv[1] + '/' + name
    ok = mrcfile.validate(path)
    m = mrcfile.open(path)
    out.append([ok, bool(m.is_volume()), bool(m.is_image_stack()), list(m.data.shape), float(m.voxel_size.x), [float(v) for v in m.data.ravel()]])
print(json.dumps(out))`;
  const found = JSON.parse(python(script, dir).split('\n').at(-2) ?? '') as [
    boolean,
    boolean,
    boolean,
    number[],
    number,
    number[],
  ][];
  found.forEach(([valid, isVolume, isStack, shape, psize_A, values], i) => {
    assert.deepEqual([valid, isVolume, isStack, shape], [true, i === 0, i > 0, [3, 4, 5]]);
    assert.ok(Math.abs(psize_A - 1.06) < 1e-5);
    values.forEach((v, k) => assert.ok(Math.abs(v - data[k]) <= (i === 2 ? Math.abs(data[k]) * 2 ** -11 : 0)));
  });
});
