import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { decodeLzw, encodeLzw } from './tiff-lzw.ts';
import { chunkCount, decodeChunk, TiffReader } from './tiff.ts';
import { TiffWriter } from './tiff-writer.ts';

const FIXTURES = 'image-rs__image-tiff';
const tiffcp = spawnSync('tiffcp', ['-h']).error ? 'no tiffcp program (libtiff-tools)' : false;

function readAll(path: string): Float32Array[] {
  const reader = new TiffReader(path);
  try {
    return Array.from({ length: reader.length }, (_, page) => reader.readPage(page));
  } finally {
    reader.close();
  }
}

test('files that hold the same pixels in other forms decode to equal values', { skip: without(FIXTURES) }, () => {
  const groups = new Map<string, { name: string; pages: Float32Array[] }>();
  let compared = 0;
  for (const name of readdirSync(sharedFile(`${FIXTURES}/seq`)).sort()) {
    if (/fax3|palette/.test(name)) continue;
    const key = /([0-9a-f]{8})\.tiff$/.exec(name)?.[1];
    assert.ok(key, name);
    const pages = readAll(sharedFile(`${FIXTURES}/seq/${name}`));
    const first = groups.get(key);
    if (first) {
      assert.deepEqual(pages, first.pages, `${name} and ${first.name}`);
      compared++;
    } else groups.set(key, { name, pages });
  }
  assert.equal(compared, 33);
  const distinct = new Set([...groups.values()].map(({ pages }) => Buffer.from(pages[0].buffer).toString('base64')));
  assert.ok(distinct.size > 20, `${distinct.size} different pictures: the values are really read`);
});

test('every other file is read or refused with file and field', { skip: without(FIXTURES) }, () => {
  const refused: string[] = [];
  let read = 0;
  for (const file of readdirSync(sharedFile(FIXTURES), { recursive: true, encoding: 'utf8' })) {
    if (!/\.tiff?$/.test(file)) continue;
    try {
      readAll(sharedFile(`${FIXTURES}/${file}`));
      read++;
    } catch (error) {
      const { kind, message, details } = error as { kind: string; message: string; details: { field: string } };
      assert.equal(kind, 'input', `${file}: ${message}`);
      assert.ok(message.includes(basename(file)) && details.field, message);
      refused.push(`${basename(file)} ${details.field}`);
    }
  }
  assert.equal(read, 128);
  const expected = [
    'big_g4.tif Compression',
    'fax4.tiff Compression',
    'imagemagick_group4.tiff Compression',
    'logluv-3c-16b.tiff Compression',
    'palette-1c-1b.tiff PhotometricInterpretation',
    'palette-1c-4b.tiff PhotometricInterpretation',
    'palette-1c-8b.tiff PhotometricInterpretation',
    'quad-lzw-compat.tiff StripOffsets',
    'quad-tile.jpg.tiff Compression',
    'seq-1c-1b-fax3-71f6a21a.tiff Compression',
    'seq-1c-1b-fax3-fillbits-71f6a21a.tiff Compression',
    'seq-1c-1b-fax3-lsb-71f6a21a.tiff Compression',
    'seq-1c-4b-palette-85108c5a.tiff PhotometricInterpretation',
    'seq-1c-8b-palette-89b39bc3.tiff PhotometricInterpretation',
    'tiled-jpeg-rgb-u8.tif Compression',
    'tiled-jpeg-ycbcr.tif Compression',
  ];
  assert.deepEqual(refused.sort(), expected.sort());
});

const greys = ['int16.tif', 'minisblack-1c-16b.tiff', 'gradient-1c-32b-float.tiff', 'tiled-oversize-gray-i8.tif'];
test('libtiff reads the same bytes', { skip: tiffcp || without(FIXTURES) }, (t) => {
  const dir = tempDir(t);
  for (const name of greys) {
    // libtiff's own rewriting in one strip without compression
    const plain = join(dir, name);
    execFileSync('tiffcp', ['-s', '-r', '100000', '-c', 'none', sharedFile(`${FIXTURES}/${name}`), plain]);
    const reader = new TiffReader(plain);
    const page = reader.page(0);
    assert.equal(chunkCount(page), 1, name);
    const raw = reader.readChunk(page, 0);
    reader.close();
    const bytes = Uint8Array.from(raw);
    const swapped = Buffer.from(bytes.buffer);
    if (!page.littleEndian && page.bits === 16) swapped.swap16();
    if (!page.littleEndian && page.bits === 32) swapped.swap32();
    const whole =
      page.format === 'int'
        ? new Int16Array(bytes.buffer.slice(0, bytes.length & ~1))
        : new Uint16Array(bytes.buffer.slice(0, bytes.length & ~1));
    const eight = page.format === 'int' ? new Int8Array(bytes.buffer) : bytes;
    const values = page.bits === 8 ? eight : page.bits === 16 ? whole : new Float32Array(bytes.buffer);
    assert.deepEqual(readAll(sharedFile(`${FIXTURES}/${name}`))[0], new Float32Array(values), name);
  }
});

