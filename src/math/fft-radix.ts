/**
 * Butterflies of the self-sorting (Stockham) fast Fourier transform, forward sign exp(-2πi jk/n).
 *
 * A stage of radix r maps x, seen as [r, m, s], to y, seen as [m, r, s]:
 *   y[p, k, q] = w^(pk) Σ_j x[j, p, q] exp(-2πi jk/r),   w = exp(-2πi/(r m)).
 * Values are interleaved re, im; `s` counts complex numbers. `twiddles` holds w^(pk) for p = 0..m-1, k = 1..r-1.
 * The loop over q is innermost, so that twiddles are loaded once for s values: batches of lines make s large from the
 * first stage on. Source: van Loan, Computational Frameworks for the Fast Fourier Transform, 1992,
 * doi:10.1137/1.9781611970999, section 1.7.
 */
export type Stage = (x: Float64Array, y: Float64Array, m: number, s: number, twiddles: Float64Array) => void;

/** Radix 2. Shapes and order as for `Stage`; `m` and `s` are counts. */
export function radix2(x: Float64Array, y: Float64Array, m: number, s: number, twiddles: Float64Array): void {
  const s2 = 2 * s;
  const half = m * s2;
  for (let p = 0; p < m; p++) {
    const wr = twiddles[2 * p];
    const wi = twiddles[2 * p + 1];
    let i = p * s2;
    let o = 2 * p * s2;
    for (const end = i + s2; i < end; i += 2, o += 2) {
      const ar = x[i];
      const ai = x[i + 1];
      const br = x[i + half];
      const bi = x[i + half + 1];
      y[o] = ar + br;
      y[o + 1] = ai + bi;
      const dr = ar - br;
      const di = ai - bi;
      y[o + s2] = dr * wr - di * wi;
      y[o + s2 + 1] = dr * wi + di * wr;
    }
  }
}

const SIN_60 = Math.sqrt(3) / 2;

/** Radix 3. Shapes and order as for `Stage`; `m` and `s` are counts. */
export function radix3(x: Float64Array, y: Float64Array, m: number, s: number, twiddles: Float64Array): void {
  const s2 = 2 * s;
  const third = m * s2;
  for (let p = 0; p < m; p++) {
    const w1r = twiddles[4 * p];
    const w1i = twiddles[4 * p + 1];
    const w2r = twiddles[4 * p + 2];
    const w2i = twiddles[4 * p + 3];
    let i = p * s2;
    let o = 3 * p * s2;
    for (const end = i + s2; i < end; i += 2, o += 2) {
      const ar = x[i];
      const ai = x[i + 1];
      const br = x[i + third];
      const bi = x[i + third + 1];
      const cr = x[i + 2 * third];
      const ci = x[i + 2 * third + 1];
      const tr = br + cr;
      const ti = bi + ci;
      const hr = ar - 0.5 * tr;
      const hi = ai - 0.5 * ti;
      // -i sin 60° (b - c)
      const nr = SIN_60 * (bi - ci);
      const ni = -SIN_60 * (br - cr);
      y[o] = ar + tr;
      y[o + 1] = ai + ti;
      const ur = hr + nr;
      const ui = hi + ni;
      const vr = hr - nr;
      const vi = hi - ni;
      y[o + s2] = ur * w1r - ui * w1i;
      y[o + s2 + 1] = ur * w1i + ui * w1r;
      y[o + 2 * s2] = vr * w2r - vi * w2i;
      y[o + 2 * s2 + 1] = vr * w2i + vi * w2r;
    }
  }
}

