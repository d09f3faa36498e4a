import { Engine } from '../src/wasm/engine.ts';
import { Scorer } from '../src/wasm/score.ts';
import { compare, PythonPeer, type Result, timed } from './measure.ts';

/** Images, references, coefficients: coarse search at L = 12 and 16, finer ones at 32. */
const CASES = [
  { images: 1920, references: 4608, coefficients: 450 },
  { images: 960, references: 4608, coefficients: 800 },
  { images: 480, references: 2000, coefficients: 3200 },
] as const;

/** The plain loop that the product replaces, over some of the images. */
function plain(
  a: Float32Array,
  b: Float32Array,
  images: number,
  references: number,
  inner: number,
  out: Float32Array,
): void {
  for (let i = 0; i < images; i++) {
    for (let m = 0; m < references; m++) {
      let sum = 0;
      for (let c = 0, p = i * inner, q = m * inner; c < inner; c++, p++, q++) sum += a[p] * b[q];
      out[i * references + m] = sum;
    }
  }
}

/** Matrix products against OpenBLAS and a plain loop, and the fused search against OpenBLAS's product alone. */
export async function* benchScore(): AsyncGenerator<Result> {
  const engine = await Engine.start({ threads: 2 });
  const peer = new PythonPeer();
  for (const { images, references, coefficients } of CASES) {
    const left = engine.copyIn(
      Float32Array.from({ length: images * coefficients }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5),
    );
    const right = engine.copyIn(
      Float32Array.from({ length: references * coefficients }, (_, i) => ((i * 613) % 997) / 997 - 0.5),
    );
    const scorer = new Scorer(engine, references, coefficients);
    const table = engine.zeros(images * references);
    const best = scorer.best(images, 8);
    const bias = engine.zeros(references);
    const pack = scorer.load(right);
    const product = [...pack, ...scorer.table(left, images, table)];
    const search = [...pack, ...scorer.search(left, images, 1, bias, best)];
    const name = `${images} images × ${references} × ${coefficients}`;
    const sgemm = { op: 'sgemm', rows: images, columns: references, inner: coefficients };
    for (const [what, commands] of [
      ['table', product],
      ['best 8 and log-sum', search],
    ] as const) {
      const times = await compare(
        (repeats) => timed(() => engine.run(commands), repeats),
        (repeats) => peer.times(sgemm, repeats),
      );
      yield { bench: 'score', case: `${name}, ${what}`, peer: 'openblas sgemm', goal: 0.4, ...times };
    }
    // the plain loop is slow: a few images stand for all
    const few = 16;
    const times = await compare(
      (repeats) => timed(() => engine.run(product), repeats),
      async (repeats) => {
        const measured = await timed(() => plain(left, right, few, references, coefficients, table), repeats);
        return measured.map((ms) => (ms * images) / few);
      },
    );
    yield { bench: 'score', case: `${name}, table`, peer: 'plain loop', goal: 8, ...times };
    scorer.dispose();
    for (const array of [left, right, table, bias, best.scores, best.logSums]) engine.arena.free(array);
    engine.arena.release(best.numbers.byteOffset);
  }
  peer.close();
  await engine.stop();
}
