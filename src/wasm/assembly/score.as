import { halvesHigh, halvesLow, madd, mul, nmadd, zipHigh, zipLow } from './simd';

/**
 * Scores as a matrix product: S[i, m] = scale · Σ_c A[i, c] B[m, c] + bias[m], images i against references m, reduced at
 * once to the best of each image and to the logarithm of Σ_m exp S[i, m], so that the table is never written.
 *
 * Blocks of 6 images and 8 references are kept in twelve registers. Both matrices are packed so that the inner loop
 * reads forwards: references once, in panels [c][8]; images by each work item, in panels [c][6] for its scratch.
 * After K. Goto & R. van de Geijn, ACM TOMS 34:12, 2008, doi:10.1145/1356052.1356053.
 */

/** Images of a panel, references of a panel. */
// @ts-ignore: decorator
@inline
const MR: i32 = 6;
// @ts-ignore: decorator
@inline
const NR: i32 = 8;
/** Images of a work item (whole panels), references of a tile, coefficients of a block. */
// @ts-ignore: decorator
@inline
const MC: i32 = 48;
// @ts-ignore: decorator
@inline
const NC: i32 = 128;
// @ts-ignore: decorator
@inline
const KC: i32 = 384;

/**
 * Arguments: 0 images, 4 references, 8 packed references, 12 counts of images, 16 of references, 20 of coefficients,
 * 24 table (0 for none), 28 scale, 32 bias, 36 best scores, 40 best numbers, 44 how many best, 48 log-sums.
 */

/** One item: a panel of eight references, [8][c] to [c][8], zeros where there are no more. */
export function packItem(a: usize, item: i32): void {
  const inner = load<i32>(a, 20);
  const first = item * NR;
  const rows = min(NR, load<i32>(a, 16) - first);
  const pitch = <usize>inner << 2;
  const src = <usize>load<u32>(a, 4) + <usize>first * pitch;
  const dst = <usize>load<u32>(a, 8) + <usize>first * pitch;
  let whole = 0;
  if (rows == NR) {
    whole = inner & ~3;
    transposeFour(src, pitch, dst, whole);
    transposeFour(src + 4 * pitch, pitch, dst + 16, whole);
  }
  for (let r = 0; r < NR; r++) {
    let to = dst + (<usize>r << 2) + (<usize>whole << 5);
    let from = src + <usize>r * pitch + (<usize>whole << 2);
    if (r < rows) {
      for (let c = whole; c < inner; c++, to += 32, from += 4) store<f32>(to, load<f32>(from));
    } else {
      for (let c = whole; c < inner; c++, to += 32) store<f32>(to, 0);
    }
  }
}

/** Four rows to four of the eight numbers of each coefficient. */
// @ts-ignore: decorator
@inline
function transposeFour(src: usize, pitch: usize, to: usize, count: i32): void {
  for (let c = 0; c < count; c += 4, src += 16, to += 128) {
    const a = v128.load(src);
    const b = v128.load(src + pitch);
    const e = v128.load(src + 2 * pitch);
    const f = v128.load(src + 3 * pitch);
    const ab = zipLow(a, b);
    const ef = zipLow(e, f);
    const gh = zipHigh(a, b);
    const kl = zipHigh(e, f);
    v128.store(to, halvesLow(ab, ef));
    v128.store(to, halvesHigh(ab, ef), 32);
    v128.store(to, halvesLow(gh, kl), 64);
    v128.store(to, halvesHigh(gh, kl), 96);
  }
}

/** Coefficients `first` to before `first + count` of images, in panels of six. */
function packImages(src: usize, pitch: usize, rows: i32, first: i32, count: i32, dst: usize): void {
  for (let panel = 0; panel < rows; panel += MR, dst += <usize>(count * MR) << 2) {
    for (let r = 0; r < MR; r++) {
      let to = dst + (<usize>r << 2);
      if (panel + r < rows) {
        let from = src + <usize>(panel + r) * pitch + (<usize>first << 2);
        for (let c = 0; c < count; c++, to += 24, from += 4) store<f32>(to, load<f32>(from));
      } else {
        for (let c = 0; c < count; c++, to += 24) store<f32>(to, 0);
      }
    }
  }
}