/** Radix 4. Shapes and order as for `Stage`; `m` and `s` are counts. */
export function radix4(x: Float64Array, y: Float64Array, m: number, s: number, twiddles: Float64Array): void {
  const s2 = 2 * s;
  const q1 = m * s2;
  const q2 = 2 * q1;
  const q3 = 3 * q1;
  for (let p = 0; p < m; p++) {
    const w1r = twiddles[6 * p];
    const w1i = twiddles[6 * p + 1];
    const w2r = twiddles[6 * p + 2];
    const w2i = twiddles[6 * p + 3];
    const w3r = twiddles[6 * p + 4];
    const w3i = twiddles[6 * p + 5];
    let i = p * s2;
    let o = 4 * p * s2;
    for (const end = i + s2; i < end; i += 2, o += 2) {
      const ar = x[i];
      const ai = x[i + 1];
      const br = x[i + q1];
      const bi = x[i + q1 + 1];
      const cr = x[i + q2];
      const ci = x[i + q2 + 1];
      const dr = x[i + q3];
      const di = x[i + q3 + 1];
      const sr = ar + cr;
      const si = ai + ci;
      const tr = ar - cr;
      const ti = ai - ci;
      const ur = br + dr;
      const ui = bi + di;
      // i (b - d)
      const vr = di - bi;
      const vi = br - dr;
      y[o] = sr + ur;
      y[o + 1] = si + ui;
      const y1r = tr - vr;
      const y1i = ti - vi;
      const y2r = sr - ur;
      const y2i = si - ui;
      const y3r = tr + vr;
      const y3i = ti + vi;
      const o1 = o + s2;
      const o2 = o1 + s2;
      const o3 = o2 + s2;
      y[o1] = y1r * w1r - y1i * w1i;
      y[o1 + 1] = y1r * w1i + y1i * w1r;
      y[o2] = y2r * w2r - y2i * w2i;
      y[o2 + 1] = y2r * w2i + y2i * w2r;
      y[o3] = y3r * w3r - y3i * w3i;
      y[o3 + 1] = y3r * w3i + y3i * w3r;
    }
  }
}

const COS_72 = Math.cos((2 * Math.PI) / 5);
const SIN_72 = Math.sin((2 * Math.PI) / 5);
const COS_144 = Math.cos((4 * Math.PI) / 5);
const SIN_144 = Math.sin((4 * Math.PI) / 5);

/** Radix 5. Shapes and order as for `Stage`; `m` and `s` are counts. */
export function radix5(x: Float64Array, y: Float64Array, m: number, s: number, twiddles: Float64Array): void {
  const s2 = 2 * s;
  const part = m * s2;
  for (let p = 0; p < m; p++) {
    const w1r = twiddles[8 * p];
    const w1i = twiddles[8 * p + 1];
    const w2r = twiddles[8 * p + 2];
    const w2i = twiddles[8 * p + 3];
    const w3r = twiddles[8 * p + 4];
    const w3i = twiddles[8 * p + 5];
    const w4r = twiddles[8 * p + 6];
    const w4i = twiddles[8 * p + 7];
    let i = p * s2;
    let o = 5 * p * s2;
    for (const end = i + s2; i < end; i += 2, o += 2) {
      const i1 = i + part;
      const i2 = i1 + part;
      const i3 = i2 + part;
      const i4 = i3 + part;
      const ar = x[i];
      const ai = x[i + 1];
      const p1r = x[i1] + x[i4];
      const p1i = x[i1 + 1] + x[i4 + 1];
      const d1r = x[i1] - x[i4];
      const d1i = x[i1 + 1] - x[i4 + 1];
      const p2r = x[i2] + x[i3];
      const p2i = x[i2 + 1] + x[i3 + 1];
      const d2r = x[i2] - x[i3];
      const d2i = x[i2 + 1] - x[i3 + 1];
      y[o] = ar + p1r + p2r;
      y[o + 1] = ai + p1i + p2i;
      const er = ar + COS_72 * p1r + COS_144 * p2r;
      const ei = ai + COS_72 * p1i + COS_144 * p2i;
      const fr = ar + COS_144 * p1r + COS_72 * p2r;
      const fi = ai + COS_144 * p1i + COS_72 * p2i;
      // -i times the sine terms
      const gr = SIN_72 * d1i + SIN_144 * d2i;
      const gi = -SIN_72 * d1r - SIN_144 * d2r;
      const hr = SIN_144 * d1i - SIN_72 * d2i;
      const hi = SIN_72 * d2r - SIN_144 * d1r;
      const y1r = er + gr;
      const y1i = ei + gi;
      const y2r = fr + hr;
      const y2i = fi + hi;
      const y3r = fr - hr;
      const y3i = fi - hi;
      const y4r = er - gr;
      const y4i = ei - gi;
      const o1 = o + s2;
      const o2 = o1 + s2;
      const o3 = o2 + s2;
      const o4 = o3 + s2;
      y[o1] = y1r * w1r - y1i * w1i;
      y[o1 + 1] = y1r * w1i + y1i * w1r;
      y[o2] = y2r * w2r - y2i * w2i;
      y[o2 + 1] = y2r * w2i + y2i * w2r;
      y[o3] = y3r * w3r - y3i * w3i;
      y[o3 + 1] = y3r * w3i + y3i * w3r;
      y[o4] = y4r * w4r - y4i * w4i;
      y[o4 + 1] = y4r * w4i + y4i * w4r;
    }
  }
}

