import { CsError } from '../base/errors.ts';
import type { Command, Engine } from './engine.ts';
import { columnsCommand, rowsCommand, words } from './fft-commands.ts';
import { fftPlan } from './fft-plan.ts';
import { OPERATION } from './kernels.ts';

/**
 * Discrete Fourier transforms by the kernels; equations, layouts and signs are those of src/math/fft.ts, the reference.
 * Arrays lie in the engine's memory. Methods return commands for `Engine.run` or `Engine.runAsync`.
 */

/** A spectrum up to this size stays in a core's second-level cache between rows and columns. */
const CACHED_BYTES = 768 * 1024;
interface Shape {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
}

function shapeOf(shape: readonly number[]): Shape {
  if (shape.length < 1 || shape.length > 3 || !shape.every((n) => Number.isInteger(n) && n > 0)) {
    const message = `A transform of shape [${shape.join(', ')}]: wanted one to three positive whole numbers.`;
    throw new CsError('bug', 'CS_FFT_SHAPE', message, { shape });
  }
  const [nx = 1, ny = 1, nz = 1] = shape.toReversed();
  return { nz, ny, nx };
}

/** Transforms of real lines, images or volumes, many at a time. */
export class RealFft {
  private readonly engine: Engine;
  private readonly shape: Shape;
  /** numbers in one real array */
  readonly realLength: number;
  /** numbers in one half-complex array, two for each complex one */
  readonly spectrumLength: number;
  private work: Float32Array | null = null;

  /** @param shape [nx], [ny, nx] or [nz, ny, nx], px; any lengths */
  constructor(engine: Engine, shape: readonly number[]) {
    this.engine = engine;
    this.shape = shapeOf(shape);
    const { nz, ny, nx } = this.shape;
    this.realLength = nz * ny * nx;
    this.spectrumLength = 2 * nz * ny * (Math.floor(nx / 2) + 1);
  }

  /**
   * Forward transform, unnormalised.
   * @param real shape [count, …shape] @param spectrum half-complex, shape [count, …, nx/2+1] @param count arrays
   */
  forward(real: Float32Array, spectrum: Float32Array, count = 1): Command[] {
    this.check(real, spectrum, count);
    const { nz } = this.shape;
    const { arena } = this.engine;
    const src = arena.addressOf(real);
    const dst = arena.addressOf(spectrum);
    const commands = this.images(src, dst, count * nz, false, 1);
    if (nz > 1) commands.push(this.sections(dst, dst, count, false));
    return commands;
  }

  /**
   * Inverse transform with factor 1/N.
   * @param spectrum half-complex, shape [count, …, nx/2+1] @param real shape [count, …shape] @param count arrays
   * @param work takes half-way results, length of `spectrum`; give `spectrum` itself when it is no longer needed; by
   *   default an array is kept for it where one is needed
   */
  inverse(spectrum: Float32Array, real: Float32Array, count = 1, work?: Float32Array): Command[] {
    this.check(real, spectrum, count);
    const { nz } = this.shape;
    const { arena } = this.engine;
    const scale = 1 / this.realLength;
    let src = arena.addressOf(spectrum);
    const dst = arena.addressOf(real);
    const commands: Command[] = [];
    if (nz > 1) {
      const half = arena.addressOf(work ?? this.workspace(spectrum.length));
      commands.push(this.sections(src, half, count, true));
      src = half;
    }
    commands.push(...this.images(src, dst, count * nz, true, scale, work));
    return commands;
  }

  /** Give back the kept work array. */
  dispose(): void {
    if (this.work) this.engine.arena.free(this.work);
    this.work = null;
  }

