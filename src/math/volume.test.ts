import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { fsc, shellPower } from './fsc.ts';
import { blobVolume, correlation } from './testing/blob-volume.ts';
import {
  cropPad,
  fourierCrop2,
  fourierCrop3,
  fourierPad,
  lowpass,
  originToCentre,
  originToCorner,
  sectionsImages,
  sphereMask,
  thresholdMask,
} from './volume.ts';

const seed = drawSeed();

test('the origin moves from pixel floor(n/2) to index 0 and back, on every axis', () => {
  for (const shape of [[6], [7], [4, 5], [5, 4], [3, 4, 5], [6, 5, 4]]) {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, (_, i) => i);
    const centre = shape.reduce((at, n) => at * n + Math.floor(n / 2), 0);
    const corner = originToCorner(data, shape);
    assert.equal(corner[0], centre, shape.join(' × '));
    assert.deepEqual(originToCentre(corner, shape), data);
  }
});

test('Fourier cropping and padding keep blobs where they are and as high as they are', () => {
  for (const [from, to] of [
    [40, 20],
    [40, 21],
    [41, 20],
    [41, 21],
    [39, 30],
  ]) {
    const large = blobVolume(from, new Rng(seed, 1)).volume;
    const small = fourierCrop3(large, [from, from, from], [to, to, to]);
    // the same blobs sampled on the coarse grid directly: sample i of it lies at floor(from/2) + (i - floor(to/2)) from/to
    const back = fourierPad(small, [to, to, to], [from, from, from]);
    assert.ok(correlation(back, large) > 0.999, `${from} to ${to} and back, seed ${seed}: ${correlation(back, large)}`);
    const [half, quarter] = [Math.floor(from / 2), Math.floor(to / 2)];
    const at = (n: number, c: number): number => (c * n + c) * n + c;
    assert.ok(
      Math.abs(small[at(to, quarter)] - large[at(from, half)]) < 0.02,
      `${from} to ${to}, seed ${seed}: the origin's value`,
    );
  }
  const same = blobVolume(10, new Rng(seed)).volume;
  const kept = fourierCrop3(same, [10, 10, 10], [10, 10, 10]);
  assert.ok(
    kept.every((v, i) => Math.abs(v - same[i]) < 1e-6),
    'equal shapes change nothing, Nyquist frequency included',
  );
});

test('an image is cropped as a section of a volume is', () => {
  const wave = (n: number): Float32Array =>
    Float32Array.from({ length: n * n }, (_, i) => {
      const [x, y] = [(i % n) - Math.floor(n / 2), Math.floor(i / n) - Math.floor(n / 2)];
      return 1 + Math.cos((2 * Math.PI * (3 * x - 2 * y)) / n + 0.3);
    });
  const small = fourierCrop2(wave(32), [32, 32], [15, 15]);
  const wanted = wave(15);
  assert.ok(small.every((v, i) => Math.abs(v - wanted[i]) < 1e-5));
  assert.throws(() => fourierCrop2(wave(8), [8, 8], [9, 9]), { code: 'CS_RESAMPLE_SHAPE' });
});

test('cropping and padding in real space keep the origin voxel and fill the rest', () => {
  for (const [from, to] of [
    [6, 9],
    [7, 10],
    [9, 6],
    [10, 7],
    [5, 5],
  ]) {
    const volume = new Float32Array(from ** 3).fill(1);
    const centre = (n: number): number => (Math.floor(n / 2) * n + Math.floor(n / 2)) * n + Math.floor(n / 2);
    volume[centre(from)] = 5;
    const out = cropPad(volume, [from, from, from], [to, to, to], -2);
    assert.equal(out[centre(to)], 5, `${from} to ${to}`);
    assert.equal(out.filter((v) => v === -2).length, to > from ? to ** 3 - from ** 3 : 0);
  }
});

