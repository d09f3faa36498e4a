import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Rng } from '../base/rng.ts';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { bunzip2, decodeBlock, findBlocks } from './bzip2.ts';
import { openMovie } from './movie.ts';
import { MrcStackWriter } from './mrc.ts';
import { TiffWriter } from './tiff-writer.ts';

const noBzip2 = spawnSync('bzip2', ['--version'], { input: '' }).error ? 'no bzip2 program' : false;
const bzip2 = (path: string, level = 9): Buffer =>
  execFileSync('bzip2', ['-c', `-${level}`, path], { maxBuffer: 1 << 28 });
const [FRAMES, NY, NX] = [7, 90, 110];

function drawMovie(seed: number): Uint8Array[] {
  const rng = new Rng(seed);
  return Array.from({ length: FRAMES }, () => Uint8Array.from({ length: NX * NY }, () => rng.below(6)));
}

test('the same movie reads the same from TIFF, MRC, gzip and bzip2, in any order', { skip: noBzip2 }, (t) => {
  const seed = drawSeed();
  const frames = drawMovie(seed);
  const dir = tempDir(t);
  const tiff = new TiffWriter(join(dir, 'a.tif'), { nx: NX, ny: NY, bits: 8, compression: 'lzw' });
  const mrc = new MrcStackWriter(join(dir, 'a.mrc'), { nx: NX, ny: NY, psize_A: 0.8 });
  for (const frame of frames) {
    tiff.append(frame);
    mrc.append(Float32Array.from(frame));
  }
  tiff.finish();
  mrc.finish();
  writeFileSync(join(dir, 'a.mrc.gz'), gzipSync(readFileSync(join(dir, 'a.mrc'))));
  // blocks of 100 kB: a frame lies in several, and they begin amid bytes
  writeFileSync(join(dir, 'a.mrc.bz2'), bzip2(join(dir, 'a.mrc'), 1));
  const formats = { 'a.tif': 'TIFF', 'a.mrc': 'MRC/2', 'a.mrc.gz': 'MRCGZ/2', 'a.mrc.bz2': 'MRCBZ2/2' };
  for (const [name, format] of Object.entries(formats)) {
    const movie = openMovie(join(dir, name));
    assert.deepEqual([movie.shape, movie.format], [[FRAMES, NY, NX], format]);
    assert.equal(
      movie.psize_A === null ? null : Math.round(movie.psize_A * 1000) / 1000,
      name === 'a.tif' ? null : 0.8,
    );
    for (const i of [6, 0, 3, 4, 3])
      assert.deepEqual(movie.readFrames(i, 1), new Float32Array(frames[i]), `${name} ${i}, seed ${seed}`);
    assert.equal(movie.readFrames(0, FRAMES).length, FRAMES * NX * NY);
    assert.throws(() => movie.readFrames(5, 3), { kind: 'input', code: 'CS_MOVIE_FRAME' });
    movie.close();
  }
});

test('blocks of a bzip2 file are found and decoded alone', { skip: noBzip2 }, (t) => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const path = join(tempDir(t), 'a');
  writeFileSync(
    path,
    Uint8Array.from({ length: 650_000 }, () => rng.below(40)),
  );
  const packed = bzip2(path, 1);
  const blocks = findBlocks(packed);
  assert.ok(blocks.length >= 6, `${blocks.length} blocks, seed ${seed}`);
  const parts = blocks.map((bit) => decodeBlock(packed.subarray(Math.floor(bit / 8)), bit % 8).bytes);
  assert.deepEqual(Buffer.concat(parts), Buffer.from(bunzip2(packed)), `seed ${seed}`);
});

test('a real map compressed by bzip2 reads as the plain one', {
  skip: without('ccpem__mrcfile/EMD-3197.map.bz2'),
}, () => {
  const [plain, packed] = ['EMD-3197.map', 'EMD-3197.map.bz2'].map((name) =>
    openMovie(sharedFile(`ccpem__mrcfile/${name}`)),
  );
  const [frames] = plain.shape;
  assert.deepEqual(packed.shape, plain.shape);
  assert.deepEqual(packed.readFrames(0, frames), plain.readFrames(0, frames));
  plain.close();
  packed.close();
});

test('damaged, cut-off and foreign files are refused by name', { skip: noBzip2 }, (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'm');
  const writer = new MrcStackWriter(path, { nx: NX, ny: NY, psize_A: 1 });
  for (const frame of drawMovie(3)) writer.append(Float32Array.from(frame));
  writer.finish();
  const packed = bzip2(path, 1);
  const read = (bytes: Uint8Array): void => {
    writeFileSync(path, bytes);
    const movie = openMovie(path);
    try {
      movie.readFrames(0, movie.shape[0]);
    } finally {
      movie.close();
    }
  };
  const damaged = Buffer.from(packed);
  damaged[packed.length >> 1] ^= 16;
  assert.throws(() => read(damaged), { kind: 'input', code: 'CS_COMPRESSION', message: /bzip2/ });
  assert.throws(() => read(packed.subarray(0, packed.length >> 1)), { kind: 'input', code: 'CS_COMPRESSION' });
  assert.throws(() => read(gzipSync(Buffer.alloc(2000))), { kind: 'input', code: 'CS_MRC_HEADER' });
  assert.throws(() => read(Buffer.from('nothing')), { kind: 'input', code: 'CS_MRC_TRUNCATED' });
  assert.throws(() => openMovie(join(dir, 'none')), { kind: 'input', code: 'CS_FILE_MISSING' });
  const colour = sharedFile('image-rs__image-tiff/rgb-3c-8b.tiff');
  if (without('image-rs__image-tiff') === false) {
    assert.throws(() => openMovie(colour), { kind: 'input', code: 'CS_TIFF_HEADER', message: /SamplesPerPixel is 3/ });
  }
});
