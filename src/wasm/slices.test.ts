import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Rng } from '../base/rng.ts';
import { buildWasm } from '../../tools/build-wasm.ts';
import { BackProjector } from '../math/backprojector.ts';
import { Projector } from '../math/projector.ts';
import { copyRotations, Inserter, Slicer } from './slices.ts';
import { randomArray, relativeError, testRandom, withEngine } from './testing.ts';

before(async () => {
  await buildWasm();
});

const { rng, seed } = testRandom();

/** Rotation of a random unit quaternion. */
function randomRotation(random: Rng): Float64Array {
  const q = [random.normal(), random.normal(), random.normal(), random.normal()];
  const norm = Math.hypot(...q);
  const [w, x, y, z] = q.map((v) => v / norm);
  return Float64Array.of(
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  );
}

/** Random views, and those whose samples lie exactly on the grid. */
function views(count: number): Float64Array[] {
  const onGrid = [
    [1, 0, 0, 0, 1, 0, 0, 0, 1],
    [0, -1, 0, 1, 0, 0, 0, 0, 1],
    [0, 0, 1, 0, 1, 0, -1, 0, 0],
  ];
  return [...onGrid.map((m) => Float64Array.from(m)), ...Array.from({ length: count }, () => randomRotation(rng))];
}

test('slices are those of the reference, also beyond a radius and for odd sides', async () => {
  await withEngine({}, (engine) => {
    for (const [n, padding, radius] of [
      [32, 2, 16],
      [21, 2, 10.5],
      [24, 1, 7.3],
      [48, 3, 24],
    ] as const) {
      const projector = new Projector(randomArray(rng, n ** 3), n, { padding });
      const slicer = new Slicer(engine, projector.share());
      const all = views(6);
      const length = 2 * n * (Math.floor(n / 2) + 1);
      const out = engine.zeros(all.length * length).fill(7);
      engine.run(slicer.slices(copyRotations(engine, all), radius, out));
      all.forEach((R, i) => {
        const expected = projector.slice(R, radius, new Float32Array(length));
        const error = relativeError(out.subarray(i * length, (i + 1) * length), expected);
        assert.ok(error < 1e-6, `side ${n}, padding ${padding}, view ${i}: ${error}, seed ${seed}`);
      });
      slicer.dispose();
    }
  });
});

test('inserted images sum to what the reference sums, whatever the threads', async () => {
  for (const threads of [1, 2, 3]) {
    await withEngine({ threads }, (engine) => {
      for (const [n, padding, radius, withCtf] of [
        [32, 2, 16, true],
        [21, 2, 8.5, true],
        [24, 1, 12, false],
      ] as const) {
        const all = views(5);
        const length = n * (Math.floor(n / 2) + 1);
        const spectra = engine.copyIn(randomArray(rng, 2 * length * all.length));
        const ctfs = withCtf ? engine.copyIn(randomArray(rng, length * all.length)) : null;
        const weights = engine.copyIn(Float32Array.from(all, () => rng.uniform() + 0.5));
        const inserter = new Inserter(engine, n, padding);
        const rotations = copyRotations(engine, all);
        engine.run(inserter.insert({ spectra, ctfs, rotations, weights, maxRadius_px: radius }));
        const reference = new BackProjector(n, { padding });
        const whole = { first: 0, end: reference.grid.side };
        all.forEach((R, i) => {
          const image = spectra.subarray(2 * i * length, 2 * (i + 1) * length);
          const ctf = ctfs ? ctfs.subarray(i * length, (i + 1) * length) : null;
          reference.insert(image, ctf, R, weights[i], whole, radius);
        });
        const error = relativeError(inserter.cells, reference.cells);
        assert.ok(error < 1e-6, `side ${n}, ${threads} threads: ${error}, seed ${seed}`);
      }
    });
  }
});

test('insertion is the adjoint of slicing', async () => {
  await withEngine({}, (engine) => {
    const n = 32;
    const all = views(8);
    const rotations = copyRotations(engine, all);
    const shared = new Projector(randomArray(rng, n ** 3), n).share();
    const slicer = new Slicer(engine, shared);
    const length = 2 * n * (n / 2 + 1);
    const slices = engine.zeros(all.length * length);
    engine.run(slicer.slices(rotations, n / 2, slices));
    const spectra = engine.copyIn(randomArray(rng, slices.length));
    const inserter = new Inserter(engine, n);
    const weights = engine.zeros(all.length).fill(1);
    engine.run(inserter.insert({ spectra, ctfs: null, rotations, weights, maxRadius_px: n / 2 }));
    // of the samples with kx = 0 only those with ky ≥ 0 are inserted, so only those count on the left side
    let left = 0;
    for (let i = 0; i < slices.length; i++) {
      const at = i % length;
      const row = Math.floor(at / (n + 2));
      if (at % (n + 2) < 2 && row >= n / 2) continue;
      left += slices[i] * spectra[i];
    }
    const grid = shared.spectrum;
    let right = 0;
    let scale = 0;
    for (let cell = 0; 2 * cell < grid.length; cell++) {
      const term = grid[2 * cell] * inserter.cells[3 * cell] + grid[2 * cell + 1] * inserter.cells[3 * cell + 1];
      right += term;
      scale += Math.abs(term);
    }
    assert.ok(Math.abs(left - right) < 1e-5 * scale, `⟨Ax, y⟩ = ${left}, ⟨x, Aᵀy⟩ = ${right}, seed ${seed}`);
  });
});

test('slices with numbers for other rotations are refused', async () => {
  await withEngine({}, (engine) => {
    const slicer = new Slicer(engine, new Projector(new Float32Array(8 ** 3), 8).share());
    const rotations = copyRotations(engine, views(0));
    assert.throws(() => slicer.slices(rotations, 4, engine.zeros(12)), {
      code: 'CS_SLICE_SHAPE',
      message: /wanted 240/,
    });
  });
});
