import { Projector } from '../src/math/projector.ts';
import { type Command, Engine } from '../src/wasm/engine.ts';
import { RealFft } from '../src/wasm/fft.ts';
import { Scorer } from '../src/wasm/score.ts';
import { copyRotations, Inserter, Slicer } from '../src/wasm/slices.ts';
import { compare, type Result, timed } from './measure.ts';
import { blobs, randomViews } from './slices.ts';

interface Operation {
  readonly name: string;
  readonly commands: readonly Command[];
}

/** Batched operations that take more than 50 ms on one thread. */
function operations(engine: Engine, projector: Projector): Operation[] {
  const list: Operation[] = [];
  for (const [shape, batch] of [
    [[128, 128], 2048],
    [[256, 256], 512],
    [[4096, 4096], 1],
    [[256, 256, 256], 1],
  ] as const) {
    const fft = new RealFft(engine, shape);
    const real = engine.zeros(batch * fft.realLength).fill(1);
    const spectrum = engine.zeros(batch * fft.spectrumLength);
    const name = `fft ${shape.join('×')}${batch > 1 ? ` ×${batch}` : ''}`;
    list.push({ name: `${name} forward`, commands: fft.forward(real, spectrum, batch) });
    list.push({ name: `${name} inverse`, commands: fft.inverse(spectrum, real, batch) });
  }
  const [images, references, coefficients] = [1920, 4608, 450];
  const scorer = new Scorer(engine, references, coefficients);
  const left = engine.zeros(images * coefficients).fill(0.01);
  const best = scorer.best(images, 8);
  engine.run(scorer.load(engine.zeros(references * coefficients).fill(0.01)));
  const table = scorer.table(left, images, engine.zeros(images * references));
  list.push({ name: `score ${images} × ${references} × ${coefficients}, table`, commands: table });
  const search = scorer.search(left, images, 1, engine.zeros(references), best);
  list.push({ name: `score ${images} × ${references} × ${coefficients}, best 8`, commands: search });
  const { n } = projector;
  const views = 2000;
  const rotations = copyRotations(engine, randomViews(views));
  const spectra = engine.zeros(views * n * (n + 2));
  const slicer = new Slicer(engine, projector.share());
  list.push({ name: `slices box ${n} ×${views}`, commands: slicer.slices(rotations, n / 2, spectra) });
  const weights = engine.zeros(views).fill(1);
  const insertion = { spectra, ctfs: null, rotations, weights, maxRadius_px: n / 2 };
  list.push({ name: `back-projection box ${n} ×${views}`, commands: new Inserter(engine, n).insert(insertion) });
  return list;
}

/** Each operation on two threads against the same on one. */
export async function* benchScaling(): AsyncGenerator<Result> {
  const projector = new Projector(blobs(128), 128);
  const [one, two] = [await Engine.start({ threads: 1 }), await Engine.start({ threads: 2 })];
  const alone = operations(one, projector);
  for (const [i, { name, commands }] of operations(two, projector).entries()) {
    const times = await compare(
      (repeats) => timed(() => two.run(commands), repeats),
      (repeats) => timed(() => one.run(alone[i]?.commands ?? []), repeats),
    );
    yield { bench: 'scaling', case: name, peer: 'one thread', goal: 1.8, ...times };
  }
  await one.stop();
  await two.stop();
}