/**
 * Stage of any odd radix, by the definition with the pairs j, r-j and k, r-k taken together: 2 (r-1)²/2 real products
 * a butterfly. Used for 7, 11 and 13.
 *
 * @param r odd radix, count
 */
export function oddRadix(r: number): Stage {
  const h = (r - 1) / 2;
  const cos = new Float64Array(r);
  const sin = new Float64Array(r);
  for (let j = 0; j < r; j++) {
    cos[j] = Math.cos((2 * Math.PI * j) / r);
    sin[j] = Math.sin((2 * Math.PI * j) / r);
  }
  const sumR = new Float64Array(h + 1);
  const sumI = new Float64Array(h + 1);
  const difR = new Float64Array(h + 1);
  const difI = new Float64Array(h + 1);
  return (x, y, m, s, twiddles) => {
    const s2 = 2 * s;
    const part = m * s2;
    for (let p = 0; p < m; p++) {
      const w = 2 * (r - 1) * p;
      for (let q = 0; q < s2; q += 2) {
        const i = p * s2 + q;
        const o = r * p * s2 + q;
        const ar = x[i];
        const ai = x[i + 1];
        let totalR = ar;
        let totalI = ai;
        for (let j = 1; j <= h; j++) {
          const b = i + j * part;
          const c = i + (r - j) * part;
          sumR[j] = x[b] + x[c];
          sumI[j] = x[b + 1] + x[c + 1];
          difR[j] = x[b] - x[c];
          difI[j] = x[b + 1] - x[c + 1];
          totalR += sumR[j];
          totalI += sumI[j];
        }
        y[o] = totalR;
        y[o + 1] = totalI;
        for (let k = 1; k <= h; k++) {
          let er = ar;
          let ei = ai;
          let fr = 0;
          let fi = 0;
          for (let j = 1, a = k; j <= h; j++) {
            er += cos[a] * sumR[j];
            ei += cos[a] * sumI[j];
            // -i sin (x_j - x_{r-j})
            fr += sin[a] * difI[j];
            fi -= sin[a] * difR[j];
            a += k;
            if (a >= r) a -= r;
          }
          const w1 = w + 2 * (k - 1);
          const w2 = w + 2 * (r - k - 1);
          const o1 = o + k * s2;
          const o2 = o + (r - k) * s2;
          y[o1] = (er + fr) * twiddles[w1] - (ei + fi) * twiddles[w1 + 1];
          y[o1 + 1] = (er + fr) * twiddles[w1 + 1] + (ei + fi) * twiddles[w1];
          y[o2] = (er - fr) * twiddles[w2] - (ei - fi) * twiddles[w2 + 1];
          y[o2 + 1] = (er - fr) * twiddles[w2 + 1] + (ei - fi) * twiddles[w2];
        }
      }
    }
  };
}
