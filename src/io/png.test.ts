import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import { python, withoutPython } from '../../test/python.ts';
import { tempDir } from '../../test/temp-dir.ts';
import { encodePng, encodePngRgb } from './png.ts';

const gray = Uint8Array.from({ length: 7 * 5 }, (_, i) => (i * 37) % 256);
const rgb = Uint8Array.from({ length: 3 * 2 * 3 }, (_, i) => (i * 91) % 256);

test('chunks have right lengths and checksums, and the rows unfilter to the pixels', () => {
  const png = encodePng(7, 5, gray);
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  let data = Buffer.alloc(0);
  const types: string[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    types.push(png.toString('latin1', at + 4, at + 8));
    assert.equal(png.readUInt32BE(at + 8 + length), crc32(png.subarray(at + 4, at + 8 + length)));
    if (types.at(-1) === 'IDAT') data = inflateSync(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  assert.deepEqual(types, ['IHDR', 'IDAT', 'IEND']);
  const pixels = new Uint8Array(35);
  for (let y = 0; y < 5; y++) {
    assert.equal(data[y * 8], 2, 'filter "up"');
    for (let x = 0; x < 7; x++) pixels[y * 7 + x] = data[y * 8 + 1 + x] + (y > 0 ? pixels[(y - 1) * 7 + x] : 0);
  }
  assert.deepEqual(pixels, gray);
});

test('another program reads the same pixels', { skip: withoutPython('PIL') }, (t) => {
  const dir = tempDir(t);
  writeFileSync(join(dir, 'g.png'), encodePng(7, 5, gray));
  writeFileSync(join(dir, 'c.png'), encodePngRgb(3, 2, rgb));
  const script = `
from PIL import Image
import sys, json
print(json.dumps([[im.mode, list(im.size), list(im.tobytes())] for im in (Image.open(sys.argv[1] + n) for n in ('/g.png', '/c.png'))]))`;
  assert.deepEqual(JSON.parse(python(script, dir)), [
    ['L', [7, 5], [...gray]],
    ['RGB', [3, 2], [...rgb]],
  ]);
});

test('a wrong number of pixels is a bug', () => {
  assert.throws(() => encodePng(7, 4, gray), { kind: 'bug', code: 'CS_PNG_SHAPE' });
});
