import type { Rng } from '../../base/rng.ts';
import type { Dataset } from '../../data/dataset.ts';
import { ctf2d, ctfParamsOf } from '../../math/ctf.ts';
import { RealFft2 } from '../../math/fft.ts';
import type { Projector } from '../../math/projector.ts';
import { poseToMatrix } from '../../math/rotation.ts';

/**
 * The forward model: image of a particle = gain · sign · (-C) · shifted projection, plus white noise of variance 1.
 *
 * C is negative for underfocus (`ctf2d`), so that a particle is dark with `blob/sign` -1 and bright with 1. With shift s
 * (`alignments3D/shift`, px) the transform is multiplied by exp(+2πi k·s/n): the particle lies at minus s from the
 * centre, pixel floor(n/2).
 */
export class ParticleImages {
  private readonly projector: Projector;
  private readonly particles: Dataset;
  private readonly n: number;
  private readonly psize_A: number;
  private readonly fft: RealFft2;
  private readonly spectrum: Float32Array;
  private readonly ctf: Float32Array;
  private readonly R = new Float64Array(9);

  /** @param particles rows with slots blob, ctf and alignments3D; @param psize_A of the projector's map */
  constructor(projector: Projector, particles: Dataset, psize_A: number) {
    this.projector = projector;
    this.particles = particles;
    this.n = projector.n;
    this.psize_A = psize_A;
    this.fft = new RealFft2(this.n, this.n);
    this.spectrum = new Float32Array(2 * this.n * this.fft.nxc);
    this.ctf = new Float32Array(this.n * this.fft.nxc);
  }

  /**
   * Image without noise.
   * @param gain factor of the density @param out shape [n, n], origin at pixel floor(n/2); overwritten @returns `out`
   */
  clean(row: number, gain: number, out: Float32Array): Float32Array {
    const { n, spectrum, ctf, particles } = this;
    const nxc = this.fft.nxc;
    const pose = particles.f4('alignments3D/pose');
    const shift = particles.f4('alignments3D/shift');
    poseToMatrix(pose[3 * row], pose[3 * row + 1], pose[3 * row + 2], this.R);
    this.projector.slice(this.R, n / 2, spectrum);
    ctf2d(ctfParamsOf(particles, row), n, this.psize_A, ctf);
    const factor = -gain * particles.f4('blob/sign')[row];
    // the origin goes from index 0 to pixel floor(n/2), less the shift
    const dx = (2 * Math.PI * (shift[2 * row] - Math.floor(n / 2))) / n;
    const dy = (2 * Math.PI * (shift[2 * row + 1] - Math.floor(n / 2))) / n;
    const [stepRe, stepIm] = [Math.cos(dx), Math.sin(dx)];
    for (let y = 0, at = 0; y < n; y++) {
      const ky = y <= n / 2 ? y : y - n;
      // exp(i (kx dx + ky dy)) along a row by one complex product a step
      let re = Math.cos(ky * dy);
      let im = Math.sin(ky * dy);
      for (let x = 0; x < nxc; x++, at++) {
        const c = factor * ctf[at];
        const a = spectrum[2 * at];
        const b = spectrum[2 * at + 1];
        spectrum[2 * at] = c * (a * re - b * im);
        spectrum[2 * at + 1] = c * (a * im + b * re);
        const next = re * stepRe - im * stepIm;
        im = re * stepIm + im * stepRe;
        re = next;
      }
    }
    return this.fft.inverse(spectrum, out);
  }

  /** Add white noise of variance 1. @param image overwritten */
  static addNoise(image: Float32Array, rng: Rng): void {
    for (let i = 0; i < image.length; i++) image[i] += rng.normal();
  }
}

/**
 * Radius around the origin within which a fraction of the squared density lies.
 * @param map shape [n, n, n] @param n side, px @param fraction 0 to 1 @returns px, at most n/2
 */
export function radiusOfDensity_px(map: Float32Array, n: number, fraction: number): number {
  const shells = new Float64Array(n);
  const centre = Math.floor(n / 2);
  let total = 0;
  for (let z = 0, at = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      const r2 = (z - centre) ** 2 + (y - centre) ** 2;
      for (let x = 0; x < n; x++, at++) {
        const power = map[at] * map[at];
        shells[Math.min(n - 1, Math.ceil(Math.sqrt(r2 + (x - centre) ** 2)))] += power;
        total += power;
      }
    }
  }
  let sum = 0;
  const radius = shells.findIndex((power) => (sum += power) >= fraction * total);
  return Math.max(1, Math.min(radius, Math.floor(n / 2)));
}

/** Variance of an image's values within a circle around pixel floor(n/2). @param image shape [n, n] @param n side, px */
export function varianceInCircle(image: Float32Array, n: number, radius_px: number): number {
  const centre = Math.floor(n / 2);
  let [count, sum, squares] = [0, 0, 0];
  for (let y = 0, at = 0; y < n; y++) {
    for (let x = 0; x < n; x++, at++) {
      if ((x - centre) ** 2 + (y - centre) ** 2 > radius_px * radius_px) continue;
      count++;
      sum += image[at];
      squares += image[at] ** 2;
    }
  }
  return squares / count - (sum / count) ** 2;
}
