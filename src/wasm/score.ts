import { CsError } from '../base/errors.ts';
import { type Command, type Engine, floatBits } from './engine.ts';
import { OPERATION } from './kernels.ts';

/** Blocking of src/wasm/assembly/score.as: references of a panel, images of an item, references of a tile. */
const NR = 8;
const MC = 48;
const NC = 128;

/** The best references of each image, and the evidence of all of them together. Arrays lie in the engine's memory. */
export interface Best {
  /** scores in descending order, shape [images, best]; -Infinity beyond the number of references */
  readonly scores: Float32Array;
  /** numbers of the references, as the scores; -1 beyond the number of references */
  readonly numbers: Int32Array;
  /** ln Σ_m exp S[i, m], shape [images] */
  readonly logSums: Float32Array;
}

/**
 * Images against references as a matrix product: S[i, m] = scale · Σ_c A[i, c] B[m, c] + bias[m].
 *
 * With A the coefficients of X·C/σ² (re and im as two numbers) and, if the CTF differs from image to image, C²/σ² behind
 * them, and B those of the slices P and −|P|²/2, S is the log-likelihood of image i under pose m up to a constant of the
 * image. A shift is a further image, its coefficients times a phase.
 *
 * Memory: 4 bytes a coefficient of an image and of a reference, the references twice; no table unless asked for.
 */
export class Scorer {
  readonly references: number;
  readonly coefficients: number;
  private readonly engine: Engine;
  private readonly packed: Float32Array;

  /** @param references count @param coefficients numbers of one image or reference, count */
  constructor(engine: Engine, references: number, coefficients: number) {
    this.engine = engine;
    this.references = references;
    this.coefficients = coefficients;
    this.packed = engine.arena.floats(Math.ceil(references / NR) * NR * coefficients);
  }

  /** Take over references, which are not needed afterwards. @param values B, shape [references, coefficients] */
  load(values: Float32Array): Command[] {
    this.check('references', values, this.references * this.coefficients);
    const items = Math.ceil(this.references / NR);
    const args = [0, this.engine.arena.addressOf(values), this.address(), 0, this.references, this.coefficients];
    return [{ operation: OPERATION.pack, items, args, scratch_bytes: 0 }];
  }

  /**
   * All products, without scale and bias.
   * @param images A, shape [count, coefficients] @param count images @param table shape [count, references]
   */
  table(images: Float32Array, count: number, table: Float32Array): Command[] {
    this.check('table', table, count * this.references);
    return [this.command(images, count, [this.engine.arena.addressOf(table), 0, 0, 0, 0, 0, 0])];
  }

  /**
   * The best references of each image.
   * @param images A, shape [count, coefficients] @param count images
   * @param scale factor on the products
   * @param bias shape [references], added to an image's scores
   * @param best where to write; how many are kept follows from its shape
   */
  search(images: Float32Array, count: number, scale: number, bias: Float32Array, best: Best): Command[] {
    const { arena } = this.engine;
    this.check('bias', bias, this.references);
    this.check('log-sums', best.logSums, count);
    const kept = best.scores.length / count;
    if (!Number.isInteger(kept) || best.numbers.length !== best.scores.length) {
      const message = `Best of ${count} images: ${best.scores.length} scores and ${best.numbers.length} numbers, wanted as many for each image.`;
      throw new CsError('bug', 'CS_SCORE_SHAPE', message, { count });
    }
    const results = [arena.addressOf(best.scores), best.numbers.byteOffset, kept, arena.addressOf(best.logSums)];
    return [this.command(images, count, [0, floatBits(scale), arena.addressOf(bias), ...results])];
  }

  /** Arrays for the `kept` best of `count` images. */
  best(count: number, kept: number): Best {
    const { arena } = this.engine;
    const numbers = arena.floats(count * kept);
    return {
      scores: arena.floats(count * kept),
      numbers: new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length),
      logSums: arena.floats(count),
    };
  }

  /** Give back the packed references. */
  dispose(): void {
    this.engine.arena.free(this.packed);
  }

  private address(): number {
    return this.engine.arena.addressOf(this.packed);
  }

  private command(images: Float32Array, count: number, rest: readonly number[]): Command {
    this.check('images', images, count * this.coefficients);
    const src = this.engine.arena.addressOf(images);
    const args = [src, 0, this.address(), count, this.references, this.coefficients, ...rest];
    const scratch_bytes = 4 * MC * (this.coefficients + NC) + 16 * MC;
    return { operation: OPERATION.score, items: Math.ceil(count / MC), args, scratch_bytes };
  }

  private check(what: string, array: ArrayLike<number>, wanted: number): void {
    if (array.length === wanted) return;
    const message = `Scoring ${what}: ${array.length} numbers, wanted ${wanted}.`;
    throw new CsError('bug', 'CS_SCORE_SHAPE', message, { found: array.length, wanted });
  }
}
