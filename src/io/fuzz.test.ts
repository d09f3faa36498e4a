import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';
import { Rng } from '../base/rng.ts';
import { drawSeed, tempDir } from '../../test/temp-dir.ts';
import { readAcquisition } from './acquisition.ts';
import { readDefects } from './defects.ts';
import { EER_CODINGS } from './eer-codec.ts';
import { openMovie } from './movie.ts';
import { MrcStackWriter } from './mrc.ts';
import { encodeElectrons, writeEer } from './testing/write-eer.ts';
import { TiffWriter } from './tiff-writer.ts';

const FILES = 10_000;
const XML =
  '<MicroscopeImage xmlns:a="u"><SpatialScale><pixelSize><x><numericValue>1E-10</numericValue></x></pixelSize></SpatialScale><microscopeData><gun><AccelerationVoltage>300000</AccelerationVoltage></gun><optics><BeamShift><a:_x>0.1</a:_x><a:_y>-0.2</a:_y></BeamShift></optics></microscopeData></MicroscopeImage>';
const MDOC = 'Voltage = 300\n[FrameSet = 0]\nImageShift = 1 2\nPixelSpacing = 1.2\nExposureDose = 40\n';
const DEFECTS = 'CameraSizeX 16\nCameraSizeY 12\nBadColumns 3 4\nBadPixels 1 2 3 4\nUsableArea 0 0 11 15\n';

/** Small sound files of each form, by extension. */
function seeds(dir: string): [string, Buffer][] {
  const image = Uint8Array.from({ length: 16 * 12 }, (_, i) => (i * i) % 7);
  const files: [string, Buffer][] = [];
  const add = (name: string): void => void files.push([name, readFileSync(join(dir, name))]);
  for (const [name, compression, big] of [
    ['lzw.tif', 'lzw', false],
    ['none.tif', 'none', false],
    ['big.tif', 'lzw', true],
  ] as const) {
    const writer = new TiffWriter(join(dir, name), { nx: 16, ny: 12, bits: 8, compression, big, rowsPerStrip: 5 });
    for (let page = 0; page < 3; page++) writer.append(image);
    writer.finish();
    add(name);
  }
  const electrons = [{ x: 3, y: 4, subX: 1, subY: 2 }];
  for (const compression of [65000, 65001, 65002]) {
    const coding = EER_CODINGS[compression] ?? { runBits: 6, subBitsX: 2, subBitsY: 2, padded: false };
    const frame = encodeElectrons(electrons, 16, 12, coding);
    writeEer(join(dir, `${compression}.eer`), [frame, frame], { width: 16, height: 12, compression, coding });
    add(`${compression}.eer`);
  }
  const mrc = new MrcStackWriter(join(dir, 'a.mrc'), { nx: 16, ny: 12, psize_A: 1 });
  mrc.append(Float32Array.from(image));
  mrc.finish();
  add('a.mrc');
  files.push(['a.mrc.gz', gzipSync(readFileSync(join(dir, 'a.mrc')))]);
  const bzip2 = spawnSync('bzip2', ['-c', join(dir, 'a.mrc')]);
  if (bzip2.status === 0) files.push(['a.mrc.bz2', bzip2.stdout]);
  files.push(['a.xml', Buffer.from(XML)], ['a.mdoc', Buffer.from(MDOC)], ['a.txt', Buffer.from(DEFECTS)]);
  return files;
}

/** Change one to four places, mostly near the start, or cut the file. */
function mutate(rng: Rng, file: Buffer): Buffer {
  const bytes = Buffer.from(file);
  for (let n = 1 + rng.below(4); n > 0; n--) {
    const reach = rng.below(3) === 0 ? bytes.length : Math.min(bytes.length, 400);
    const at = rng.below(reach);
    switch (rng.below(5)) {
      case 0:
        bytes[at] = rng.below(256);
        break;
      case 1:
        bytes[at] ^= 1 << rng.below(8);
        break;
      case 2:
        bytes.fill(rng.below(2) * 255, at, Math.min(bytes.length, at + 1 + rng.below(8)));
        break;
      case 3:
        if (at + 4 <= bytes.length) bytes.writeUInt32LE(rng.below(2 ** 31), at);
        break;
      default:
        if (rng.below(4) === 0) return bytes.subarray(0, at);
        bytes.copyWithin(at, rng.below(bytes.length), rng.below(bytes.length));
    }
  }
  return bytes;
}

function read(path: string): void {
  if (/\.(xml|mdoc)$/.test(path)) return void readAcquisition(path);
  if (path.endsWith('.txt')) return void readDefects(path, 12, 16);
  const movie = openMovie(path, { eer: { upsampling: 2, fractions: 2 } });
  try {
    const [frames, ny, nx] = movie.shape;
    assert.ok(frames >= 1 && ny >= 1 && nx >= 1);
    movie.readFrames(0, 1);
    movie.readFrames(frames - 1, 1);
  } finally {
    movie.close();
  }
}

test(`${FILES} files with changed bytes are read or refused with file and field, and nothing else happens`, {
  timeout: 60_000,
}, (t) => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const dir = tempDir(t);
  const originals = seeds(dir);
  let refused = 0;
  for (let i = 0; i < FILES; i++) {
    const [name, original] = originals[i % originals.length];
    const path = join(dir, `fuzz-${name}`);
    writeFileSync(path, mutate(rng, original));
    try {
      read(path);
    } catch (error) {
      const words = `seed ${seed}, file ${i} (${name}): ${(error as Error).stack}`;
      assert.ok(error instanceof CsError && error.kind === 'input', words);
      assert.ok(error.message.includes(path) && error.details['field'] !== undefined, words);
      refused++;
    }
  }
  assert.ok(refused > FILES / 10 && refused < FILES, `${refused} refused, seed ${seed}`);
});