  private images(
    src: number,
    dst: number,
    count: number,
    inverse: boolean,
    scale: number,
    work?: Float32Array,
  ): Command[] {
    const { ny, nx, nz } = this.shape;
    const { arena, threads } = this.engine;
    const planX = fftPlan(arena, nx);
    const realPitch = 4 * nx;
    const pitch = 8 * (Math.floor(nx / 2) + 1);
    const rows = { operation: OPERATION.rows, plan: planX, count: count * ny, inverse, scale };
    if (ny === 1) {
      const [inPitch, outPitch] = inverse ? [pitch, realPitch] : [realPitch, pitch];
      return [rowsCommand({ ...rows, src, dst, inPitch, outPitch, packed: false })];
    }
    const planY = fftPlan(arena, ny);
    if (pitch * ny <= CACHED_BYTES && count >= threads) {
      const base = Math.max(planX.scratch_bytes, planY.scratch_bytes);
      const [inStride, outStride] = inverse ? [pitch * ny, realPitch * ny] : [realPitch * ny, pitch * ny];
      const plans = { planX, planY, workOffset: base };
      const strides = { inPitch: pitch, outPitch: pitch, inStride, outStride };
      const args = words({ ...plans, ...strides, src, dst, nx, ny, inverse, scale });
      const scratch_bytes = base + (inverse ? pitch * ny : 0);
      return [{ operation: OPERATION.image, items: count, args, scratch_bytes }];
    }
    const packed = nx % 2 === 0;
    const columns = {
      plan: planY,
      count: packed ? nx / 2 : (nx + 1) / 2,
      pitch,
      images: count,
      stride: pitch * ny,
      inverse,
      packedNx: packed ? nx : 0,
    };
    if (!inverse) {
      return [
        rowsCommand({ ...rows, src, dst, inPitch: realPitch, outPitch: pitch, packed }),
        columnsCommand({ ...columns, src: dst, dst }),
      ];
    }
    // sections of a volume were copied to the work array before
    const half = nz > 1 ? src : arena.addressOf(work ?? this.workspace(count * this.spectrumLength));
    return [
      columnsCommand({ ...columns, src, dst: half }),
      rowsCommand({ ...rows, src: half, dst, inPitch: pitch, outPitch: realPitch, packed }),
    ];
  }

  /** Lines along z of volumes. */
  private sections(src: number, dst: number, volumes: number, inverse: boolean): Command {
    const { nz, ny, nx } = this.shape;
    const count = ny * (Math.floor(nx / 2) + 1);
    const plan = fftPlan(this.engine.arena, nz);
    const stride = 8 * count * nz;
    return columnsCommand({ plan, src, dst, count, pitch: 8 * count, images: volumes, stride, inverse, packedNx: 0 });
  }

  private workspace(length: number): Float32Array {
    if (this.work && this.work.length < length) this.dispose();
    this.work ??= this.engine.arena.floats(length);
    return this.work;
  }

  private check(real: Float32Array, spectrum: Float32Array, count: number): void {
    checkLength('real data', real, count * this.realLength);
    checkLength('spectra', spectrum, count * this.spectrumLength);
  }
}

/** Transforms of complex lines, images or volumes, many at a time. */
export class ComplexFft {
  private readonly engine: Engine;
  private readonly shape: Shape;
  /** numbers in one array, two for each complex one */
  readonly length: number;

  /** @param shape [nx], [ny, nx] or [nz, ny, nx], px; any lengths */
  constructor(engine: Engine, shape: readonly number[]) {
    this.engine = engine;
    this.shape = shapeOf(shape);
    const { nz, ny, nx } = this.shape;
    this.length = 2 * nz * ny * nx;
  }

  /** Forward transform, unnormalised. @param from interleaved, shape [count, …shape] @param to as `from`, may be the same */
  forward(from: Float32Array, to: Float32Array, count = 1): Command[] {
    return this.transform(from, to, count, false, 1);
  }

  /** Inverse transform with factor 1/N. */
  inverse(from: Float32Array, to: Float32Array, count = 1): Command[] {
    return this.transform(from, to, count, true, 2 / this.length);
  }

  private transform(from: Float32Array, to: Float32Array, count: number, inverse: boolean, scale: number): Command[] {
    const { nz, ny, nx } = this.shape;
    const { arena } = this.engine;
    checkLength('complex data', from, count * this.length);
    checkLength('results', to, count * this.length);
    const dst = arena.addressOf(to);
    const pitch = 8 * nx;
    const rows = { operation: OPERATION.complexRows, plan: fftPlan(arena, nx), count: count * nz * ny, inverse, scale };
    const commands = [
      rowsCommand({ ...rows, src: arena.addressOf(from), dst, inPitch: pitch, outPitch: pitch, packed: false }),
    ];
    const columns = { src: dst, dst, inverse, packedNx: 0 };
    if (ny > 1) {
      const plan = fftPlan(arena, ny);
      commands.push(columnsCommand({ ...columns, plan, count: nx, pitch, images: count * nz, stride: pitch * ny }));
    }
    if (nz > 1) {
      const plan = fftPlan(arena, nz);
      const section = pitch * ny;
      commands.push(
        columnsCommand({ ...columns, plan, count: ny * nx, pitch: section, images: count, stride: section * nz }),
      );
    }
    return commands;
  }
}

function checkLength(what: string, array: Float32Array, wanted: number): void {
  if (array.length === wanted) return;
  const message = `The ${what} of a Fourier transform have ${array.length} numbers, wanted ${wanted}.`;
  throw new CsError('bug', 'CS_FFT_SHAPE', message, { found: array.length, wanted });
}
