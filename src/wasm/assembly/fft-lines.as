import { finalPass, firstPass, workPass } from './fft-passes';
import { add, COLUMNS, halvesHigh, halvesLow, loadIm, loadRe, madd, mul, nmadd, put, sub, SWAPPED, WORK, zipHigh, zipLow } from './simd';

/**
 * Transforms of four lines (or eight real ones) at once: bring them to work layout, run the passes, take them back.
 *
 * A plan in memory (u32): n, passes, elements of a work area, padded length (0, or Bluestein's), padded plan, chirp,
 * chirp's transform, spare; then per pass: radix, m, s, twiddles, roots, three unused.
 * A thread's scratch: two work areas, the gathering area, then room for odd radices.
 */

// @ts-ignore: decorator
@inline
function passes(plan: usize): i32 {
  return load<i32>(plan, 4);
}

// @ts-ignore: decorator
@inline
function areaBytes(plan: usize): usize {
  return <usize>load<u32>(plan, 8) << 5;
}

function runPass(plan: usize, i: i32, src: usize, dst: usize, spare: usize): void {
  const at = plan + 32 + (<usize>i << 5);
  workPass(load<i32>(at), src, dst, load<i32>(at, 4), load<i32>(at, 8), load<u32>(at, 12), load<u32>(at, 16), spare);
}

/** Transform what lies in work layout at `a`, with `b` as second area. Returns where the result lies. */
function transform(plan: usize, a: usize, b: usize, spare: usize): usize {
  if (load<u32>(plan, 12) != 0) return bluestein(plan, a, b, spare);
  let src = a;
  let dst = b;
  for (let i = 0, count = passes(plan); i < count; i++) {
    runPass(plan, i, src, dst, spare);
    const t = src;
    src = dst;
    dst = t;
  }
  return src;
}

/**
 * Transform of any length as a convolution with a chirp: jk = (j² + k² − (j−k)²)/2.
 * Bluestein 1970, doi:10.1109/TAU.1970.1162132.
 */
function bluestein(plan: usize, a: usize, b: usize, spare: usize): usize {
  const n = load<i32>(plan);
  const padded = load<i32>(plan, 12);
  const inner = <usize>load<u32>(plan, 16);
  const chirp = <usize>load<u32>(plan, 20);
  const kernel = <usize>load<u32>(plan, 24);
  for (let i = 0, at = a, w = chirp; i < n; i++, at += 32, w += 8) {
    const re = v128.load(at);
    const im = v128.load(at, 16);
    const c = v128.load32_splat(w);
    const s = v128.load32_splat(w, 4);
    v128.store(at, nmadd(im, s, mul(re, c)));
    v128.store(at, madd(im, c, mul(re, s)), 16);
  }
  memory.fill(a + (<usize>n << 5), 0, <usize>(padded - n) << 5);
  const r = transform(inner, a, b, spare);
  for (let i = 0, at = r, w = kernel; i < padded; i++, at += 32, w += 8) {
    const re = v128.load(at);
    const im = v128.load(at, 16);
    const c = v128.load32_splat(w);
    const s = v128.load32_splat(w, 4);
    // re and im exchanged: the next transform is then the inverse
    v128.store(at, madd(im, c, mul(re, s)));
    v128.store(at, nmadd(im, s, mul(re, c)), 16);
  }
  const y = transform(inner, r, r == a ? b : a, spare);
  for (let i = 0, at = y, w = chirp; i < n; i++, at += 32, w += 8) {
    const im = v128.load(at);
    const re = v128.load(at, 16);
    const c = v128.load32_splat(w);
    const s = v128.load32_splat(w, 4);
    v128.store(at, nmadd(im, s, mul(re, c)));
    v128.store(at, madd(im, c, mul(re, s)), 16);
  }
  return y;
}

// @ts-ignore: decorator
@inline
function fusable(radix: i32): bool {
  return radix == 4 || radix == 8;
}

