import { add, COLUMNS, loadIm, loadRe, madd, mul, nmadd, storeTwiddled, sub, SWAPPED, WORK } from './simd';

/**
 * Passes of a decimation-in-frequency Stockham transform of four lines at once, one line in each lane. With
 * length = radix·m·s in all, a pass computes
 *   y[q + s(r p + j)] = w^{pj} Σ_k x[q + s(p + m k)] e^{-2πi jk/r},   w = e^{-2πi/(r m)},
 * for p < m, q < s. Results come out in natural order, so that no reordering is needed.
 * Stockham 1966; C. Van Loan, Computational Frameworks for the FFT, 1992, ch. 1.7, doi:10.1137/1.9781611970999.
 *
 * `inUnit` and `outUnit` are the bytes between neighbouring elements of a line; tw has (cos, sin) of w^{pj}, p by p.
 */

// @ts-ignore: decorator
@inline
function pass2(load: i32, save: i32, last: bool, src: usize, inUnit: usize, dst: usize, outUnit: usize, m: i32, s: i32, tw: usize): void {
  const inStep = <usize>(m * s) * inUnit;
  const outStep = <usize>s * outUnit;
  for (let p = 0; p < m; p++, tw += 8, dst += outStep) {
    for (let q = 0; q < s; q++, src += inUnit, dst += outUnit) {
      const x0r = loadRe(load, src);
      const x0i = loadIm(load, src);
      const x1r = loadRe(load, src + inStep);
      const x1i = loadIm(load, src + inStep);
      storeTwiddled(true, save, dst, add(x0r, x1r), add(x0i, x1i), tw);
      storeTwiddled(last, save, dst + outStep, sub(x0r, x1r), sub(x0i, x1i), tw);
    }
  }
}

// @ts-ignore: decorator
@inline
function pass3(load: i32, save: i32, last: bool, src: usize, inUnit: usize, dst: usize, outUnit: usize, m: i32, s: i32, tw: usize): void {
  const inStep = <usize>(m * s) * inUnit;
  const outStep = <usize>s * outUnit;
  const half = f32x4.splat(0.5);
  const sin = f32x4.splat(0.86602540378443864676);
  for (let p = 0; p < m; p++, tw += 16, dst += 2 * outStep) {
    for (let q = 0; q < s; q++, src += inUnit, dst += outUnit) {
      const x0r = loadRe(load, src);
      const x0i = loadIm(load, src);
      const x1r = loadRe(load, src + inStep);
      const x1i = loadIm(load, src + inStep);
      const x2r = loadRe(load, src + 2 * inStep);
      const x2i = loadIm(load, src + 2 * inStep);
      const tr = add(x1r, x2r);
      const ti = add(x1i, x2i);
      const dr = sub(x1r, x2r);
      const di = sub(x1i, x2i);
      const mr = nmadd(half, tr, x0r);
      const mi = nmadd(half, ti, x0i);
      storeTwiddled(true, save, dst, add(x0r, tr), add(x0i, ti), tw);
      storeTwiddled(last, save, dst + outStep, madd(sin, di, mr), nmadd(sin, dr, mi), tw);
      storeTwiddled(last, save, dst + 2 * outStep, nmadd(sin, di, mr), madd(sin, dr, mi), tw + 8);
    }
  }
}

