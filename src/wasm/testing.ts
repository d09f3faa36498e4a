import { Rng } from '../base/rng.ts';
import { Engine, type EngineOptions } from './engine.ts';

/** Random numbers of a test, with the seed to put into its messages. */
export function testRandom(): { rng: Rng; seed: number } {
  const seed = Date.now() % 2 ** 31;
  return { rng: new Rng(seed), seed };
}

export function randomArray(rng: Rng, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => rng.normal());
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`Lengths differ: ${a.length} and ${b.length}.`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / (norm || 1));
}

/** Run a test on an engine and stop it after. */
export async function withEngine(
  options: Partial<EngineOptions>,
  body: (engine: Engine) => void | Promise<void>,
): Promise<void> {
  const engine = await Engine.start({ threads: 2, ...options });
  try {
    await body(engine);
  } finally {
    await engine.stop();
  }
}