/** Four neighbouring columns, complex, rows `inPitch` and `outPitch` bytes apart; unscaled. */
function columns4(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, inverse: bool, scratch: usize): void {
  const n = load<i32>(plan);
  const a = scratch;
  const b = scratch + areaBytes(plan);
  const spare = b + 2 * areaBytes(plan);
  const count = passes(plan);
  const head = plan + 32;
  const tail = plan + (<usize>count << 5);
  const direct = load<u32>(plan, 12) == 0 && count > 1;
  let x = a;
  let y = b;
  let i = 0;
  if (direct && fusable(load<i32>(head))) {
    firstPass(load<i32>(head), inverse, src, inPitch, x, load<i32>(head, 4), load<u32>(head, 12));
    i = 1;
  } else if (inverse) {
    for (let k = 0, at = x; k < n; k++, at += 32, src += inPitch) put(WORK, at, loadRe(SWAPPED, src), loadIm(SWAPPED, src));
  } else {
    for (let k = 0, at = x; k < n; k++, at += 32, src += inPitch) put(WORK, at, loadRe(COLUMNS, src), loadIm(COLUMNS, src));
  }
  if (direct && fusable(load<i32>(tail))) {
    for (; i < count - 1; i++) {
      runPass(plan, i, x, y, spare);
      const t = x;
      x = y;
      y = t;
    }
    finalPass(load<i32>(tail), inverse, x, dst, outPitch, load<i32>(tail, 8));
    return;
  }
  if (i == 0) {
    x = transform(plan, x, y, spare);
  } else {
    for (; i < count; i++) {
      runPass(plan, i, x, y, spare);
      const t = x;
      x = y;
      y = t;
    }
  }
  if (inverse) {
    for (let k = 0; k < n; k++, x += 32, dst += outPitch) put(SWAPPED, dst, v128.load(x), v128.load(x, 16));
  } else {
    for (let k = 0; k < n; k++, x += 32, dst += outPitch) put(COLUMNS, dst, v128.load(x), v128.load(x, 16));
  }
}

/** One to three columns: gathered, transformed as four of which some are nothing, taken back. */
function fewColumns(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, count: i32, inverse: bool, scratch: usize): void {
  const n = load<i32>(plan);
  const area = scratch + 2 * areaBytes(plan);
  const bytes = <usize>count << 3;
  memory.fill(area, 0, <usize>n << 5);
  for (let k = 0, at = area; k < n; k++, at += 32, src += inPitch) memory.copy(at, src, bytes);
  columns4(plan, area, 32, area, 32, inverse, scratch);
  for (let k = 0, at = area; k < n; k++, at += 32, dst += outPitch) memory.copy(dst, at, bytes);
}

/** `count` neighbouring columns; see `columns4`. */
export function columns(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, count: i32, inverse: bool, scratch: usize): void {
  for (; count >= 4; count -= 4, src += 32, dst += 32) columns4(plan, src, inPitch, dst, outPitch, inverse, scratch);
  if (count > 0) fewColumns(plan, src, inPitch, dst, outPitch, count, inverse, scratch);
}

/**
 * Two columns whose transforms must be those of real data, as one: H(first) + i·H(second), where H keeps the Hermitian
 * part. Gathered as the first of four columns; the other three follow the first column in memory.
 */
export function columnsOfReal(plan: usize, src: usize, inPitch: usize, second: usize, dst: usize, outPitch: usize, width: i32, scratch: usize): void {
  const n = load<i32>(plan);
  const area = scratch + 2 * areaBytes(plan);
  const bytes = <usize>width << 3;
  memory.fill(area, 0, <usize>n << 5);
  for (let k = 0, at = area; k < n; k++, at += 32) {
    const mirror = <usize>(k == 0 ? 0 : n - k) * inPitch;
    const here = <usize>k * inPitch;
    memory.copy(at, src + here, bytes);
    const re = <f32>0.5 * (load<f32>(src + here) + load<f32>(src + mirror));
    const im = <f32>0.5 * (load<f32>(src + here, 4) - load<f32>(src + mirror, 4));
    const re2 = <f32>0.5 * (load<f32>(second + here) + load<f32>(second + mirror));
    const im2 = <f32>0.5 * (load<f32>(second + here, 4) - load<f32>(second + mirror, 4));
    store<f32>(at, re - im2);
    store<f32>(at, im + re2, 4);
  }
  columns4(plan, area, 32, area, 32, true, scratch);
  for (let k = 0, at = area; k < n; k++, at += 32, dst += outPitch) memory.copy(dst, at, bytes);
}