// @ts-ignore: decorator
@inline
function pass4(load: i32, save: i32, last: bool, src: usize, inUnit: usize, dst: usize, outUnit: usize, m: i32, s: i32, tw: usize): void {
  const inStep = <usize>(m * s) * inUnit;
  const outStep = <usize>s * outUnit;
  for (let p = 0; p < m; p++, tw += 24, dst += 3 * outStep) {
    for (let q = 0; q < s; q++, src += inUnit, dst += outUnit) {
      const x0r = loadRe(load, src);
      const x0i = loadIm(load, src);
      const x2r = loadRe(load, src + 2 * inStep);
      const x2i = loadIm(load, src + 2 * inStep);
      const a0r = add(x0r, x2r);
      const a0i = add(x0i, x2i);
      const a1r = sub(x0r, x2r);
      const a1i = sub(x0i, x2i);
      const x1r = loadRe(load, src + inStep);
      const x1i = loadIm(load, src + inStep);
      const x3r = loadRe(load, src + 3 * inStep);
      const x3i = loadIm(load, src + 3 * inStep);
      const a2r = add(x1r, x3r);
      const a2i = add(x1i, x3i);
      const a3r = sub(x1r, x3r);
      const a3i = sub(x1i, x3i);
      storeTwiddled(true, save, dst, add(a0r, a2r), add(a0i, a2i), tw);
      storeTwiddled(last, save, dst + outStep, add(a1r, a3i), sub(a1i, a3r), tw);
      storeTwiddled(last, save, dst + 2 * outStep, sub(a0r, a2r), sub(a0i, a2i), tw + 8);
      storeTwiddled(last, save, dst + 3 * outStep, sub(a1r, a3i), add(a1i, a3r), tw + 16);
    }
  }
}

// @ts-ignore: decorator
@inline
function pass5(load: i32, save: i32, last: bool, src: usize, inUnit: usize, dst: usize, outUnit: usize, m: i32, s: i32, tw: usize): void {
  const inStep = <usize>(m * s) * inUnit;
  const outStep = <usize>s * outUnit;
  const c1 = f32x4.splat(0.30901699437494742410);
  const c2 = f32x4.splat(-0.80901699437494742410);
  const s1 = f32x4.splat(0.95105651629515357212);
  const s2 = f32x4.splat(0.58778525229247312917);
  for (let p = 0; p < m; p++, tw += 32, dst += 4 * outStep) {
    for (let q = 0; q < s; q++, src += inUnit, dst += outUnit) {
      const x1r = loadRe(load, src + inStep);
      const x1i = loadIm(load, src + inStep);
      const x4r = loadRe(load, src + 4 * inStep);
      const x4i = loadIm(load, src + 4 * inStep);
      const t1r = add(x1r, x4r);
      const t1i = add(x1i, x4i);
      const d1r = sub(x1r, x4r);
      const d1i = sub(x1i, x4i);
      const x2r = loadRe(load, src + 2 * inStep);
      const x2i = loadIm(load, src + 2 * inStep);
      const x3r = loadRe(load, src + 3 * inStep);
      const x3i = loadIm(load, src + 3 * inStep);
      const t2r = add(x2r, x3r);
      const t2i = add(x2i, x3i);
      const d2r = sub(x2r, x3r);
      const d2i = sub(x2i, x3i);
      const x0r = loadRe(load, src);
      const x0i = loadIm(load, src);
      storeTwiddled(true, save, dst, add(x0r, add(t1r, t2r)), add(x0i, add(t1i, t2i)), tw);
      const m1r = madd(c2, t2r, madd(c1, t1r, x0r));
      const m1i = madd(c2, t2i, madd(c1, t1i, x0i));
      const n1r = madd(s2, d2r, mul(s1, d1r));
      const n1i = madd(s2, d2i, mul(s1, d1i));
      storeTwiddled(last, save, dst + outStep, add(m1r, n1i), sub(m1i, n1r), tw);
      storeTwiddled(last, save, dst + 4 * outStep, sub(m1r, n1i), add(m1i, n1r), tw + 24);
      const m2r = madd(c1, t2r, madd(c2, t1r, x0r));
      const m2i = madd(c1, t2i, madd(c2, t1i, x0i));
      const n2r = nmadd(s1, d2r, mul(s2, d1r));
      const n2i = nmadd(s1, d2i, mul(s2, d1i));
      storeTwiddled(last, save, dst + 2 * outStep, add(m2r, n2i), sub(m2i, n2r), tw + 8);
      storeTwiddled(last, save, dst + 3 * outStep, sub(m2r, n2i), add(m2i, n2r), tw + 16);
    }
  }
}

