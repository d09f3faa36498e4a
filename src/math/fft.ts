import { CsError } from '../base/errors.ts';
import { complexLines, realRows, realRowsInverse } from './fft-lines.ts';

/**
 * Discrete Fourier transforms. Forward: Σ_j x_j exp(-2πi jk/n), unnormalised; inverse: exp(+2πi jk/n) and 1/N.
 * Any size; factors 2, 3, 5, 7, 11, 13 are fast. Arithmetic is in double precision, data in single precision.
 * Spectra of real data are half-complex: interleaved re, im, FFT order on all axes but x, which ends at floor(nx/2).
 */

/** One-dimensional complex transform of `n` numbers. */
export class ComplexFft {
  readonly n: number;

  /** @param n length, count */
  constructor(n: number) {
    this.n = n;
  }

  /** @param data interleaved complex, n numbers @param out as `data`, may be the same @returns `out` */
  forward(data: Float32Array, out: Float32Array = new Float32Array(2 * this.n)): Float32Array {
    return this.transform(data, out, false, 1);
  }

  /** Inverse of `forward`. @param data interleaved complex, n numbers @returns `out` */
  inverse(data: Float32Array, out: Float32Array = new Float32Array(2 * this.n)): Float32Array {
    return this.transform(data, out, true, 1 / this.n);
  }

  private transform(data: Float32Array, out: Float32Array, inverse: boolean, scale: number): Float32Array {
    checkLength('complex line', data, 2 * this.n);
    checkLength('result', out, 2 * this.n);
    complexLines(data, 0, 1, out, 0, 1, this.n, 1, inverse, scale);
    return out;
  }
}

/** Transform of real images, shape [ny, nx]; spectrum half-complex, shape [ny, floor(nx/2)+1]. */
export class RealFft2 {
  readonly ny: number;
  readonly nx: number;
  /** complex numbers in a spectrum's row */
  readonly nxc: number;
  private work: Float32Array | null = null;

  /** @param ny rows, px @param nx columns, px */
  constructor(ny: number, nx: number) {
    this.ny = ny;
    this.nx = nx;
    this.nxc = Math.floor(nx / 2) + 1;
  }

  /** @param real shape [ny, nx] @param out half-complex, shape [ny, nx/2+1] @returns `out` */
  forward(real: Float32Array, out: Float32Array = new Float32Array(2 * this.ny * this.nxc)): Float32Array {
    const { ny, nx, nxc } = this;
    checkLength('image', real, ny * nx);
    checkLength('spectrum', out, 2 * ny * nxc);
    realRows(real, 0, out, 0, nx, ny);
    complexLines(out, 0, nxc, out, 0, nxc, ny, nxc, false, 1);
    return out;
  }

  /** @param spectrum half-complex, shape [ny, nx/2+1], left as it is @param out shape [ny, nx] @returns `out` */
  inverse(spectrum: Float32Array, out: Float32Array = new Float32Array(this.ny * this.nx)): Float32Array {
    const { ny, nx, nxc } = this;
    checkLength('spectrum', spectrum, 2 * ny * nxc);
    checkLength('image', out, ny * nx);
    this.work ??= new Float32Array(2 * ny * nxc);
    complexLines(spectrum, 0, nxc, this.work, 0, nxc, ny, nxc, true, 1 / ny);
    realRowsInverse(this.work, 0, out, 0, nx, ny, 1 / nx);
    return out;
  }
}

/** Transform of real volumes, shape [nz, ny, nx]; spectrum half-complex, shape [nz, ny, floor(nx/2)+1]. */
export class RealFft3 {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  /** complex numbers in a spectrum's row */
  readonly nxc: number;

  /** @param nz sections, px @param ny rows, px @param nx columns, px */
  constructor(nz: number, ny: number, nx: number) {
    this.nz = nz;
    this.ny = ny;
    this.nx = nx;
    this.nxc = Math.floor(nx / 2) + 1;
  }

  /** @param real shape [nz, ny, nx] @param out half-complex, shape [nz, ny, nx/2+1] @returns `out` */
  forward(real: Float32Array, out: Float32Array = new Float32Array(2 * this.nz * this.ny * this.nxc)): Float32Array {
    const { nz, ny, nx, nxc } = this;
    checkLength('volume', real, nz * ny * nx);
    checkLength('spectrum', out, 2 * nz * ny * nxc);
    for (let z = 0; z < nz; z++) {
      realRows(real, z * ny * nx, out, z * ny * nxc, nx, ny);
      complexLines(out, z * ny * nxc, nxc, out, z * ny * nxc, nxc, ny, nxc, false, 1);
    }
    complexLines(out, 0, ny * nxc, out, 0, ny * nxc, nz, ny * nxc, false, 1);
    return out;
  }

  /**
   * @param spectrum half-complex, shape [nz, ny, nx/2+1]
   * @param out shape [nz, ny, nx]
   * @param work takes the half-way result, length of `spectrum`; give `spectrum` itself when it is no longer needed
   * @returns `out`
   */
  inverse(
    spectrum: Float32Array,
    out: Float32Array = new Float32Array(this.nz * this.ny * this.nx),
    work: Float32Array = new Float32Array(spectrum.length),
  ): Float32Array {
    const { nz, ny, nx, nxc } = this;
    checkLength('spectrum', spectrum, 2 * nz * ny * nxc);
    checkLength('work space', work, 2 * nz * ny * nxc);
    checkLength('volume', out, nz * ny * nx);
    complexLines(spectrum, 0, ny * nxc, work, 0, ny * nxc, nz, ny * nxc, true, 1 / nz);
    for (let z = 0; z < nz; z++) {
      complexLines(work, z * ny * nxc, nxc, work, z * ny * nxc, nxc, ny, nxc, true, 1 / ny);
      realRowsInverse(work, z * ny * nxc, out, z * ny * nx, nx, ny, 1 / nx);
    }
    return out;
  }
}

function checkLength(what: string, array: Float32Array, wanted: number): void {
  if (array.length !== wanted) {
    const message = `A ${what} of a Fourier transform has ${array.length} numbers, wanted ${wanted}.`;
    throw new CsError('bug', 'CS_FFT_SHAPE', message, { found: array.length, wanted });
  }
}
