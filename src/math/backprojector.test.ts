import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { BackProjector } from './backprojector.ts';
import { RealFft2 } from './fft.ts';
import { fsc } from './fsc.ts';
import { Projector } from './projector.ts';
import { multiply, randomRotation } from './rotation.ts';
import { symmetryOperators } from './symmetry.ts';
import { blobVolume, correlation } from './testing/blob-volume.ts';
import { originToCorner } from './volume.ts';

const seed = drawSeed();

function random(length: number, rng: Rng): Float32Array {
  return Float32Array.from({ length }, () => rng.normal());
}

test('insertion is the adjoint of slicing: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩', () => {
  for (const [n, padding] of [
    [16, 2],
    [15, 2],
    [12, 1],
    [9, 3],
  ]) {
    const rng = new Rng(seed, n);
    const nc = Math.floor(n / 2) + 1;
    const back = new BackProjector(n, { padding });
    const x = random(2 * back.grid.cells, rng);
    const projector = Projector.attach({ n, padding, spectrum: x });
    for (let view = 0; view < 4; view++) {
      const R = randomRotation(rng);
      const y = random(2 * n * nc, rng);
      const Ax = projector.slice(R, n / 2, new Float32Array(2 * n * nc));
      back.cells.fill(0);
      back.insert(y, null, R, 1);
      let left = 0;
      for (let row = 0; row < n; row++) {
        for (let kx = 0; kx < nc; kx++) {
          // the other half of the column kx = 0 repeats this one
          if (kx === 0 && 2 * row > n) continue;
          const at = 2 * (row * nc + kx);
          left += Ax[at] * y[at] + Ax[at + 1] * y[at + 1];
        }
      }
      let right = 0;
      for (let c = 0; c < back.grid.cells; c++)
        right += x[2 * c] * back.cells[3 * c] + x[2 * c + 1] * back.cells[3 * c + 1];
      const scale = Math.hypot(...Ax) * Math.hypot(...y);
      assert.ok(Math.abs(left - right) < 1e-6 * scale, `n ${n} padding ${padding} seed ${seed}: ${left} and ${right}`);
    }
  }
});

test('slabs that cover the grid add up to the whole, each cell by cell', () => {
  const n = 18;
  const rng = new Rng(seed);
  const [whole, parts] = [new BackProjector(n), new BackProjector(n)];
  for (let i = 0; i < 6; i++) {
    const R = randomRotation(rng);
    const image = random(2 * n * 10, rng);
    const ctf = random(n * 10, rng);
    whole.insert(image, ctf, R, 0.7);
    for (const slab of parts.slabs(7)) BackProjector.attach(parts.share()).insert(image, ctf, R, 0.7, slab);
  }
  assert.ok(whole.cells.some((v) => v !== 0));
  assert.deepEqual(parts.cells, whole.cells, `seed ${seed}`);
});

/** Transforms of a map's analytic projections, origin at index 0. */
function images(projection: (R: Float64Array) => Float32Array, n: number, views: Float64Array[]): Float32Array[] {
  const fft = new RealFft2(n, n);
  return views.map((R) => fft.forward(originToCorner(projection(R), [n, n])));
}

/** Best slope of a line through 0: found ≈ slope · wanted. */
function slope(found: Float32Array, wanted: Float32Array): number {
  let [ab, bb] = [0, 0];
  for (let i = 0; i < found.length; i++) {
    ab += found[i] * wanted[i];
    bb += wanted[i] * wanted[i];
  }
  return ab / bb;
}

test('a map comes back from its analytic projections, in shape and in scale', () => {
  for (const n of [32, 33]) {
    const rng = new Rng(seed, n);
    const { volume, projection } = blobVolume(n, rng);
    const views = Array.from({ length: 400 }, () => randomRotation(rng));
    const back = new BackProjector(n);
    for (const [i, image] of images(projection, n, views).entries()) back.insert(image, null, views[i], 1);
    const map = back.reconstruct();
    assert.ok(correlation(map, volume) > 0.998, `n ${n} seed ${seed}: ${correlation(map, volume)}`);
    assert.ok(Math.abs(slope(map, volume) - 1) < 0.02, `n ${n} seed ${seed}: scale ${slope(map, volume)}`);
  }
});

