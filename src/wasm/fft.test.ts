import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildWasm } from '../../tools/build-wasm.ts';
import { RealFft2, RealFft3, ComplexFft as ReferenceFft } from '../math/fft.ts';
import { ComplexFft, RealFft } from './fft.ts';
import { radicesOf } from './fft-plan.ts';
import { hasRelaxedSimd } from './kernels.ts';
import { randomArray, relativeError, testRandom, withEngine } from './testing.ts';

before(async () => {
  await buildWasm();
});

const { rng, seed } = testRandom();
const LIMIT = 1e-6;

const IMAGES = [
  [1, 1],
  [2, 3],
  [7, 8],
  [15, 15],
  [33, 22],
  [62, 31],
  [64, 64],
  [67, 134],
  [128, 96],
  [300, 500],
  [1100, 700],
] as const;

test('radices multiply to the length, and a large prime factor has none', () => {
  for (let n = 1; n < 3000; n++) {
    const radices = radicesOf(n);
    if (radices)
      assert.equal(
        radices.reduce((a, b) => a * b, 1),
        n,
        `${n}: ${radices.join()}`,
      );
  }
  assert.equal(radicesOf(2 * 67), null);
});

for (const relaxed of hasRelaxedSimd() ? [true, false] : [false]) {
  const kind = relaxed ? 'relaxed kernels' : 'plain kernels';

  test(`images transform as by the reference and back to themselves (${kind})`, async () => {
    await withEngine({ relaxed }, (engine) => {
      for (const [ny, nx] of IMAGES) {
        const count = 3;
        const fft = new RealFft(engine, [ny, nx]);
        const real = engine.copyIn(randomArray(rng, count * fft.realLength));
        const spectrum = engine.zeros(count * fft.spectrumLength);
        engine.run(fft.forward(real, spectrum, count));
        const reference = new RealFft2(ny, nx);
        for (let i = 0; i < count; i++) {
          const image = real.slice(i * fft.realLength, (i + 1) * fft.realLength);
          const found = spectrum.subarray(i * fft.spectrumLength, (i + 1) * fft.spectrumLength);
          const error = relativeError(found, reference.forward(image));
          assert.ok(error < LIMIT, `forward ${ny}×${nx}, image ${i}: ${error}, seed ${seed}`);
        }
        const kept = spectrum.slice();
        const back = engine.zeros(real.length);
        engine.run(fft.inverse(spectrum, back, count));
        assert.ok(relativeError(back, real) < LIMIT, `inverse ${ny}×${nx}, seed ${seed}`);
        assert.deepEqual(spectrum, kept, 'the spectrum was changed');
        fft.dispose();
      }
    });
  });
}

test('volumes transform as by the reference, and back in place of the spectrum', async () => {
  await withEngine({}, async (engine) => {
    for (const [nz, ny, nx] of [
      [3, 2, 9],
      [17, 16, 15],
      [12, 40, 36],
      [64, 64, 64],
    ] as const) {
      const fft = new RealFft(engine, [nz, ny, nx]);
      const real = engine.copyIn(randomArray(rng, fft.realLength));
      const spectrum = engine.zeros(fft.spectrumLength);
      await engine.runAsync(fft.forward(real, spectrum));
      const error = relativeError(spectrum, new RealFft3(nz, ny, nx).forward(real.slice()));
      assert.ok(error < LIMIT, `${nz}×${ny}×${nx}: ${error}, seed ${seed}`);
      const back = engine.zeros(real.length);
      await engine.runAsync(fft.inverse(spectrum, back, 1, spectrum));
      assert.ok(relativeError(back, real) < LIMIT, `inverse ${nz}×${ny}×${nx}, seed ${seed}`);
    }
  });
});

test('a spectrum without Hermitian symmetry loses its anti-Hermitian part, as in the reference', async () => {
  await withEngine({}, (engine) => {
    for (const [ny, nx] of [
      [12, 16],
      [9, 15],
    ] as const) {
      const fft = new RealFft(engine, [ny, nx]);
      const spectrum = engine.copyIn(randomArray(rng, 2 * fft.spectrumLength));
      const real = engine.zeros(2 * fft.realLength);
      engine.run(fft.inverse(spectrum, real, 2));
      const expected = new RealFft2(ny, nx).inverse(spectrum.slice(0, fft.spectrumLength));
      const error = relativeError(real.subarray(0, fft.realLength), expected);
      assert.ok(error < LIMIT, `${ny}×${nx}: ${error}, seed ${seed}`);
    }
  });
});

test('complex lines transform as by the reference, whatever their length', async () => {
  await withEngine({}, (engine) => {
    for (const n of [1, 2, 3, 4, 5, 7, 8, 16, 45, 49, 61, 67, 97, 128, 360, 1024, 2021, 4092]) {
      const fft = new ComplexFft(engine, [n]);
      const data = engine.copyIn(randomArray(rng, 5 * fft.length));
      const result = engine.zeros(data.length);
      engine.run(fft.forward(data, result, 5));
      for (const line of [0, 4]) {
        const expected = new ReferenceFft(n).forward(data.slice(line * 2 * n, (line + 1) * 2 * n));
        const error = relativeError(result.subarray(line * 2 * n, (line + 1) * 2 * n), expected);
        assert.ok(error < LIMIT, `length ${n}, line ${line}: ${error}, seed ${seed}`);
      }
      engine.run(fft.inverse(result, result, 5));
      assert.ok(relativeError(result, data) < LIMIT, `inverse of length ${n}, seed ${seed}`);
    }
  });
});

test('a plane wave becomes one coefficient at its frequency, in complex images and volumes', async () => {
  await withEngine({}, (engine) => {
    const shape = [6, 10, 12] as const;
    const [nz, ny, nx] = shape;
    const k = [2, 7, 5] as const;
    const fft = new ComplexFft(engine, shape);
    const wave = engine.zeros(fft.length);
    for (let z = 0, i = 0; z < nz; z++) {
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++, i += 2) {
          const phase = 2 * Math.PI * ((k[0] * z) / nz + (k[1] * y) / ny + (k[2] * x) / nx);
          wave[i] = Math.cos(phase);
          wave[i + 1] = Math.sin(phase);
        }
      }
    }
    const spectrum = engine.zeros(fft.length);
    engine.run(fft.forward(wave, spectrum));
    const expected = new Float32Array(fft.length);
    expected[2 * ((k[0] * ny + k[1]) * nx + k[2])] = nz * ny * nx;
    assert.ok(relativeError(spectrum, expected) < LIMIT);
    engine.run(fft.inverse(spectrum, spectrum));
    assert.ok(relativeError(spectrum, wave) < LIMIT);
  });
});

test('arrays of the wrong length or outside of the memory are refused', async () => {
  await withEngine({}, (engine) => {
    const fft = new RealFft(engine, [8, 8]);
    const spectrum = engine.zeros(fft.spectrumLength);
    assert.throws(() => fft.forward(engine.zeros(63), spectrum), {
      code: 'CS_FFT_SHAPE',
      message: /63 numbers, wanted 64/,
    });
    assert.throws(() => fft.forward(new Float32Array(64), spectrum), { code: 'CS_ARENA_ADDRESS' });
    assert.throws(() => new RealFft(engine, [8, 0]), { code: 'CS_FFT_SHAPE' });
  });
});
