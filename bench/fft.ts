import { Engine } from '../src/wasm/engine.ts';
import { RealFft } from '../src/wasm/fft.ts';
import { compare, PythonPeer, type Result, timed } from './measure.ts';

interface Case {
  readonly shape: readonly number[];
  readonly batch: number;
  readonly goal: number;
}

const CASES: readonly Case[] = [
  { shape: [64, 64], batch: 1024, goal: 1 },
  { shape: [128, 128], batch: 256, goal: 1 },
  { shape: [256, 256], batch: 64, goal: 1 },
  { shape: [384, 384], batch: 32, goal: 0.8 },
  { shape: [4096, 4096], batch: 1, goal: 0.8 },
  { shape: [4092, 5760], batch: 1, goal: 0.8 },
  { shape: [128, 128, 128], batch: 1, goal: 0.8 },
  { shape: [256, 256, 256], batch: 1, goal: 0.8 },
];

/** Real transforms, both ways, against SciPy's pocketfft in single precision with two workers. */
export async function* benchFft(): AsyncGenerator<Result> {
  const engine = await Engine.start({ threads: 2 });
  const peer = new PythonPeer();
  for (const { shape, batch, goal } of CASES) {
    const fft = new RealFft(engine, shape);
    const real = engine.zeros(batch * fft.realLength);
    for (let i = 0; i < real.length; i++) real[i] = ((i * 7919) % 1009) / 1009 - 0.5;
    const spectrum = engine.zeros(batch * fft.spectrumLength);
    for (const inverse of [false, true]) {
      const commands = inverse ? fft.inverse(spectrum, real, batch) : fft.forward(real, spectrum, batch);
      const times = await compare(
        (repeats) => timed(() => engine.run(commands), repeats),
        (repeats) => peer.times({ op: 'fft', shape, batch, inverse }, repeats),
      );
      const name = `${shape.join('×')}${batch > 1 ? ` ×${batch}` : ''} ${inverse ? 'inverse' : 'forward'}`;
      yield { bench: 'fft', case: name, peer: 'scipy pocketfft', goal, ...times };
    }
    fft.dispose();
    engine.arena.free(real);
    engine.arena.free(spectrum);
  }
  peer.close();
  await engine.stop();
}