/** Sums of one 6×8 block over `count` coefficients, added to those at `c`, rows `NC` numbers apart. */
function block(a: usize, b: usize, count: i32, c: usize, begun: bool): void {
  const zero = f32x4.splat(0);
  let s00 = zero;
  let s01 = zero;
  let s10 = zero;
  let s11 = zero;
  let s20 = zero;
  let s21 = zero;
  let s30 = zero;
  let s31 = zero;
  let s40 = zero;
  let s41 = zero;
  let s50 = zero;
  let s51 = zero;
  for (; count > 0; count--, a += 24, b += 32) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    const a1 = v128.load32_splat(a, 4);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    const a2 = v128.load32_splat(a, 8);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    const a3 = v128.load32_splat(a, 12);
    s30 = madd(a3, b0, s30);
    s31 = madd(a3, b1, s31);
    const a4 = v128.load32_splat(a, 16);
    s40 = madd(a4, b0, s40);
    s41 = madd(a4, b1, s41);
    const a5 = v128.load32_splat(a, 20);
    s50 = madd(a5, b0, s50);
    s51 = madd(a5, b1, s51);
  }
  if (begun) {
    s00 = f32x4.add(s00, v128.load(c, 0));
    s01 = f32x4.add(s01, v128.load(c, 16));
    s10 = f32x4.add(s10, v128.load(c, 512));
    s11 = f32x4.add(s11, v128.load(c, 528));
    s20 = f32x4.add(s20, v128.load(c, 1024));
    s21 = f32x4.add(s21, v128.load(c, 1040));
    s30 = f32x4.add(s30, v128.load(c, 1536));
    s31 = f32x4.add(s31, v128.load(c, 1552));
    s40 = f32x4.add(s40, v128.load(c, 2048));
    s41 = f32x4.add(s41, v128.load(c, 2064));
    s50 = f32x4.add(s50, v128.load(c, 2560));
    s51 = f32x4.add(s51, v128.load(c, 2576));
  }
  v128.store(c, s00, 0);
  v128.store(c, s01, 16);
  v128.store(c, s10, 512);
  v128.store(c, s11, 528);
  v128.store(c, s20, 1024);
  v128.store(c, s21, 1040);
  v128.store(c, s30, 1536);
  v128.store(c, s31, 1552);
  v128.store(c, s40, 2048);
  v128.store(c, s41, 2064);
  v128.store(c, s50, 2560);
  v128.store(c, s51, 2576);
}

/** e^x for x ≤ 0, relative error below 2e-7, 0 below -87. Cody and Waite's reduction, Taylor's series to r⁶. */
// @ts-ignore: decorator
@inline
function exp4(x: v128): v128 {
  const low = f32x4.splat(-87);
  const y = f32x4.max(x, low);
  const n = f32x4.nearest(mul(y, f32x4.splat(1.44269504088896341)));
  let r = nmadd(n, f32x4.splat(0.693145751953125), y);
  r = nmadd(n, f32x4.splat(1.42860682030941723212e-6), r);
  let p = f32x4.splat(1.0 / 720.0);
  p = madd(p, r, f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(mul(p, power), f32x4.ge(x, low));
}

// @ts-ignore: decorator
@inline
function largest(v: v128): f32 {
  const w = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.max(w, v128.shuffle<f32>(w, w, 1, 0, 3, 2)), 0);
}

// @ts-ignore: decorator
@inline
function total(v: v128): f32 {
  const w = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(w, 0) + f32x4.extract_lane(w, 1);
}

/** Put a score into a descending list of `count`, whose last it exceeds. */
function insert(scores: usize, numbers: usize, count: i32, score: f32, number: i32): void {
  let at = <usize>(count - 1) << 2;
  while (at > 0 && load<f32>(scores + at - 4) < score) {
    store<f32>(scores + at, load<f32>(scores + at - 4));
    store<i32>(numbers + at, load<i32>(numbers + at - 4));
    at -= 4;
  }
  store<f32>(scores + at, score);
  store<i32>(numbers + at, number);
}

