import type { Rng } from '../base/rng.ts';
import { RealFft3 } from './fft.ts';

/**
 * Fourier shell correlation Re Σ a b* / √(Σ|a|² Σ|b|²) of two volumes, by shell. Shell of a frequency: its length in
 * units of 1/n, rounded. A shell in which one volume is empty has 0. Harauz & van Heel, Optik 73:146, 1986.
 *
 * @param a shape [n, n, n] @param b shape [n, n, n]
 * @param n side, px
 * @returns shells 0 to floor(n/2)
 */
export function fsc(a: Float32Array, b: Float32Array, n: number): Float64Array {
  const fft = new RealFft3(n, n, n);
  return fscOfSpectra(fft.forward(a), fft.forward(b), n);
}

/** As `fsc`, of half-complex spectra, shape [n, n, n/2+1]. @param n side, px */
export function fscOfSpectra(a: Float32Array, b: Float32Array, n: number): Float64Array {
  const shells = Math.floor(n / 2) + 1;
  const cross = new Float64Array(shells);
  const powerA = new Float64Array(shells);
  const powerB = new Float64Array(shells);
  eachFrequency(n, (at, shell, count) => {
    cross[shell] += count * (a[at] * b[at] + a[at + 1] * b[at + 1]);
    powerA[shell] += count * (a[at] ** 2 + a[at + 1] ** 2);
    powerB[shell] += count * (b[at] ** 2 + b[at + 1] ** 2);
  });
  return cross.map((c, s) => (powerA[s] > 0 && powerB[s] > 0 ? c / Math.sqrt(powerA[s] * powerB[s]) : 0));
}

/**
 * Mean |F|² by shell, for Guinier plots.
 * @param volume shape [n, n, n] @param n side, px @returns shells 0 to floor(n/2)
 */
export function shellPower(volume: Float32Array, n: number): Float64Array {
  const spectrum = new RealFft3(n, n, n).forward(volume);
  const power = new Float64Array(Math.floor(n / 2) + 1);
  const counts = new Float64Array(power.length);
  eachFrequency(n, (at, shell, count) => {
    power[shell] += count * (spectrum[at] ** 2 + spectrum[at + 1] ** 2);
    counts[shell] += count;
  });
  return power.map((p, s) => p / counts[s]);
}

/**
 * Resolution at which a curve first falls below a threshold, interpolated linearly between shells.
 *
 * @param curve FSC by shell @param threshold for example 0.143 (Rosenthal & Henderson 2003, doi:10.1016/j.jmb.2003.07.013)
 * @param n side, px @param psize_A voxel size, Å
 * @returns Å; the Nyquist limit when the curve never falls below, the box's side when it does so in shell 1
 */
export function resolutionAt(curve: Float64Array, threshold: number, n: number, psize_A: number): number {
  for (let s = 1; s < curve.length; s++) {
    if (curve[s] >= threshold) continue;
    if (s === 1) return n * psize_A;
    const shell = s - 1 + (curve[s - 1] - threshold) / (curve[s - 1] - curve[s]);
    return (n * psize_A) / shell;
  }
  return (n * psize_A) / (curve.length - 1);
}

/**
 * A map with the same amplitudes and, from one shell on, random phases: those of the transform of white noise, so that
 * Friedel's law holds.
 * @param volume shape [n, n, n] @param n side, px @param fromShell first shell to change
 */
export function randomisePhases(volume: Float32Array, n: number, fromShell: number, rng: Rng): Float32Array {
  const fft = new RealFft3(n, n, n);
  const noise = new Float32Array(n ** 3);
  for (let i = 0; i < noise.length; i++) noise[i] = rng.normal();
  const phases = fft.forward(noise);
  const spectrum = fft.forward(volume);
  for (let z = 0, at = 0; z < n; z++) {
    const kz = z <= n / 2 ? z : z - n;
    for (let y = 0; y < n; y++) {
      const ky = y <= n / 2 ? y : y - n;
      for (let x = 0; x < fft.nxc; x++, at += 2) {
        if (Math.round(Math.sqrt(kz * kz + ky * ky + x * x)) < fromShell) continue;
        const gain = Math.hypot(spectrum[at], spectrum[at + 1]) / Math.hypot(phases[at], phases[at + 1]);
        spectrum[at] = gain * phases[at];
        spectrum[at + 1] = gain * phases[at + 1];
      }
    }
  }
  return fft.inverse(spectrum, undefined, spectrum);
}

/**
 * FSC of masked maps without what the mask alone correlates: (FSC_t - FSC_n)/(1 - FSC_n), where FSC_n comes from maps
 * with phases randomised from `fromShell` on; used from two shells beyond it. Chen et al., Ultramicroscopy 135:24,
 * 2013, doi:10.1016/j.ultramic.2013.06.004, eq. 4.
 *
 * @param masked FSC_t by shell @param randomised FSC_n by shell @param fromShell first shell with random phases
 */
export function correctedFsc(masked: Float64Array, randomised: Float64Array, fromShell: number): Float64Array {
  return masked.map((t, s) => {
    const r = randomised[s];
    if (s < fromShell + 2) return t;
    return r >= 1 || r > t ? 0 : (t - r) / (1 - r);
  });
}

/** Visit a half-complex spectrum [n, n, n/2+1] up to shell floor(n/2); `count` is 2 where the Friedel mate is not stored. */
function eachFrequency(n: number, visit: (at: number, shell: number, count: number) => void): void {
  const nxc = Math.floor(n / 2) + 1;
  for (let z = 0, at = 0; z < n; z++) {
    const kz = z <= n / 2 ? z : z - n;
    for (let y = 0; y < n; y++) {
      const ky = y <= n / 2 ? y : y - n;
      for (let x = 0; x < nxc; x++, at += 2) {
        const shell = Math.round(Math.sqrt(kz * kz + ky * ky + x * x));
        if (shell < nxc) visit(at, shell, x === 0 || 2 * x === n ? 1 : 2);
      }
    }
  }
}