// @ts-ignore: decorator
@inline
function pass8(load: i32, save: i32, last: bool, src: usize, inUnit: usize, dst: usize, outUnit: usize, m: i32, s: i32, tw: usize): void {
  const inStep = <usize>(m * s) * inUnit;
  const outStep = <usize>s * outUnit;
  const h = f32x4.splat(0.70710678118654752440);
  for (let p = 0; p < m; p++, tw += 56, dst += 7 * outStep) {
    for (let q = 0; q < s; q++, src += inUnit, dst += outUnit) {
      // odd elements first: their four sums are the ones that wait longest
      let ar = loadRe(load, src + inStep);
      let ai = loadIm(load, src + inStep);
      let br = loadRe(load, src + 5 * inStep);
      let bi = loadIm(load, src + 5 * inStep);
      let cr = loadRe(load, src + 3 * inStep);
      let ci = loadIm(load, src + 3 * inStep);
      let dr = loadRe(load, src + 7 * inStep);
      let di = loadIm(load, src + 7 * inStep);
      let a0r = add(ar, br);
      let a0i = add(ai, bi);
      let a1r = sub(ar, br);
      let a1i = sub(ai, bi);
      let a2r = add(cr, dr);
      let a2i = add(ci, di);
      let a3r = sub(cr, dr);
      let a3i = sub(ci, di);
      const o0r = add(a0r, a2r);
      const o0i = add(a0i, a2i);
      const o2r = sub(a0r, a2r);
      const o2i = sub(a0i, a2i);
      const o1r = add(a1r, a3i);
      const o1i = sub(a1i, a3r);
      const o3r = sub(a1r, a3i);
      const o3i = add(a1i, a3r);
      ar = loadRe(load, src);
      ai = loadIm(load, src);
      br = loadRe(load, src + 4 * inStep);
      bi = loadIm(load, src + 4 * inStep);
      cr = loadRe(load, src + 2 * inStep);
      ci = loadIm(load, src + 2 * inStep);
      dr = loadRe(load, src + 6 * inStep);
      di = loadIm(load, src + 6 * inStep);
      a0r = add(ar, br);
      a0i = add(ai, bi);
      a1r = sub(ar, br);
      a1i = sub(ai, bi);
      a2r = add(cr, dr);
      a2i = add(ci, di);
      a3r = sub(cr, dr);
      a3i = sub(ci, di);
      const e0r = add(a0r, a2r);
      const e0i = add(a0i, a2i);
      storeTwiddled(true, save, dst, add(e0r, o0r), add(e0i, o0i), tw);
      storeTwiddled(last, save, dst + 4 * outStep, sub(e0r, o0r), sub(e0i, o0i), tw + 24);
      const e2r = sub(a0r, a2r);
      const e2i = sub(a0i, a2i);
      storeTwiddled(last, save, dst + 2 * outStep, add(e2r, o2i), sub(e2i, o2r), tw + 8);
      storeTwiddled(last, save, dst + 6 * outStep, sub(e2r, o2i), add(e2i, o2r), tw + 40);
      const e1r = add(a1r, a3i);
      const e1i = sub(a1i, a3r);
      const f1r = add(o1r, o1i);
      const f1i = sub(o1i, o1r);
      storeTwiddled(last, save, dst + outStep, madd(h, f1r, e1r), madd(h, f1i, e1i), tw);
      storeTwiddled(last, save, dst + 5 * outStep, nmadd(h, f1r, e1r), nmadd(h, f1i, e1i), tw + 32);
      const e3r = sub(a1r, a3i);
      const e3i = add(a1i, a3r);
      const f3r = sub(o3i, o3r);
      const f3i = add(o3r, o3i);
      storeTwiddled(last, save, dst + 3 * outStep, madd(h, f3r, e3r), nmadd(h, f3i, e3i), tw + 16);
      storeTwiddled(last, save, dst + 7 * outStep, nmadd(h, f3r, e3r), madd(h, f3i, e3i), tw + 48);
    }
  }
}

/**
 * Any odd radix: with t_k = x_k + x_{r-k} and d_k = x_k − x_{r-k}, y_j and y_{r-j} are Σ_k cos(2πjk/r) t_k ∓
 * i Σ_k sin(2πjk/r) d_k plus x_0. Two j at a time, so that t and d are read half as often.
 *
 * @param roots (cos, sin) of 2πjk/r, shape [(r-1)/2, (r-1)/2, 2] @param spare 32·r bytes
 */