test('what is written is read back, by libtiff too', (t) => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const dir = tempDir(t);
  for (const bits of [8, 16] as const) {
    for (const compression of ['none', 'lzw'] as const) {
      for (const big of [false, true]) {
        const [nx, ny] = [1 + rng.below(200), 1 + rng.below(150)];
        const path = join(dir, `${bits}-${compression}-${big}.tif`);
        const writer = new TiffWriter(path, { nx, ny, bits, compression, big, rowsPerStrip: 1 + rng.below(ny) });
        const pages = [2, 250].map((top) => {
          const draw = (): number => rng.below(top) * (bits === 16 ? 200 : 1);
          const page =
            bits === 8 ? Uint8Array.from({ length: nx * ny }, draw) : Uint16Array.from({ length: nx * ny }, draw);
          writer.append(page);
          return page;
        });
        writer.finish();
        const words = `${path}, ${nx} × ${ny}, seed ${seed}`;
        assert.deepEqual(
          readAll(path),
          pages.map((page) => new Float32Array(page)),
          words,
        );
        if (tiffcp !== false) continue;
        const copy = `${path}.copy`;
        execFileSync('tiffcp', ['-c', compression === 'lzw' ? 'lzw:2' : 'zip:2', path, copy]);
        assert.deepEqual(
          readAll(copy),
          pages.map((page) => new Float32Array(page)),
          `through tiffcp: ${words}`,
        );
      }
    }
  }
});

test('LZW gives back any bytes: empty, runs longer than the table, noise', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const samples = [
    new Uint8Array(0),
    Uint8Array.of(9),
    new Uint8Array(600_000).fill(7),
    Uint8Array.from({ length: 100_000 }, () => rng.below(256)),
    Uint8Array.from({ length: 300_000 }, () => rng.below(3)),
    ...Array.from({ length: 200 }, () => Uint8Array.from({ length: rng.below(6000) }, () => rng.below(4))),
  ];
  for (const [i, bytes] of samples.entries()) {
    const out = new Uint8Array(bytes.length);
    assert.equal(decodeLzw(encodeLzw(bytes), out), bytes.length, `sample ${i}, seed ${seed}`);
    assert.deepEqual(out, bytes, `sample ${i}, seed ${seed}`);
  }
});

test('strips decode one by one into shared memory, in any order', (t) => {
  const path = join(tempDir(t), 'a.tif');
  const image = Uint16Array.from({ length: 50 * 31 }, (_, i) => (i * 7919) % 65536);
  const writer = new TiffWriter(path, { nx: 50, ny: 31, bits: 16, compression: 'lzw', rowsPerStrip: 4 });
  writer.append(image);
  writer.finish();
  const reader = new TiffReader(path);
  // as a thread would get it
  const page = structuredClone(reader.page(0));
  const out = new Float32Array(new SharedArrayBuffer(image.length * 4));
  for (let chunk = chunkCount(page) - 1; chunk >= 0; chunk--)
    decodeChunk(page, chunk, reader.readChunk(page, chunk), out);
  reader.close();
  assert.deepEqual(Float32Array.from(out), new Float32Array(image));
});

test('cut-off, looped and impossible files are refused with file and field', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'a.tif');
  const writer = new TiffWriter(path, { nx: 64, ny: 64, bits: 8, compression: 'lzw' });
  for (let page = 0; page < 2; page++) writer.append(new Uint8Array(4096).map((_, i) => (i * i) % 251));
  writer.finish();
  const good = readFileSync(path);
  const first = good.readUInt32LE(4);
  const refused = (change: (bytes: Buffer) => Buffer | void, code: string, field: string): void => {
    const bytes = Buffer.from(good);
    writeFileSync(path, change(bytes) ?? bytes);
    assert.throws(
      () => readAll(path),
      (error: { kind: string; code: string; message: string; details: { field: string } }) => {
        assert.deepEqual([error.kind, error.code, error.details.field], ['input', code, field], error.message);
        assert.ok(error.message.includes(path));
        return true;
      },
    );
  };
  const entry = (tag: number): number => first + 2 + 12 * [256, 257, 258, 259, 262, 273].indexOf(tag);
  refused((b) => b.subarray(0, 3), 'CS_TIFF_HEADER', 'byte order and version');
  refused((b) => b.subarray(0, first + 20), 'CS_TIFF_HEADER', 'directory of page 1');
  refused((b) => void b.writeUInt32LE(first, first + 2 + 120), 'CS_TIFF_HEADER', 'next directory');
  refused((b) => void b.writeUInt32LE(0, entry(256) + 8), 'CS_TIFF_HEADER', 'ImageWidth');
  refused((b) => void b.writeUInt32LE(1 << 20, entry(256) + 8), 'CS_TIFF_HEADER', 'StripByteCounts');
  refused((b) => void b.writeUInt16LE(9, entry(258) + 8), 'CS_TIFF_HEADER', 'BitsPerSample');
  refused((b) => void b.writeUInt16LE(7, entry(259) + 8), 'CS_TIFF_HEADER', 'Compression');
  refused((b) => void b.writeUInt32LE(1 << 30, entry(273) + 8), 'CS_TIFF_HEADER', 'StripOffsets');
  refused((b) => void b.fill(255, 12, 40), 'CS_TIFF_DATA', 'StripOffsets');
});