/** A row of a tile: `count` scores of references from `first` on. `state`: largest score so far, Σ exp(S − largest). */
function reduceRow(a: usize, row: usize, image: i32, first: i32, count: i32, state: usize): void {
  const scale = v128.load32_splat(a, 28);
  const bias = <usize>load<u32>(a, 32) + (<usize>first << 2);
  const best = load<i32>(a, 44);
  const scores = <usize>load<u32>(a, 36) + (<usize>(image * best) << 2);
  const numbers = <usize>load<u32>(a, 40) + (<usize>(image * best) << 2);
  const nothing = f32x4.splat(-Infinity);
  let top = nothing;
  const whole = count & ~3;
  for (let j = 0; j < count; j += 4) {
    const at = <usize>j << 2;
    let s: v128;
    if (j < whole) {
      s = madd(scale, v128.load(row + at), v128.load(bias + at));
    } else {
      s = nothing;
      s = f32x4.replace_lane(s, 0, load<f32>(a, 28) * load<f32>(row + at) + load<f32>(bias + at));
      if (count - j > 1) s = f32x4.replace_lane(s, 1, load<f32>(a, 28) * load<f32>(row + at, 4) + load<f32>(bias + at, 4));
      if (count - j > 2) s = f32x4.replace_lane(s, 2, load<f32>(a, 28) * load<f32>(row + at, 8) + load<f32>(bias + at, 8));
    }
    v128.store(row + at, s);
    top = f32x4.max(top, s);
    if (best > 0) {
      const last = scores + (<usize>(best - 1) << 2);
      if (v128.any_true(f32x4.gt(s, v128.load32_splat(last)))) {
        for (let l = 0; l < 4; l++) {
          const score = load<f32>(row + at + (<usize>l << 2));
          if (score > load<f32>(last)) insert(scores, numbers, best, score, first + j + l);
        }
      }
    }
  }
  const before = load<f32>(state);
  const now = max(before, largest(top));
  const shift = f32x4.splat(now);
  let sum = f32x4.splat(0);
  for (let j = 0; j < count; j += 4) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(row + (<usize>j << 2)), shift)));
  const kept = before == now ? <f32>1 : f32x4.extract_lane(exp4(f32x4.splat(before - now)), 0);
  store<f32>(state, now);
  store<f64>(state, load<f64>(state, 8) * <f64>kept + <f64>total(sum), 8);
}

/** One item: 48 images against all references. Scratch: packed images, a tile of sums, a state for each image. */
export function scoreItem(a: usize, item: i32, scratch: usize): void {
  const inner = load<i32>(a, 20);
  const references = load<i32>(a, 16);
  const first = item * MC;
  const rows = min(MC, load<i32>(a, 12) - first);
  const pitch = <usize>inner << 2;
  const src = <usize>load<u32>(a, 0) + <usize>first * pitch;
  const packed = <usize>load<u32>(a, 8);
  const table = <usize>load<u32>(a, 24);
  const tile = scratch + (<usize>(MC * inner) << 2);
  const states = tile + <usize>(MC * NC * 4);
  for (let k = 0; k < inner; k += KC) {
    packImages(src, pitch, rows, k, min(KC, inner - k), scratch + (<usize>(MC * k) << 2));
  }
  if (table == 0) {
    const best = load<i32>(a, 44);
    for (let i = 0; i < rows; i++) {
      store<f32>(states + (<usize>i << 4), -Infinity);
      store<f64>(states + (<usize>i << 4), 0, 8);
      const at = <usize>((first + i) * best) << 2;
      for (let j: usize = 0; j < <usize>best << 2; j += 4) {
        store<f32>(<usize>load<u32>(a, 36) + at + j, -Infinity);
        store<i32>(<usize>load<u32>(a, 40) + at + j, -1);
      }
    }
  }
  for (let n = 0; n < references; n += NC) {
    const columns = min(NC, references - n);
    for (let k = 0; k < inner; k += KC) {
      const count = min(KC, inner - k);
      const images = scratch + (<usize>(MC * k) << 2);
      for (let j = 0; j < columns; j += NR) {
        // a panel of references stays in the first-level cache while the images pass
        const b = packed + (<usize>(n + j) * <usize>inner << 2) + (<usize>(k * NR) << 2);
        for (let i = 0; i < rows; i += MR) {
          block(images + (<usize>(i * count) << 2), b, count, tile + (<usize>(i * NC + j) << 2), k > 0);
        }
      }
    }
    for (let i = 0; i < rows; i++) {
      const row = tile + (<usize>(i * NC) << 2);
      if (table == 0) {
        reduceRow(a, row, first + i, n, columns, states + (<usize>i << 4));
      } else {
        memory.copy(table + (<usize>(first + i) * <usize>references + <usize>n << 2), row, <usize>columns << 2);
      }
    }
  }
  if (table == 0) {
    for (let i = 0; i < rows; i++) {
      const state = states + (<usize>i << 4);
      const sum = <f64>load<f32>(state) + NativeMath.log(load<f64>(state, 8));
      store<f32>(<usize>load<u32>(a, 48) + (<usize>(first + i) << 2), <f32>sum);
    }
  }
}