function passOdd(r: i32, src: usize, dst: usize, m: i32, s: i32, tw: usize, roots: usize, spare: usize): void {
  const inStep = <usize>(m * s) << 5;
  const outStep = <usize>s << 5;
  const half = (r - 1) >> 1;
  const rootsRow = <usize>half << 3;
  for (let p = 0; p < m; p++, tw += <usize>(r - 1) << 3, dst += <usize>(r - 1) * outStep) {
    for (let q = 0; q < s; q++, src += 32, dst += 32) {
      const x0r = v128.load(src);
      const x0i = v128.load(src, 16);
      let y0r = x0r;
      let y0i = x0i;
      for (let k = 1, at = spare; k <= half; k++, at += 64) {
        const a = src + <usize>k * inStep;
        const b = src + <usize>(r - k) * inStep;
        const ar = v128.load(a);
        const ai = v128.load(a, 16);
        const br = v128.load(b);
        const bi = v128.load(b, 16);
        const tr = add(ar, br);
        const ti = add(ai, bi);
        v128.store(at, tr);
        v128.store(at, ti, 16);
        v128.store(at, sub(ar, br), 32);
        v128.store(at, sub(ai, bi), 48);
        y0r = add(y0r, tr);
        y0i = add(y0i, ti);
      }
      v128.store(dst, y0r);
      v128.store(dst, y0i, 16);
      for (let j = 1; j <= half; j += 2) {
        // the last of an odd count is done twice
        const j2 = min(j + 1, half);
        let w1 = roots + <usize>(j - 1) * rootsRow;
        let w2 = roots + <usize>(j2 - 1) * rootsRow;
        let m1r = x0r;
        let m1i = x0i;
        let m2r = x0r;
        let m2i = x0i;
        let n1r = f32x4.splat(0);
        let n1i = f32x4.splat(0);
        let n2r = f32x4.splat(0);
        let n2i = f32x4.splat(0);
        for (let k = 0, at = spare; k < half; k++, at += 64, w1 += 8, w2 += 8) {
          const tr = v128.load(at);
          const ti = v128.load(at, 16);
          const c1 = v128.load32_splat(w1);
          m1r = madd(c1, tr, m1r);
          m1i = madd(c1, ti, m1i);
          const c2 = v128.load32_splat(w2);
          m2r = madd(c2, tr, m2r);
          m2i = madd(c2, ti, m2i);
          const dr = v128.load(at, 32);
          const di = v128.load(at, 48);
          const s1 = v128.load32_splat(w1, 4);
          n1r = madd(s1, dr, n1r);
          n1i = madd(s1, di, n1i);
          const s2 = v128.load32_splat(w2, 4);
          n2r = madd(s2, dr, n2r);
          n2i = madd(s2, di, n2i);
        }
        const d1 = dst + <usize>j * outStep;
        const d2 = dst + <usize>(r - j) * outStep;
        storeTwiddled(false, WORK, d1, add(m1r, n1i), sub(m1i, n1r), tw + (<usize>(j - 1) << 3));
        storeTwiddled(false, WORK, d2, sub(m1r, n1i), add(m1i, n1r), tw + (<usize>(r - j - 1) << 3));
        const d3 = dst + <usize>j2 * outStep;
        const d4 = dst + <usize>(r - j2) * outStep;
        storeTwiddled(false, WORK, d3, add(m2r, n2i), sub(m2i, n2r), tw + (<usize>(j2 - 1) << 3));
        storeTwiddled(false, WORK, d4, sub(m2r, n2i), add(m2i, n2r), tw + (<usize>(r - j2 - 1) << 3));
      }
    }
  }
}