/** Column Z = A + iB of two real columns' transforms, taken apart: A stays, B goes to `second`. */
export function splitColumn(n: i32, first: usize, second: usize, pitch: usize): void {
  for (let k = 0; k <= n - k; k++) {
    const here = <usize>k * pitch;
    const mirror = <usize>(k == 0 ? 0 : n - k) * pitch;
    const zr = load<f32>(first + here);
    const zi = load<f32>(first + here, 4);
    const cr = load<f32>(first + mirror);
    const ci = load<f32>(first + mirror, 4);
    const ar = <f32>0.5 * (zr + cr);
    const ai = <f32>0.5 * (zi - ci);
    const br = <f32>0.5 * (zi + ci);
    const bi = <f32>0.5 * (cr - zr);
    store<f32>(first + here, ar);
    store<f32>(first + here, ai, 4);
    store<f32>(first + mirror, ar);
    store<f32>(first + mirror, -ai, 4);
    store<f32>(second + here, br);
    store<f32>(second + here, bi, 4);
    store<f32>(second + mirror, br);
    store<f32>(second + mirror, -bi, 4);
  }
}

/** Four real rows to the lanes of one part (0 re, 16 im) of the work layout. */
function gatherReal(src: usize, pitch: usize, rows: i32, n: i32, to: usize): void {
  const r0 = src;
  const r1 = src + <usize>min(1, rows - 1) * pitch;
  const r2 = src + <usize>min(2, rows - 1) * pitch;
  const r3 = src + <usize>min(3, rows - 1) * pitch;
  let x: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; x < end; x += 16, to += 128) {
    const a = v128.load(r0 + x);
    const b = v128.load(r1 + x);
    const c = v128.load(r2 + x);
    const d = v128.load(r3 + x);
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    const ef = zipHigh(a, b);
    const gh = zipHigh(c, d);
    v128.store(to, halvesLow(ab, cd));
    v128.store(to, halvesHigh(ab, cd), 32);
    v128.store(to, halvesLow(ef, gh), 64);
    v128.store(to, halvesHigh(ef, gh), 96);
  }
  for (; x < <usize>n << 2; x += 4, to += 32) {
    store<f32>(to, load<f32>(r0 + x));
    store<f32>(to, load<f32>(r1 + x), 4);
    store<f32>(to, load<f32>(r2 + x), 8);
    store<f32>(to, load<f32>(r3 + x), 12);
  }
}

/** Reverse of `gatherReal`, times `scale`. */
function scatterReal(from: usize, dst: usize, pitch: usize, rows: i32, n: i32, scale: v128): void {
  // rows that do not exist are written first to where row 0 comes last
  const r3 = dst + (rows > 3 ? 3 * pitch : 0);
  const r2 = dst + (rows > 2 ? 2 * pitch : 0);
  const r1 = dst + (rows > 1 ? pitch : 0);
  const r0 = dst;
  let x: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; x < end; x += 16, from += 128) {
    const a = mul(scale, v128.load(from));
    const b = mul(scale, v128.load(from, 32));
    const c = mul(scale, v128.load(from, 64));
    const d = mul(scale, v128.load(from, 96));
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    const ef = zipHigh(a, b);
    const gh = zipHigh(c, d);
    v128.store(r3 + x, halvesHigh(ef, gh));
    v128.store(r2 + x, halvesLow(ef, gh));
    v128.store(r1 + x, halvesHigh(ab, cd));
    v128.store(r0 + x, halvesLow(ab, cd));
  }
  const s = f32x4.extract_lane(scale, 0);
  for (; x < <usize>n << 2; x += 4, from += 32) {
    store<f32>(r3 + x, s * load<f32>(from, 12));
    store<f32>(r2 + x, s * load<f32>(from, 8));
    store<f32>(r1 + x, s * load<f32>(from, 4));
    store<f32>(r0 + x, s * load<f32>(from));
  }
}

