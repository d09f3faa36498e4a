import type { Arena } from './arena.ts';

/** A plan as the kernels read it; see src/wasm/assembly/fft-lines.as. */
export interface FftPlan {
  readonly n: number;
  readonly address: number;
  /** work space of a thread, bytes */
  readonly scratch_bytes: number;
}

/** Above this prime factor Bluestein's transform is the faster way. */
const LARGEST_RADIX = 61;
const HEAD_WORDS = 8;
const PASS_WORDS = 8;

const plans = new WeakMap<Arena, Map<number, FftPlan>>();

/** The plan for lines of `n` numbers in an engine's memory; made once and kept. */
export function fftPlan(arena: Arena, n: number): FftPlan {
  let known = plans.get(arena);
  if (!known) plans.set(arena, (known = new Map()));
  let plan = known.get(n);
  if (!plan) known.set(n, (plan = makePlan(arena, n)));
  return plan;
}

/**
 * Radices of the passes, first to last: 8, 4 and 2, then odd primes. Radix 8 or 4 comes first and last where there are
 * two of them, since those passes can read and write arrays directly.
 * @returns null when a prime factor is too large
 */
export function radicesOf(n: number): number[] | null {
  let rest = n;
  let twos = 0;
  for (; rest % 2 === 0; rest /= 2) twos++;
  const odd: number[] = [];
  for (let p = 3; rest > 1; p += 2) {
    for (; rest % p === 0; rest /= p) odd.push(p);
    if (p > LARGEST_RADIX) return null;
  }
  const even: number[] = [];
  if (twos === 1) even.push(2);
  // 2^(3a+1) as 4·4·8…, 2^(3a+2) as 4·8…
  for (; twos > 1 && twos % 3 !== 0; twos -= 2) even.push(4);
  if (twos > 1) for (; twos > 0; twos -= 3) even.push(8);
  const [last] = even.splice(-1);
  return [...even.slice(0, 1), ...odd.reverse(), ...even.slice(1), ...(last === undefined ? [] : [last])];
}

function makePlan(arena: Arena, n: number): FftPlan {
  const radices = radicesOf(n);
  return radices ? directPlan(arena, n, radices) : bluesteinPlan(arena, n);
}

function scratchBytes(elements: number): number {
  // two areas, the gathering area, and the sums and differences of the largest odd radix
  return 3 * 32 * elements + 32 * (LARGEST_RADIX + 1);
}

function directPlan(arena: Arena, n: number, radices: readonly number[]): FftPlan {
  const words = new Uint32Array(HEAD_WORDS + PASS_WORDS * radices.length);
  words.set([n, radices.length, n]);
  let length = n;
  radices.forEach((r, i) => {
    const m = length / r;
    const twiddles: number[] = [];
    for (let p = 0; p < m; p++) for (let j = 1; j < r; j++) twiddles.push(...unit(-p * j, length));
    const roots: number[] = [];
    const half = r % 2 === 1 && r > 5 ? (r - 1) / 2 : 0;
    for (let j = 1; j <= half; j++) for (let k = 1; k <= half; k++) roots.push(...unit(j * k, r));
    const table = (values: number[]): number => (values.length > 0 ? place(arena, Float32Array.from(values)) : 0);
    words.set([r, m, n / length, table(twiddles), table(roots)], HEAD_WORDS + PASS_WORDS * i);
    length = m;
  });
  return { n, address: place(arena, words), scratch_bytes: scratchBytes(n) };
}

/** Chirp e^{-πi k²/n}, and the transform of its conjugate over 1/padded, by double precision. */
function bluesteinPlan(arena: Arena, n: number): FftPlan {
  const padded = goodLength(2 * n - 1);
  const inner = fftPlan(arena, padded);
  const chirp = new Float32Array(2 * n);
  const re = new Float64Array(padded);
  const im = new Float64Array(padded);
  for (let k = 0; k < n; k++) {
    const [c, s] = unit(-k * k, 2 * n);
    chirp.set([c, s], 2 * k);
    re[k] = c / padded;
    im[k] = -s / padded;
    if (k > 0) {
      re[padded - k] = re[k];
      im[padded - k] = im[k];
    }
  }
  transformDouble(re, im);
  const kernel = Float32Array.from({ length: 2 * padded }, (_, i) => (i % 2 === 0 ? re : im)[i >> 1]);
  const words = Uint32Array.of(n, 0, padded, padded, inner.address, place(arena, chirp), place(arena, kernel), 0);
  return { n, address: place(arena, words), scratch_bytes: scratchBytes(padded) };
}

/** Smallest power of two that is at least `least`: the double-precision transform below is of that length. */
function goodLength(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/** cos and sin of 2πi/n, exact to double precision for any integer i. */
function unit(i: number, n: number): [number, number] {
  const angle = (2 * Math.PI * (i % n)) / n;
  return [Math.cos(angle), Math.sin(angle)];
}

/** Transform of a power-of-two length in place, in double precision, for tables only. */
function transformDouble(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; k++) {
      const [c, s] = unit(-k, length);
      for (let i = k; i < n; i += length) {
        const vr = re[i + half] * c - im[i + half] * s;
        const vi = re[i + half] * s + im[i + half] * c;
        re[i + half] = re[i] - vr;
        im[i + half] = im[i] - vi;
        re[i] += vr;
        im[i] += vi;
      }
    }
  }
}

function place(arena: Arena, table: Float32Array | Uint32Array): number {
  const at = arena.allocate(table.byteLength);
  const bytes = new Uint8Array(table.buffer, table.byteOffset, table.byteLength);
  new Uint8Array(arena.memory.buffer).set(bytes, at);
  return at;
}
