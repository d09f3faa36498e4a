import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildWasm } from '../../tools/build-wasm.ts';
import { Scorer } from './score.ts';
import { randomArray, relativeError, testRandom, withEngine } from './testing.ts';

before(async () => {
  await buildWasm();
});

const { rng, seed } = testRandom();

/** Images, references, coefficients: below, at and beyond the sizes of the kernel's blocks. */
const SHAPES = [
  [1, 1, 1],
  [7, 9, 5],
  [48, 128, 384],
  [49, 131, 385],
  [100, 300, 801],
] as const;

/** The definition, in double precision. */
function products(a: Float32Array, b: Float32Array, inner: number): Float64Array {
  const references = b.length / inner;
  return Float64Array.from({ length: (a.length / inner) * references }, (_, at) => {
    const i = Math.floor(at / references) * inner;
    const m = (at % references) * inner;
    let sum = 0;
    for (let c = 0; c < inner; c++) sum += a[i + c] * b[m + c];
    return sum;
  });
}

for (const relaxed of [undefined, false]) {
  test(`the table is the matrix product (${relaxed === false ? 'plain' : 'default'} kernels)`, async () => {
    await withEngine(relaxed === undefined ? {} : { relaxed }, (engine) => {
      for (const [images, references, inner] of SHAPES) {
        const a = engine.copyIn(randomArray(rng, images * inner));
        const b = engine.copyIn(randomArray(rng, references * inner));
        const table = engine.zeros(images * references);
        const scorer = new Scorer(engine, references, inner);
        engine.run([...scorer.load(b), ...scorer.table(a, images, table)]);
        const error = relativeError(table, products(a, b, inner));
        assert.ok(error < 1e-6, `${images} × ${references} × ${inner}: ${error}, seed ${seed}`);
      }
    });
  });
}

test('the search finds the best references and the logarithm of the sum of exponentials', async () => {
  await withEngine({}, (engine) => {
    for (const [images, references, inner] of SHAPES) {
      const a = engine.copyIn(randomArray(rng, images * inner));
      const b = engine.copyIn(randomArray(rng, references * inner));
      const bias = engine.copyIn(randomArray(rng, references));
      const scale = 0.37;
      const kept = 5;
      const scorer = new Scorer(engine, references, inner);
      const best = scorer.best(images, kept);
      engine.run([...scorer.load(b), ...scorer.search(a, images, scale, bias, best)]);
      const table = products(a, b, inner);
      for (let i = 0; i < images; i++) {
        const scores = Array.from({ length: references }, (_, m) => scale * table[i * references + m] + bias[m]);
        const order = scores.map((_, m) => m).sort((p, q) => scores[q] - scores[p]);
        const where = `image ${i} of ${images} × ${references} × ${inner}, seed ${seed}`;
        for (let j = 0; j < kept; j++) {
          const number = best.numbers[i * kept + j];
          if (j >= references) {
            assert.equal(number, -1, where);
            assert.equal(best.scores[i * kept + j], -Infinity, where);
            continue;
          }
          // rounding may exchange two scores that are all but equal
          assert.ok(Math.abs(scores[number] - scores[order[j]]) < 1e-3, where);
          assert.ok(Math.abs(best.scores[i * kept + j] - scores[number]) < 1e-3, where);
        }
        const top = scores[order[0]];
        const sum = top + Math.log(scores.reduce((total, s) => total + Math.exp(s - top), 0));
        assert.ok(Math.abs(best.logSums[i] - sum) < 1e-3, `${where}: ${best.logSums[i]}, wanted ${sum}`);
      }
    }
  });
});

test('very unequal scores neither overflow nor lose the largest', async () => {
  await withEngine({}, (engine) => {
    const b = engine.copyIn(Float32Array.from({ length: 300 }, (_, m) => (m % 2 === 0 ? -1e6 : 1e4 + m)));
    const scorer = new Scorer(engine, 300, 1);
    const best = scorer.best(1, 2);
    engine.run([...scorer.load(b), ...scorer.search(engine.copyIn([1]), 1, 1, engine.zeros(300), best)]);
    assert.deepEqual([...best.numbers], [299, 297]);
    assert.ok(Math.abs(best.logSums[0] - (1e4 + 299 + Math.log(1 / (1 - Math.exp(-2))))) < 1e-2);
  });
});

test('arrays of the wrong length are refused', async () => {
  await withEngine({}, (engine) => {
    const scorer = new Scorer(engine, 10, 4);
    assert.throws(() => scorer.load(engine.zeros(39)), { code: 'CS_SCORE_SHAPE', message: /39 numbers, wanted 40/ });
    const table = engine.zeros(20);
    assert.throws(() => scorer.table(engine.zeros(9), 2, table), {
      code: 'CS_SCORE_SHAPE',
      message: /9 numbers, wanted 8/,
    });
  });
});
