import { BATCH, FftPlan } from './fft-plan.ts';

/**
 * Passes of one-dimensional transforms over the lines of an array, from which all transforms of images and volumes are
 * made. Offsets and strides count complex numbers for complex data, numbers for real data.
 */

/**
 * Transform `count` neighbouring lines along a strided axis; `from` and `to` may be the same array.
 *
 * @param from interleaved complex; element i of line l lies at `fromAt + i * fromStride + l`
 * @param to interleaved complex, laid out likewise
 * @param n length of a line, count
 * @param count lines, count
 * @param scale factor on the result; ignored sign: forward exp(-2πi jk/n), inverse exp(+2πi jk/n)
 */
export function complexLines(
  from: Float32Array,
  fromAt: number,
  fromStride: number,
  to: Float32Array,
  toAt: number,
  toStride: number,
  n: number,
  count: number,
  inverse: boolean,
  scale: number,
): void {
  const plan = FftPlan.of(n);
  const { input } = plan;
  // the inverse is the forward transform with re and im swapped on both sides
  const re = inverse ? 1 : 0;
  const im = 1 - re;
  for (let first = 0; first < count; first += BATCH) {
    const batch = Math.min(BATCH, count - first);
    for (let i = 0, a = 0; i < n; i++) {
      let f = 2 * (fromAt + i * fromStride + first);
      for (let l = 0; l < batch; l++, a += 2, f += 2) {
        input[a + re] = from[f];
        input[a + im] = from[f + 1];
      }
    }
    const result = plan.forward(batch);
    for (let i = 0, a = 0; i < n; i++) {
      let t = 2 * (toAt + i * toStride + first);
      for (let l = 0; l < batch; l++, a += 2, t += 2) {
        to[t] = scale * result[a + re];
        to[t + 1] = scale * result[a + im];
      }
    }
  }
}

/**
 * Forward transform of `rows` real rows of n numbers, one behind the other, to rows of floor(n/2)+1 complex numbers.
 * Two rows a, b go as one complex row z = a + ib: A_k = (Z_k + Z*_{n-k})/2, B_k = (Z_k - Z*_{n-k})/2i.
 *
 * @param real shape [rows, n], from index `realAt` on
 * @param spectrum interleaved complex, shape [rows, floor(n/2)+1], from complex index `spectrumAt` on
 * @param n length of a row, count
 * @param rows count
 */
export function realRows(
  real: Float32Array,
  realAt: number,
  spectrum: Float32Array,
  spectrumAt: number,
  n: number,
  rows: number,
): void {
  const plan = FftPlan.of(n);
  const { input } = plan;
  const nc = (n >> 1) + 1;
  for (let first = 0; first < rows; first += 2 * BATCH) {
    const batch = Math.min(BATCH, (rows - first + 1) >> 1);
    const step = 2 * batch;
    for (let l = 0; l < batch; l++) {
      const row = first + 2 * l;
      const single = row + 1 === rows;
      let f = realAt + row * n;
      for (let i = 0, a = 2 * l; i < n; i++, a += step, f++) {
        input[a] = real[f];
        input[a + 1] = single ? 0 : real[f + n];
      }
    }
    const result = plan.forward(batch);
    for (let l = 0; l < batch; l++) {
      const row = first + 2 * l;
      let t = 2 * (spectrumAt + row * nc);
      const single = row + 1 === rows;
      for (let k = 0; k < nc; k++, t += 2) {
        const a = 2 * (k * batch + l);
        const b = 2 * ((k === 0 ? 0 : n - k) * batch + l);
        const zr = result[a];
        const zi = result[a + 1];
        const cr = result[b];
        const ci = result[b + 1];
        spectrum[t] = 0.5 * (zr + cr);
        spectrum[t + 1] = 0.5 * (zi - ci);
        if (single) continue;
        spectrum[t + 2 * nc] = 0.5 * (zi + ci);
        spectrum[t + 2 * nc + 1] = 0.5 * (cr - zr);
      }
    }
  }
}

/**
 * Inverse of `realRows`, times `scale`. The imaginary parts of k = 0 and of k = n/2 (even n) are taken as 0.
 *
 * @param spectrum interleaved complex, shape [rows, floor(n/2)+1], from complex index `spectrumAt` on
 * @param real shape [rows, n], from index `realAt` on
 * @param n length of a row, count
 * @param rows count
 * @param scale factor on the result
 */
export function realRowsInverse(
  spectrum: Float32Array,
  spectrumAt: number,
  real: Float32Array,
  realAt: number,
  n: number,
  rows: number,
  scale: number,
): void {
  const plan = FftPlan.of(n);
  const { input } = plan;
  const nc = (n >> 1) + 1;
  for (let first = 0; first < rows; first += 2 * BATCH) {
    const batch = Math.min(BATCH, (rows - first + 1) >> 1);
    for (let l = 0; l < batch; l++) {
      const row = first + 2 * l;
      const single = row + 1 === rows;
      let f = 2 * (spectrumAt + row * nc);
      for (let k = 0; k < nc; k++, f += 2) {
        const mirror = n - k;
        const self = k === 0 || 2 * k === n;
        const ar = spectrum[f];
        const ai = self ? 0 : spectrum[f + 1];
        const br = single ? 0 : spectrum[f + 2 * nc];
        const bi = single || self ? 0 : spectrum[f + 2 * nc + 1];
        // Z_k = A + iB and Z_{n-k} = A* + iB*, stored with re and im swapped
        const a = 2 * (k * batch + l);
        input[a + 1] = ar - bi;
        input[a] = ai + br;
        if (self) continue;
        const b = 2 * (mirror * batch + l);
        input[b + 1] = ar + bi;
        input[b] = br - ai;
      }
    }
    const result = plan.forward(batch);
    const step = 2 * batch;
    for (let l = 0; l < batch; l++) {
      const row = first + 2 * l;
      const single = row + 1 === rows;
      let t = realAt + row * n;
      for (let i = 0, a = 2 * l; i < n; i++, a += step, t++) {
        real[t] = scale * result[a + 1];
        if (!single) real[t + n] = scale * result[a];
      }
    }
  }
}
