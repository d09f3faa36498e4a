import { CsError } from '../base/errors.ts';
import { oddRadix, radix2, radix3, radix4, radix5, type Stage } from './fft-radix.ts';

/** Lines that are transformed together: 8 complex f32 fill one cache line of 64 bytes. */
export const BATCH = 8;

/**
 * Fast Fourier transform of up to `BATCH` lines of `n` complex numbers, in double precision.
 *
 * The lines lie side by side: `input[2 * (i * batch + line)]` is the real part of element i of a line. Sizes with prime
 * factors up to 13 are done by Stockham stages, others by Bluestein's chirp transform
 * (IEEE Trans. Audio Electroacoust. 18:451, 1970, doi:10.1109/TAU.1970.1162132) over the next good size.
 */
export class FftPlan {
  readonly n: number;
  /** to be filled with [n, batch] complex numbers before `forward`; overwritten by it */
  readonly input: Float64Array;
  private readonly spare: Float64Array;
  private readonly stages: { run: Stage; m: number; twiddles: Float64Array; radix: number }[] = [];
  private readonly chirp: Chirp | null = null;

  private constructor(n: number) {
    this.n = n;
    this.input = new Float64Array(2 * n * BATCH);
    this.spare = new Float64Array(2 * n * BATCH);
    const factors = stageRadices(n);
    if (factors === null) {
      this.chirp = new Chirp(n);
      return;
    }
    let rest = n;
    for (const radix of factors) {
      const m = rest / radix;
      this.stages.push({ run: stageOf(radix), m, twiddles: twiddlesOf(radix, m), radix });
      rest = m;
    }
  }

  private static readonly plans = new Map<number, FftPlan>();

  /**
   * The plan for `n` elements; one of each size is made per thread, its buffers are reused by each call.
   * @param n length of a line, count
   * @throws CsError `bug` `CS_FFT_SIZE` unless n is a positive integer
   */
  static of(n: number): FftPlan {
    let plan = FftPlan.plans.get(n);
    if (!plan) {
      if (!Number.isInteger(n) || n < 1) {
        throw new CsError('bug', 'CS_FFT_SIZE', `A transform has ${n} elements, wanted a positive integer.`, { n });
      }
      plan = new FftPlan(n);
      FftPlan.plans.set(n, plan);
    }
    return plan;
  }

  /**
   * Forward transform Σ_j x_j exp(-2πi jk/n), unnormalised, of what is in `input`.
   * For the inverse, swap re and im before and after.
   * @param batch number of lines, count, 1 to `BATCH`
   * @returns the buffer that holds the result, [n, batch] complex; it belongs to the plan, valid until its next call
   */
  forward(batch: number): Float64Array {
    if (this.chirp) return this.chirp.forward(this.input, batch);
    let x = this.input;
    let y = this.spare;
    let s = batch;
    for (const { run, m, twiddles, radix } of this.stages) {
      run(x, y, m, s, twiddles);
      s *= radix;
      [x, y] = [y, x];
    }
    return x;
  }
}

/** Bluestein: jk = (j² + k² - (k - j)²)/2 turns the transform into a convolution with the chirp exp(πi j²/n). */
class Chirp {
  private readonly n: number;
  private readonly inner: FftPlan;
  /** exp(-πi j²/n), j < n */
  private readonly wave: Float64Array;
  /** transform of the conjugate chirp, wrapped, divided by the inner size */
  private readonly filter: Float64Array;

  constructor(n: number) {
    this.n = n;
    const size = goodSize(2 * n - 1);
    this.inner = FftPlan.of(size);
    this.wave = new Float64Array(2 * n);
    this.filter = new Float64Array(2 * size);
    const { input } = this.inner;
    input.fill(0);
    for (let j = 0; j < n; j++) {
      // j² mod 2n keeps the argument small, so that it is exact for any n
      const angle = (Math.PI * ((j * j) % (2 * n))) / n;
      this.wave[2 * j] = Math.cos(angle);
      this.wave[2 * j + 1] = -Math.sin(angle);
      for (const at of j === 0 ? [0] : [j, size - j]) {
        input[2 * at] = Math.cos(angle);
        input[2 * at + 1] = Math.sin(angle);
      }
    }
    const spectrum = this.inner.forward(1);
    for (let i = 0; i < 2 * size; i++) this.filter[i] = spectrum[i] / size;
  }

  forward(x: Float64Array, batch: number): Float64Array {
    const { n, inner, wave, filter } = this;
    const { input } = inner;
    for (let j = 0; j < n; j++) {
      const wr = wave[2 * j];
      const wi = wave[2 * j + 1];
      for (let i = 2 * j * batch; i < 2 * (j + 1) * batch; i += 2) {
        input[i] = x[i] * wr - x[i + 1] * wi;
        input[i + 1] = x[i] * wi + x[i + 1] * wr;
      }
    }
    input.fill(0, 2 * n * batch, 2 * inner.n * batch);
    const spectrum = inner.forward(batch);
    // product with the filter, written with re and im swapped: the next forward transform is then the inverse
    for (let j = 0; j < inner.n; j++) {
      const wr = filter[2 * j];
      const wi = filter[2 * j + 1];
      for (let i = 2 * j * batch; i < 2 * (j + 1) * batch; i += 2) {
        const re = spectrum[i];
        const im = spectrum[i + 1];
        input[i] = re * wi + im * wr;
        input[i + 1] = re * wr - im * wi;
      }
    }
    const swapped = inner.forward(batch);
    for (let k = 0; k < n; k++) {
      const wr = wave[2 * k];
      const wi = wave[2 * k + 1];
      for (let i = 2 * k * batch; i < 2 * (k + 1) * batch; i += 2) {
        const re = swapped[i + 1];
        const im = swapped[i];
        x[i] = re * wr - im * wi;
        x[i + 1] = re * wi + im * wr;
      }
    }
    return x;
  }
}

/** Radices from first to last stage, 4 before 2, or null when a prime factor is above 13. */
function stageRadices(n: number): number[] | null {
  const radices: number[] = [];
  let rest = n;
  for (const r of [4, 2, 3, 5, 7, 11, 13]) {
    while (rest % r === 0) {
      radices.push(r);
      rest /= r;
    }
  }
  return rest === 1 ? radices : null;
}

/**
 * The smallest size, at least `n`, whose transform is fast: even, with no prime factor but 2, 3 and 5.
 * @param n count
 */
export function goodSize(n: number): number {
  for (let size = n + (n % 2); ; size += 2) {
    let rest = size;
    for (const r of [2, 3, 5]) while (rest % r === 0) rest /= r;
    if (rest === 1) return size;
  }
}

function stageOf(radix: number): Stage {
  if (radix === 4) return radix4;
  if (radix === 2) return radix2;
  if (radix === 3) return radix3;
  if (radix === 5) return radix5;
  return oddRadix(radix);
}

function twiddlesOf(radix: number, m: number): Float64Array {
  const twiddles = new Float64Array(2 * m * (radix - 1));
  for (let p = 0, at = 0; p < m; p++) {
    for (let k = 1; k < radix; k++, at += 2) {
      const angle = (-2 * Math.PI * p * k) / (radix * m);
      twiddles[at] = Math.cos(angle);
      twiddles[at + 1] = Math.sin(angle);
    }
  }
  return twiddles;
}
