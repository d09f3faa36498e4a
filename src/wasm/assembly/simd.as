/** Building blocks of the kernels: fused multiply-add where the module has it, 4×4 transposition, layouts of lanes. */

/** a·b + c; one rounding in the module with relaxed SIMD, two in the other. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c − a·b, rounded like `madd`. */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
export function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 {
  return f32x4.mul(a, b);
}

/** (a0, b0, a1, b1) */
// @ts-ignore: decorator
@inline
export function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** (a2, b2, a3, b3) */
// @ts-ignore: decorator
@inline
export function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/** (a0, a1, b0, b1) */
// @ts-ignore: decorator
@inline
export function halvesLow(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 1, 4, 5);
}

/** (a2, a3, b2, b3) */
// @ts-ignore: decorator
@inline
export function halvesHigh(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 3, 6, 7);
}

/**
 * Where four complex numbers lie, one of each of four lines. WORK: the four real parts, then the four imaginary parts.
 * COLUMNS: interleaved re, im, as four neighbours in a row of an array. SWAPPED: as COLUMNS, re and im exchanged, which
 * on both sides of a forward transform makes it the inverse.
 */
// @ts-ignore: decorator
@inline
export const WORK: i32 = 0;
// @ts-ignore: decorator
@inline
export const COLUMNS: i32 = 1;
// @ts-ignore: decorator
@inline
export const SWAPPED: i32 = 2;

// @ts-ignore: decorator
@inline
export function loadRe(layout: i32, at: usize): v128 {
  if (layout == WORK) return v128.load(at);
  if (layout == COLUMNS) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
export function loadIm(layout: i32, at: usize): v128 {
  if (layout == WORK) return v128.load(at, 16);
  if (layout == COLUMNS) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
export function put(layout: i32, at: usize, re: v128, im: v128): void {
  if (layout == WORK) {
    v128.store(at, re);
    v128.store(at, im, 16);
  } else if (layout == COLUMNS) {
    v128.store(at, zipLow(re, im));
    v128.store(at, zipHigh(re, im), 16);
  } else {
    v128.store(at, zipLow(im, re));
    v128.store(at, zipHigh(im, re), 16);
  }
}

/** Store times the twiddle factor (cos, sin) at `tw`, except in the last pass, where all factors are 1. */
// @ts-ignore: decorator
@inline
export function storeTwiddled(last: bool, layout: i32, at: usize, re: v128, im: v128, tw: usize): void {
  if (last) {
    put(layout, at, re, im);
  } else {
    const c = v128.load32_splat(tw);
    const s = v128.load32_splat(tw, 4);
    put(layout, at, nmadd(im, s, mul(re, c)), madd(im, c, mul(re, s)));
  }
}