test('low-pass filters pass low shells, stop high ones and halve the power at the cut-off', () => {
  const n = 48;
  const rng = new Rng(seed);
  const volume = Float32Array.from({ length: n ** 3 }, () => rng.normal());
  const before = shellPower(volume, n);
  for (const kind of ['butterworth', 'cosine'] as const) {
    // shell 12 of 48 at 1.5 Å: 6 Å
    const out = lowpass(volume, [n, n, n], 1.5, { cutoff_A: 6, kind });
    const gain = shellPower(out, n).map((p, s) => p / before[s]);
    assert.ok(
      gain.slice(0, 9).every((g) => g > 0.97),
      `${kind} seed ${seed}: ${[...gain].join(' ')}`,
    );
    assert.ok(
      gain.slice(16).every((g) => g < 0.02),
      `${kind} seed ${seed}: ${[...gain].join(' ')}`,
    );
    assert.ok(gain[12] > 0.2 && gain[12] < 0.6, `${kind} seed ${seed}: ${gain[12]}`);
    assert.ok(fsc(volume, out, n)[8] > 0.999, 'phases stay');
  }
});

test('a threshold mask follows exact distances', () => {
  const shape = [14, 17, 19] as const;
  const rng = new Rng(seed);
  const volume = new Float32Array(14 * 17 * 19);
  const points = Array.from({ length: 5 }, () => [rng.below(14), rng.below(17), rng.below(19)]);
  for (const [z, y, x] of points) volume[(z * 17 + y) * 19 + x] = 1;
  const mask = thresholdMask(volume, shape, { threshold: 0.5, dilate_px: 2.5, soft_px: 4 });
  for (let i = 0; i < mask.length; i++) {
    const [z, y, x] = [Math.floor(i / (17 * 19)), Math.floor(i / 19) % 17, i % 19];
    const d = Math.min(...points.map((p) => Math.hypot(z - p[0], y - p[1], x - p[2])));
    const wanted = d <= 2.5 ? 1 : d >= 6.5 ? 0 : 0.5 + 0.5 * Math.cos((Math.PI * (d - 2.5)) / 4);
    assert.ok(Math.abs(mask[i] - wanted) < 1e-6, `voxel ${z} ${y} ${x} seed ${seed}: ${mask[i]}, wanted ${wanted}`);
  }
  assert.throws(() => thresholdMask(volume, shape, { threshold: 2, dilate_px: 0, soft_px: 0 }), {
    code: 'CS_MASK_EMPTY',
    message: "No voxel reaches the mask threshold 2; the map's largest value is 1.",
  });
});

test('a soft sphere is 1 inside, 0 outside and half in the middle of its edge', () => {
  const mask = sphereMask(21, 5, 4);
  const at = (x: number): number => mask[(10 * 21 + 10) * 21 + 10 + x];
  assert.deepEqual([at(0), at(5), at(-5), at(9), at(10)], [1, 1, 1, 0, 0]);
  assert.ok(Math.abs(at(7) - 0.5) < 1e-6);
});

test('pictures of a volume: three sections and three projections of the right sides', () => {
  const [nz, ny, nx] = [4, 5, 6];
  const volume = new Float32Array(nz * ny * nx);
  volume[(2 * ny + 2) * nx + 3] = 1;
  const images = sectionsImages(volume, [nz, ny, nx]);
  assert.deepEqual(
    images.map((i) => [i.title, i.width, i.height]),
    [
      ['section z = 2', 6, 5],
      ['section y = 2', 6, 4],
      ['section x = 3', 5, 4],
      ['projection along z', 6, 5],
      ['projection along y', 6, 4],
      ['projection along x', 5, 4],
    ],
  );
  for (const { gray, width } of images) {
    assert.equal(
      gray.reduce((a, b) => a + b, 0),
      255,
      'one bright pixel',
    );
    assert.equal(gray.indexOf(255), 2 * width + (width === 6 ? 3 : 2));
  }
});