/** Two complex numbers (a, b) of each of four rows, at `at` in each. Missing rows: as in `scatterReal`. */
// @ts-ignore: decorator
@inline
function storeTwo(dst: usize, pitch: usize, rows: i32, ar: v128, ai: v128, br: v128, bi: v128): void {
  const p = zipLow(ar, ai);
  const q = zipLow(br, bi);
  const u = zipHigh(ar, ai);
  const v = zipHigh(br, bi);
  if (rows > 3) v128.store(dst + 3 * pitch, halvesHigh(u, v));
  if (rows > 2) v128.store(dst + 2 * pitch, halvesLow(u, v));
  if (rows > 1) v128.store(dst + pitch, halvesHigh(p, q));
  if (rows > 0) v128.store(dst, halvesLow(p, q));
}

// @ts-ignore: decorator
@inline
function storeOne(dst: usize, pitch: usize, rows: i32, re: v128, im: v128): void {
  const p = zipLow(re, im);
  const u = zipHigh(re, im);
  if (rows > 3) v128.store64_lane(dst + 3 * pitch, u, 1);
  if (rows > 2) v128.store64_lane(dst + 2 * pitch, u, 0);
  if (rows > 1) v128.store64_lane(dst + pitch, p, 1);
  if (rows > 0) v128.store64_lane(dst, p, 0);
}

/** Up to eight real rows to half-complex rows. Rows 0 to 3 are the real, 4 to 7 the imaginary parts of four lines. */
export function realRows(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, rows: i32, scratch: usize): void {
  const n = load<i32>(plan);
  const area = areaBytes(plan);
  const low = min(rows, 4);
  const high = rows - low;
  gatherReal(src, inPitch, low, n, scratch);
  // without rows 4 to 7 the imaginary parts repeat row 0 and are not stored
  gatherReal(high > 0 ? src + 4 * inPitch : src, inPitch, max(high, 1), n, scratch + 16);
  const z = transform(plan, scratch, scratch + area, scratch + 3 * area);
  const half = f32x4.splat(0.5);
  const dst2 = dst + 4 * outPitch;
  const nc = (n >> 1) + 1;
  let k = 0;
  let here = z;
  let mirror = z;
  for (; k + 1 < nc; k += 2) {
    const zr = mul(half, v128.load(here));
    const zi = mul(half, v128.load(here, 16));
    const cr = mul(half, v128.load(mirror));
    const ci = mul(half, v128.load(mirror, 16));
    mirror = z + (<usize>(n - k - 1) << 5);
    const yr = mul(half, v128.load(here, 32));
    const yi = mul(half, v128.load(here, 48));
    const dr = mul(half, v128.load(mirror));
    const di = mul(half, v128.load(mirror, 16));
    const at = <usize>k << 3;
    storeTwo(dst + at, outPitch, low, add(zr, cr), sub(zi, ci), add(yr, dr), sub(yi, di));
    storeTwo(dst2 + at, outPitch, high, add(zi, ci), sub(cr, zr), add(yi, di), sub(dr, yr));
    here += 64;
    mirror -= 32;
  }
  if (k < nc) {
    const zr = mul(half, v128.load(here));
    const zi = mul(half, v128.load(here, 16));
    const cr = mul(half, v128.load(mirror));
    const ci = mul(half, v128.load(mirror, 16));
    const at = <usize>k << 3;
    storeOne(dst + at, outPitch, low, add(zr, cr), sub(zi, ci));
    storeOne(dst2 + at, outPitch, high, add(zi, ci), sub(cr, zr));
  }
}

