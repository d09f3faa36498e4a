import { Dataset, type Column, type Field } from '../../data/dataset.ts';
import { Projector, type SharedProjector } from '../../math/projector.ts';
import { particleRng, STREAM } from './draw.ts';
import { ParticleImages } from './imaging.ts';

/** What each thread is given at its start. */
export interface KernelStart {
  readonly projector: SharedProjector;
  readonly psize_A: number;
  readonly gain: number;
  readonly seed: number;
  readonly noise: boolean;
  readonly uids: BigUint64Array;
  readonly columns: readonly (Field & { readonly column: Column })[];
}

/** A batch of particles, in steps. */
export interface KernelBatch {
  /** first row of the batch, and the row after its last */
  readonly first: number;
  readonly end: number;
  /** rows of one step */
  readonly perStep: number;
  /** shape [end - first, n, n], in a SharedArrayBuffer */
  readonly out: Float32Array;
}

interface State {
  readonly start: KernelStart;
  readonly images: ParticleImages;
}
let state: State | null = null;

/** Only numbers travel to the threads: texts (paths) are not needed there. */
export function kernelColumns(particles: Dataset): KernelStart['columns'] {
  return particles
    .fields()
    .filter(({ name, type }) => name !== 'uid' && type !== 'O')
    .map((field) => ({ ...field, column: particles.column(field.name) }));
}

export function init(value: unknown): void {
  const start = value as KernelStart;
  const particles = new Dataset(start.uids);
  for (const { name, type, shape, column } of start.columns) particles.set(name, type, column, shape);
  state = { start, images: new ParticleImages(Projector.attach(start.projector), particles, start.psize_A) };
}

/** Make the images of one step of a batch. */
export function simulate(step: number, args: unknown): void {
  if (!state) throw new Error('simulate was called before init');
  const { start, images } = state;
  const { first, end, perStep, out } = args as KernelBatch;
  const size = start.projector.n ** 2;
  const from = first + step * perStep;
  for (let row = from; row < Math.min(end, from + perStep); row++) {
    const image = out.subarray((row - first) * size, (row - first + 1) * size);
    images.clean(row, start.gain, image);
    if (start.noise) ParticleImages.addNoise(image, particleRng(start.seed, row, STREAM.noise));
  }
}