function work2(src: usize, dst: usize, m: i32, s: i32, tw: usize): void {
  pass2(WORK, WORK, false, src, 32, dst, 32, m, s, tw);
}
function work3(src: usize, dst: usize, m: i32, s: i32, tw: usize): void {
  pass3(WORK, WORK, false, src, 32, dst, 32, m, s, tw);
}
function work4(src: usize, dst: usize, m: i32, s: i32, tw: usize): void {
  pass4(WORK, WORK, false, src, 32, dst, 32, m, s, tw);
}
function work5(src: usize, dst: usize, m: i32, s: i32, tw: usize): void {
  pass5(WORK, WORK, false, src, 32, dst, 32, m, s, tw);
}
function work8(src: usize, dst: usize, m: i32, s: i32, tw: usize): void {
  pass8(WORK, WORK, false, src, 32, dst, 32, m, s, tw);
}
function last4(src: usize, dst: usize, s: i32): void {
  pass4(WORK, WORK, true, src, 32, dst, 32, 1, s, 0);
}
function last8(src: usize, dst: usize, s: i32): void {
  pass8(WORK, WORK, true, src, 32, dst, 32, 1, s, 0);
}

/** One pass from work layout to work layout. */
export function workPass(radix: i32, src: usize, dst: usize, m: i32, s: i32, tw: usize, roots: usize, spare: usize): void {
  if (radix == 4) {
    if (m == 1) last4(src, dst, s);
    else work4(src, dst, m, s, tw);
  } else if (radix == 8) {
    if (m == 1) last8(src, dst, s);
    else work8(src, dst, m, s, tw);
  } else if (radix == 2) work2(src, dst, m, s, tw);
  else if (radix == 3) work3(src, dst, m, s, tw);
  else if (radix == 5) work5(src, dst, m, s, tw);
  else passOdd(radix, src, dst, m, s, tw, roots, spare);
}

function first4(src: usize, unit: usize, dst: usize, m: i32, tw: usize): void {
  pass4(COLUMNS, WORK, false, src, unit, dst, 32, m, 1, tw);
}
function first4Swapped(src: usize, unit: usize, dst: usize, m: i32, tw: usize): void {
  pass4(SWAPPED, WORK, false, src, unit, dst, 32, m, 1, tw);
}
function first8(src: usize, unit: usize, dst: usize, m: i32, tw: usize): void {
  pass8(COLUMNS, WORK, false, src, unit, dst, 32, m, 1, tw);
}
function first8Swapped(src: usize, unit: usize, dst: usize, m: i32, tw: usize): void {
  pass8(SWAPPED, WORK, false, src, unit, dst, 32, m, 1, tw);
}

/** First pass, radix 4 or 8, from four columns of an array whose rows lie `unit` bytes apart. */
export function firstPass(radix: i32, swapped: bool, src: usize, unit: usize, dst: usize, m: i32, tw: usize): void {
  if (radix == 4) {
    if (swapped) first4Swapped(src, unit, dst, m, tw);
    else first4(src, unit, dst, m, tw);
  } else if (swapped) first8Swapped(src, unit, dst, m, tw);
  else first8(src, unit, dst, m, tw);
}

function final4(src: usize, dst: usize, unit: usize, s: i32): void {
  pass4(WORK, COLUMNS, true, src, 32, dst, unit, 1, s, 0);
}
function final4Swapped(src: usize, dst: usize, unit: usize, s: i32): void {
  pass4(WORK, SWAPPED, true, src, 32, dst, unit, 1, s, 0);
}
function final8(src: usize, dst: usize, unit: usize, s: i32): void {
  pass8(WORK, COLUMNS, true, src, 32, dst, unit, 1, s, 0);
}
function final8Swapped(src: usize, dst: usize, unit: usize, s: i32): void {
  pass8(WORK, SWAPPED, true, src, 32, dst, unit, 1, s, 0);
}

/** Last pass, radix 4 or 8, to four columns of an array whose rows lie `unit` bytes apart. */
export function finalPass(radix: i32, swapped: bool, src: usize, dst: usize, unit: usize, s: i32): void {
  if (radix == 4) {
    if (swapped) final4Swapped(src, dst, unit, s);
    else final4(src, dst, unit, s);
  } else if (swapped) final8Swapped(src, dst, unit, s);
  else final8(src, dst, unit, s);
}