// @ts-ignore: decorator
@inline
function fourComplex(src: usize, pitch: usize, rows: i32, part: i32): v128 {
  const p = v128.load64_lane(src + <usize>min(1, rows - 1) * pitch, v128.load64_zero(src), 1);
  const q = v128.load64_lane(src + <usize>min(3, rows - 1) * pitch, v128.load64_zero(src + <usize>min(2, rows - 1) * pitch), 1);
  if (part == 0) return v128.shuffle<f32>(p, q, 0, 2, 4, 6);
  return v128.shuffle<f32>(p, q, 1, 3, 5, 7);
}

/**
 * Up to eight half-complex rows to real rows, times `scale`. `packed`: the imaginary part of number 0 is the real part
 * of number n/2, as after `columnsOfReal`.
 */
export function realRowsInverse(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, rows: i32, packed: bool, scale: f32, scratch: usize): void {
  const n = load<i32>(plan);
  const area = areaBytes(plan);
  const low = min(rows, 4);
  const high = max(rows - low, 1);
  // without rows 4 to 7 row 0 stands in for them, and is not stored
  const src2 = rows > 4 ? src + 4 * inPitch : src;
  const even = (n & 1) == 0;
  const a0 = fourComplex(src, inPitch, low, 0);
  const b0 = fourComplex(src2, inPitch, high, 0);
  v128.store(scratch, b0);
  v128.store(scratch, a0, 16);
  if (even) {
    const at = <usize>(n >> 1);
    const to = scratch + (at << 5);
    if (packed) {
      v128.store(to, fourComplex(src2, inPitch, high, 1));
      v128.store(to, fourComplex(src, inPitch, low, 1), 16);
    } else {
      v128.store(to, fourComplex(src2 + (at << 3), inPitch, high, 0));
      v128.store(to, fourComplex(src + (at << 3), inPitch, low, 0), 16);
    }
  }
  const end = (n + 1) >> 1;
  for (let k = 1; k < end; k++) {
    const at = <usize>k << 3;
    const ar = fourComplex(src + at, inPitch, low, 0);
    const ai = fourComplex(src + at, inPitch, low, 1);
    const br = fourComplex(src2 + at, inPitch, high, 0);
    const bi = fourComplex(src2 + at, inPitch, high, 1);
    const here = scratch + (<usize>k << 5);
    const mirror = scratch + (<usize>(n - k) << 5);
    // Z = A + iB here, A* + iB* at the mirror, re and im exchanged
    v128.store(here, add(ai, br));
    v128.store(here, sub(ar, bi), 16);
    v128.store(mirror, sub(br, ai));
    v128.store(mirror, add(ar, bi), 16);
  }
  const z = transform(plan, scratch, scratch + area, scratch + 3 * area);
  const s = f32x4.splat(scale);
  scatterReal(z + 16, dst, outPitch, low, n, s);
  if (rows > 4) scatterReal(z, dst + 4 * outPitch, outPitch, rows - 4, n, s);
}

/** Up to four complex rows, times `scale`. */
export function complexRows(plan: usize, src: usize, inPitch: usize, dst: usize, outPitch: usize, rows: i32, inverse: bool, scale: f32, scratch: usize): void {
  const n = load<i32>(plan);
  const area = areaBytes(plan);
  const re: usize = inverse ? 16 : 0;
  for (let k = 0, at = scratch, from = src; k < n; k++, at += 32, from += 8) {
    v128.store(at + re, fourComplex(from, inPitch, rows, 0));
    v128.store(at + 16 - re, fourComplex(from, inPitch, rows, 1));
  }
  const z = transform(plan, scratch, scratch + area, scratch + 3 * area);
  const s = f32x4.splat(scale);
  let k = 0;
  let at = z;
  for (; k + 1 < n; k += 2, at += 64, dst += 16) {
    storeTwo(dst, outPitch, rows, mul(s, v128.load(at + re)), mul(s, v128.load(at + 16 - re)), mul(s, v128.load(at + 32 + re)), mul(s, v128.load(at + 48 - re)));
  }
  if (k < n) storeOne(dst, outPitch, rows, mul(s, v128.load(at + re)), mul(s, v128.load(at + 16 - re)));
}
