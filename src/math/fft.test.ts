import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../base/rng.ts';
import { ComplexFft, RealFft2, RealFft3 } from './fft.ts';
import { goodSize } from './fft-plan.ts';

const seed = Date.now() >>> 0;

function noise(length: number, stream: number): Float32Array {
  const rng = new Rng(seed, stream);
  return Float32Array.from({ length }, () => rng.normal());
}

/** Direct transform of complex data of any shape, by definition, axis after axis, in double precision. */
function directDft(re: Float64Array, im: Float64Array, shape: number[]): void {
  let stride = re.length;
  for (const n of shape) {
    stride /= n;
    const cos = Float64Array.from({ length: n }, (_, j) => Math.cos((2 * Math.PI * j) / n));
    const sin = Float64Array.from({ length: n }, (_, j) => Math.sin((2 * Math.PI * j) / n));
    const lr = new Float64Array(n);
    const li = new Float64Array(n);
    for (let start = 0; start < re.length; start++) {
      if (Math.floor(start / stride) % n !== 0) continue;
      for (let k = 0; k < n; k++) {
        let sr = 0;
        let si = 0;
        for (let j = 0; j < n; j++) {
          const at = start + j * stride;
          const a = (j * k) % n;
          sr += re[at] * cos[a] + im[at] * sin[a];
          si += im[at] * cos[a] - re[at] * sin[a];
        }
        lr[k] = sr;
        li[k] = si;
      }
      for (let k = 0; k < n; k++) {
        re[start + k * stride] = lr[k];
        im[start + k * stride] = li[k];
      }
    }
  }
}

/** Half-complex transform by definition. */
function directHalf(real: Float32Array, shape: number[]): Float64Array {
  const re = Float64Array.from(real);
  const im = new Float64Array(real.length);
  directDft(re, im, shape);
  const nx = shape[shape.length - 1];
  const nxc = Math.floor(nx / 2) + 1;
  const rows = real.length / nx;
  const out = new Float64Array(2 * rows * nxc);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < nxc; k++) {
      out[2 * (r * nxc + k)] = re[r * nx + k];
      out[2 * (r * nxc + k) + 1] = im[r * nx + k];
    }
  }
  return out;
}

function relativeError(found: Float32Array, wanted: ArrayLike<number>): number {
  assert.equal(found.length, wanted.length);
  let difference = 0;
  let power = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i] - wanted[i]) ** 2;
    power += wanted[i] ** 2;
  }
  return Math.sqrt(difference / power);
}

test('a complex transform equals the definition and its inverse returns the input, for all kinds of sizes', () => {
  for (const n of [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 23, 30, 49, 64, 97, 100, 128, 143, 210, 251, 256, 362,
  ]) {
    const data = noise(2 * n, n);
    const re = Float64Array.from({ length: n }, (_, i) => data[2 * i]);
    const im = Float64Array.from({ length: n }, (_, i) => data[2 * i + 1]);
    directDft(re, im, [n]);
    const wanted = Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? re[i >> 1] : im[i >> 1]));
    const fft = new ComplexFft(n);
    const spectrum = fft.forward(data);
    assert.ok(relativeError(spectrum, wanted) < 2e-7, `n ${n} seed ${seed}: ${relativeError(spectrum, wanted)}`);
    assert.ok(relativeError(fft.inverse(spectrum), data) < 2e-7, `inverse, n ${n} seed ${seed}`);
  }
});

test('transforms of images equal the definition for odd, even, prime and unequal sides', () => {
  for (const [ny, nx] of [
    [1, 1],
    [1, 8],
    [8, 1],
    [16, 16],
    [15, 15],
    [17, 17],
    [30, 30],
    [33, 20],
    [20, 33],
    [49, 14],
    [40, 38],
  ]) {
    const image = noise(ny * nx, ny * 100 + nx);
    const fft = new RealFft2(ny, nx);
    const spectrum = fft.forward(image);
    const error = relativeError(spectrum, directHalf(image, [ny, nx]));
    assert.ok(error < 3e-7, `${ny} x ${nx}, seed ${seed}: ${error}`);
    const kept = spectrum.slice();
    assert.ok(relativeError(fft.inverse(spectrum), image) < 5e-7, `inverse ${ny} x ${nx}, seed ${seed}`);
    assert.deepEqual(spectrum, kept, 'the inverse leaves its input alone');
  }
});

test('transforms of volumes equal the definition for odd, even, prime and unequal sides', () => {
  for (const shape of [
    [8, 8, 8],
    [9, 9, 9],
    [11, 11, 11],
    [17, 6, 5],
    [4, 19, 10],
    [12, 10, 7],
  ]) {
    const [nz, ny, nx] = shape;
    const volume = noise(nz * ny * nx, nz * 10_000 + ny * 100 + nx);
    const fft = new RealFft3(nz, ny, nx);
    const spectrum = fft.forward(volume);
    const error = relativeError(spectrum, directHalf(volume, shape));
    assert.ok(error < 3e-7, `${shape.join(' x ')}, seed ${seed}: ${error}`);
    const back = fft.inverse(spectrum);
    assert.ok(relativeError(back, volume) < 5e-7, `inverse ${shape.join(' x ')}, seed ${seed}`);
    assert.deepEqual(fft.inverse(spectrum, undefined, spectrum), back, 'a work space that is the input gives the same');
  }
});

test('power in both spaces agrees (Parseval)', () => {
  const n = 45;
  const image = noise(n * n, 3);
  const spectrum = new RealFft2(n, n).forward(image);
  let power = 0;
  for (let r = 0, at = 0; r < n; r++) {
    for (let k = 0; k <= n >> 1; k++, at += 2) power += (k === 0 ? 1 : 2) * (spectrum[at] ** 2 + spectrum[at + 1] ** 2);
  }
  const wanted = image.reduce((sum, v) => sum + v * v, 0) * n * n;
  assert.ok(Math.abs(power / wanted - 1) < 1e-6, `${power} against ${wanted}, seed ${seed}`);
});

test('imaginary parts where a real image has none do not leak into other rows', () => {
  const [ny, nx] = [6, 8];
  const fft = new RealFft2(1, nx);
  const clean = fft.forward(noise(nx, 9));
  const dirty = clean.slice();
  dirty[1] = 5;
  dirty[nx + 1] = -7;
  assert.deepEqual(fft.inverse(dirty), fft.inverse(clean));
  assert.throws(() => new RealFft2(ny, nx).forward(new Float32Array(47)), /47 numbers, wanted 48/);
});

test('good sizes are even, at least what was asked, and have no factor above 5', () => {
  assert.deepEqual([1, 7, 31, 97, 241, 511].map(goodSize), [2, 8, 32, 100, 250, 512]);
});
