import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng } from '../src/base/rng.ts';
import { writeVolume } from '../src/io/mrc.ts';
import { Projector } from '../src/math/projector.ts';
import { eulerToMatrix } from '../src/math/rotation.ts';
import { type Command, Engine } from '../src/wasm/engine.ts';
import { RealFft } from '../src/wasm/fft.ts';
import { copyRotations, freeRotations, Inserter, Slicer } from '../src/wasm/slices.ts';
import { median, type Result, timed } from './measure.ts';

/** Box, slices of a run, slices of RELION's shorter and longer run. */
const CASES = [
  { n: 64, count: 512, short: 100, long: 1100 },
  { n: 128, count: 256, short: 50, long: 450 },
  { n: 256, count: 128, short: 20, long: 120 },
] as const;

/** Runs of RELION that the median is taken of; at box 256 one lasts half a minute. */
const RUNS = 3;

/** A map of ten Gaussian blobs. */
export function blobs(n: number): Float32Array {
  const rng = new Rng(7);
  const map = new Float32Array(n ** 3);
  const centres = Array.from({ length: 10 }, () => [0, 1, 2].map(() => n * (0.3 + 0.4 * rng.uniform())));
  for (let z = 0, i = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++, i++) {
        for (const [cx, cy, cz] of centres)
          map[i] += Math.exp((-200 * ((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2)) / n ** 2);
      }
    }
  }
  return map;
}

/** Uniform random views. */
export function randomViews(count: number): Float64Array[] {
  const rng = new Rng(11);
  const turn = (): number => 2 * Math.PI * rng.uniform();
  return Array.from({ length: count }, () => eulerToMatrix(turn(), Math.acos(2 * rng.uniform() - 1), turn()));
}

function seconds(directory: string, command: string, args: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr, error } = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr || error?.message}`);
  return (performance.now() - begun) / 1000;
}

/**
 * Slices and back-projection on one thread, with the transforms between images and spectra that RELION's programs also
 * make, against `relion_project` and `relion_reconstruct`, which have one thread. RELION's time is what more images add:
 * a longer run less a shorter one, so that reading the map and solving for it do not count. Its time includes the files.
 */
export async function* benchSlices(): AsyncGenerator<Result> {
  const engine = await Engine.start({ threads: 1 });
  const directory = mkdtempSync(join(tmpdir(), 'bench-slices-'));
  try {
    for (const { n, count, short, long } of CASES) {
      const map = blobs(n);
      writeVolume(join(directory, 'map.mrc'), { shape: [n, n, n], psize_A: 1, data: map });
      const project = (views: number): number =>
        seconds(directory, 'relion_project', [
          '--i',
          'map.mrc',
          '--nr_uniform',
          `${views}`,
          '--o',
          `p${views}`,
          '--angpix',
          '1',
        ]);
      const reconstruct = (views: number): number =>
        seconds(directory, 'relion_reconstruct', ['--i', `p${views}.star`, '--o', 'r.mrc', '--skip_gridding']);
      const peerTime = (run: (views: number) => number): number =>
        median(Array.from({ length: RUNS }, () => (1000 * count * (run(long) - run(short))) / (long - short)));
      const fft = new RealFft(engine, [n, n]);
      const images = engine.zeros(count * fft.realLength);
      const spectra = engine.zeros(count * fft.spectrumLength);
      const rotations = copyRotations(engine, randomViews(count));
      const slicer = new Slicer(engine, new Projector(map, n).share());
      const cut = [...slicer.slices(rotations, n / 2, spectra), ...fft.inverse(spectra, images, count)];
      const sliced = { ours_ms: await ownTime(engine, cut), peer_ms: peerTime(project) };
      const name = `box ${n}, ${count} images`;
      yield { bench: 'slices', case: `${name}, slices`, peer: 'relion_project', goal: 1, ...sliced };
      slicer.dispose();
      const inserter = new Inserter(engine, n);
      const weights = engine.zeros(count).fill(1);
      const insert = [
        ...fft.forward(images, spectra, count),
        ...inserter.insert({ spectra, ctfs: null, rotations, weights, maxRadius_px: n / 2 }),
      ];
      const inserted = { ours_ms: await ownTime(engine, insert), peer_ms: peerTime(reconstruct) };
      yield { bench: 'slices', case: `${name}, back-projection`, peer: 'relion_reconstruct', goal: 1, ...inserted };
      inserter.dispose();
      for (const array of [images, spectra, weights]) engine.arena.free(array);
      freeRotations(engine, rotations);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await engine.stop();
  }
}

async function ownTime(engine: Engine, commands: readonly Command[]): Promise<number> {
  await timed(() => engine.run(commands), 2);
  return median(await timed(() => engine.run(commands), 7));
}
