import { CsError } from '../base/errors.ts';
import { griddingEnvelope, type HalfGrid, halfGrid, maxSquaredRadius, volumeToGrid } from './half-grid.ts';

/** A projector's memory as it crosses to other threads: `spectrum` lies in a SharedArrayBuffer. */
export interface SharedProjector {
  readonly n: number;
  readonly padding: number;
  readonly spectrum: Float32Array;
}

/**
 * Cuts central slices out of a volume's Fourier transform: by the projection-slice theorem, transforms of projections.
 *
 * The projection of V in the view R (view = R · world) is P(x, y) = Σ_z V(Rᵀ(x, y, z)); its transform is
 * P(kx, ky) = V(Rᵀ(kx, ky, 0)). Values between cells of the zero-padded transform are interpolated trilinearly; the
 * volume is divided by the interpolation's real-space envelope (sinc² on each axis) before. For kx < 0 Friedel's law
 * V(-k) = V*(k) is used. See Penczek, Methods Enzymol. 482:1, 2010, doi:10.1016/S0076-6879(10)82001-4.
 */
export class Projector {
  readonly n: number;
  readonly padding: number;
  readonly grid: HalfGrid;
  private readonly spectrum: Float32Array;

  /**
   * @param volume shape [n, n, n], origin at pixel floor(n/2)
   * @param n side, px
   * @param options `padding`: whole number of times that the volume is padded
   */
  constructor(volume: Float32Array, n: number, options: { padding?: number } = {}) {
    if (volume.length !== n ** 3) {
      const message = `A volume has ${volume.length} voxels, wanted ${n}³ = ${n ** 3}.`;
      throw new CsError('bug', 'CS_VOLUME_SHAPE', message, { found: volume.length, n });
    }
    this.n = n;
    this.padding = options.padding ?? 2;
    this.grid = halfGrid(n, this.padding);
    this.spectrum = new Float32Array(new SharedArrayBuffer(8 * this.grid.cells));
    volumeToGrid(volume, this.grid, this.spectrum, griddingEnvelope(this.grid));
  }

  /** What another thread needs to make the same projector without a copy. */
  share(): SharedProjector {
    return { n: this.n, padding: this.padding, spectrum: this.spectrum };
  }

  /** The projector on memory of another thread. */
  static attach(shared: SharedProjector): Projector {
    const projector = Object.create(Projector.prototype) as { -readonly [K in keyof Projector]: Projector[K] };
    const grid = halfGrid(shared.n, shared.padding);
    Object.assign(projector, { n: shared.n, padding: shared.padding, grid, spectrum: shared.spectrum });
    return projector as Projector;
  }

  /**
   * Transform of the projection in one view.
   *
   * @param R rotation world → view, row-major, 9 numbers
   * @param maxRadius_px frequencies beyond it, and from the Nyquist frequency on, are 0; at most n/2
   * @param out half-complex, shape [n, n/2+1], of an image whose origin is at index 0; overwritten
   * @returns `out`
   */
  slice(R: Float64Array, maxRadius_px: number, out: Float32Array): Float32Array {
    const { n, padding, spectrum } = this;
    const { radius, side, width } = this.grid;
    const nc = Math.floor(n / 2) + 1;
    const max2 = maxSquaredRadius(n, maxRadius_px);
    const ax = padding * R[0];
    const ay = padding * R[1];
    const az = padding * R[2];
    const centre = (radius * side + radius) * width;
    const stepY = 2 * width;
    const stepZ = 2 * side * width;
    out.fill(0);
    for (let row = 0; row < n; row++) {
      const ky = row < n - row ? row : row - n;
      if (ky * ky > max2) continue;
      const bx = padding * R[3] * ky;
      const by = padding * R[4] * ky;
      const bz = padding * R[5] * ky;
      const kxEnd = Math.min(nc - 1, Math.floor(Math.sqrt(max2 - ky * ky)));
      for (let kx = 0, o = 2 * row * nc; kx <= kxEnd; kx++, o += 2) {
        let x = kx * ax + bx;
        let y = kx * ay + by;
        let z = kx * az + bz;
        const flip = x < 0;
        if (flip) {
          x = -x;
          y = -y;
          z = -z;
        }
        const x0 = Math.floor(x);
        const y0 = Math.floor(y);
        const z0 = Math.floor(z);
        const fx = x - x0;
        const fy = y - y0;
        const fz = z - z0;
        const gx = 1 - fx;
        const w00 = (1 - fz) * (1 - fy);
        const w01 = (1 - fz) * fy;
        const w10 = fz * (1 - fy);
        const w11 = fz * fy;
        const a = 2 * (centre + (z0 * side + y0) * width + x0);
        const b = a + stepY;
        const c = a + stepZ;
        const d = c + stepY;
        out[o] =
          w00 * (gx * spectrum[a] + fx * spectrum[a + 2]) +
          w01 * (gx * spectrum[b] + fx * spectrum[b + 2]) +
          w10 * (gx * spectrum[c] + fx * spectrum[c + 2]) +
          w11 * (gx * spectrum[d] + fx * spectrum[d + 2]);
        const im =
          w00 * (gx * spectrum[a + 1] + fx * spectrum[a + 3]) +
          w01 * (gx * spectrum[b + 1] + fx * spectrum[b + 3]) +
          w10 * (gx * spectrum[c + 1] + fx * spectrum[c + 3]) +
          w11 * (gx * spectrum[d + 1] + fx * spectrum[d + 3]);
        out[o + 1] = flip ? -im : im;
      }
    }
    return out;
  }
}