test('images multiplied by a CTF that changes sign give the map back when the CTF is told', () => {
  const n = 32;
  const rng = new Rng(seed);
  const { volume, projection } = blobVolume(n, rng);
  const views = Array.from({ length: 400 }, () => randomRotation(rng));
  const [told, untold] = [new BackProjector(n), new BackProjector(n)];
  for (const [i, image] of images(projection, n, views).entries()) {
    const ctf = new Float32Array(n * 17);
    for (let y = 0, at = 0; y < n; y++) {
      const ky = y <= n / 2 ? y : y - n;
      for (let kx = 0; kx <= n / 2; kx++, at++) ctf[at] = Math.cos((0.05 + 0.01 * (i % 5)) * (kx * kx + ky * ky));
    }
    for (let k = 0; k < ctf.length; k++) {
      image[2 * k] *= ctf[k];
      image[2 * k + 1] *= ctf[k];
    }
    told.insert(image, ctf, views[i], 1);
    untold.insert(image, null, views[i], 1);
  }
  const [good, bad] = [told.reconstruct(), untold.reconstruct()];
  assert.ok(correlation(good, volume) > 0.995, `seed ${seed}: ${correlation(good, volume)}`);
  assert.ok(correlation(bad, volume) < correlation(good, volume) - 0.02, `seed ${seed}: ${correlation(bad, volume)}`);
});

test('symmetry supplies views that no image has', () => {
  const n = 32;
  const rng = new Rng(seed);
  const operators = symmetryOperators('D2');
  const { volume, projection } = blobVolume(n, rng, operators);
  // views within a quarter of the sphere's azimuths and few: alone they leave gaps
  const views = Array.from({ length: 60 }, () => randomRotation(rng));
  const back = new BackProjector(n);
  for (const [i, image] of images(projection, n, views).entries()) back.insert(image, null, views[i], 1);
  const alone = back.reconstruct();
  const together = back.applySymmetry(operators);
  const map = together.reconstruct();
  assert.ok(correlation(map, volume) > 0.99, `seed ${seed}: ${correlation(map, volume)}`);
  const high = (m: Float32Array): number =>
    fsc(m, volume, n)
      .slice(8, 14)
      .reduce((a, b) => a + b, 0);
  assert.ok(high(map) > high(alone), `seed ${seed}: ${high(map)} against ${high(alone)}`);
  const inParts = new BackProjector(n);
  for (const sections of back.slabs(3)) back.applySymmetry(operators, inParts, sections);
  assert.deepEqual(inParts.cells, together.cells, 'sections computed apart are the same');
  const explicit = new BackProjector(n);
  for (const [i, image] of images(projection, n, views).entries()) {
    for (const Q of operators) explicit.insert(image, null, multiply(views[i], Q), 1);
  }
  const agreement = correlation(explicit.reconstruct(), map);
  assert.ok(agreement > 0.999, `inserting each image in all its equivalent views, seed ${seed}: ${agreement}`);
});

test('directions without an image are not amplified, and noise is damped by the prior', () => {
  const n = 24;
  const rng = new Rng(seed);
  const back = new BackProjector(n);
  // one single view: nearly all of Fourier space is empty
  back.insert(random(2 * n * 13, rng), null, randomRotation(rng), 1);
  const power = (m: Float32Array): number => m.reduce((sum, v) => sum + v * v, 0);
  const map = back.reconstruct();
  assert.ok(map.every(Number.isFinite), `seed ${seed}`);
  const damped = back.reconstruct({ tau2: new Float64Array(13).fill(1e-3) });
  assert.ok(power(damped) < 0.01 * power(map) && power(damped) > 0, `seed ${seed}: ${power(damped)}, ${power(map)}`);
  assert.throws(() => back.insert(new Float32Array(2 * n * 13), null, randomRotation(rng), 1), {
    code: 'CS_GRID_FOLDED',
  });
});
