import { CsError } from '../base/errors.ts';
import { sumOverGroup } from './grid-symmetry.ts';
import {
  type CellReader,
  griddingEnvelope,
  gridToVolume,
  type HalfGrid,
  halfGrid,
  maxSquaredRadius,
} from './half-grid.ts';
import { sphereMask } from './masks.ts';

/** A back-projector's memory as it crosses to other threads: `cells` lies in a SharedArrayBuffer. */
export interface SharedBackProjector {
  readonly n: number;
  readonly padding: number;
  readonly cells: Float32Array;
  readonly folded: boolean;
}

/** Rows y of the grid, from `first` to before `end`, counted from the grid's edge: what one thread may write to. */
export interface Slab {
  readonly first: number;
  readonly end: number;
}

export interface ReconstructOptions {
  /**
   * signal power by shell of the n-px box, in units of the noise power of one image's transform (Wiener filter);
   * without it only the floor of weights applies
   */
  readonly tau2?: Float64Array;
  /** frequencies beyond are 0; default n/2, px */
  readonly maxRadius_px?: number;
  /** radius of the soft spherical window, px; default n/2 less the edge */
  readonly window_px?: number;
  /** width of the window's cosine edge, px */
  readonly edge_px?: number;
}

/**
 * Three-dimensional reconstruction by direct Fourier inversion: the least-squares estimate for images
 * F_i = CTF_i · V(R_iᵀ k) + noise is
 *   V(k) = Σ_i w_i CTF_i F_i / (Σ_i w_i CTF_i² + 1/τ²),
 * numerator and denominator being spread to the grid by the adjoint of trilinear slicing. See Scheres, J. Struct. Biol.
 * 180:519, 2012, doi:10.1016/j.jsb.2012.09.006, eq. 7. Half of Fourier space (x ≥ 0) is kept; the plane x = 0, in which
 * each sample lies with its Friedel mate, is completed by `fold`.
 */
export class BackProjector {
  readonly n: number;
  readonly padding: number;
  readonly grid: HalfGrid;
  /** per cell: numerator re, im, and denominator */
  readonly cells: Float32Array;
  private folded: boolean;

  /**
   * @param n side of images and volume, px
   * @param options `padding` of the grid; `cells`: memory to work on (3 numbers a cell), zeros or another's sums, and
   *   whether those are `folded`
   */
  constructor(n: number, options: { padding?: number; cells?: Float32Array; folded?: boolean } = {}) {
    this.n = n;
    this.folded = options.folded ?? false;
    this.padding = options.padding ?? 2;
    this.grid = halfGrid(n, this.padding);
    this.cells = options.cells ?? new Float32Array(new SharedArrayBuffer(BackProjector.bytes(n, this.padding)));
    if (this.cells.length !== 3 * this.grid.cells) {
      const message = `Memory of a back-projector has ${this.cells.length} numbers, wanted ${3 * this.grid.cells}.`;
      throw new CsError('bug', 'CS_GRID_SIZE', message, { n, padding: this.padding });
    }
  }

  /** Memory that the sums of one back-projector take, bytes. @param n side, px @param padding whole number */
  static bytes(n: number, padding: number): number {
    return 12 * halfGrid(n, padding).cells;
  }

  /** What another thread needs to add to the same sums; two threads must not write to the same slab at once. */
  share(): SharedBackProjector {
    return { n: this.n, padding: this.padding, cells: this.cells, folded: this.folded };
  }

  /** The back-projector on memory of another thread. Fold before sharing what is to be read: threads must not. */
  static attach(shared: SharedBackProjector): BackProjector {
    return new BackProjector(shared.n, shared);
  }

  /**
   * The grid cut into at most `count` slabs of about equal work: samples of central slices in random directions have a
   * density of (radius - |y|) on the y axis.
   */
  slabs(count: number): Slab[] {
    const { side, radius } = this.grid;
    const cuts = Array.from({ length: count + 1 }, (_, i) => {
      const share = i / count;
      const y = share < 0.5 ? Math.sqrt(2 * share) - 1 : 1 - Math.sqrt(2 - 2 * share);
      return i === count ? side : Math.round(radius * (1 + y));
    });
    return cuts
      .slice(1)
      .map((end, i) => ({ first: cuts[i], end }))
      .filter(({ first, end }) => end > first);
  }

  /**
   * Add one image: the adjoint of `Projector.slice`, w·CTF·F to the numerator and w·CTF² to the denominator.
   * Of the samples with kx = 0 only those with ky ≥ 0 are used, since the others repeat them.
   *
   * @param spectrum half-complex, shape [n, n/2+1], origin of the image at index 0
   * @param ctf shape [n, n/2+1], or null for 1
   * @param R rotation world → view, row-major, 9 numbers
   * @param weight w, no unit
   * @param slab rows to write to; the sum over slabs that cover the grid is the whole
   * @param maxRadius_px frequencies beyond are left out; at most n/2
   */
  insert(
    spectrum: Float32Array,
    ctf: Float32Array | null,
    R: Float64Array,
    weight: number,
    slab: Slab = { first: 0, end: this.grid.side },
    maxRadius_px: number = this.n / 2,
  ): void {
    if (this.folded) throw new CsError('bug', 'CS_GRID_FOLDED', 'An image was added to sums that were folded already.');
    const { n, padding, cells } = this;
    const { radius, side, width } = this.grid;
    const nc = Math.floor(n / 2) + 1;
    const max2 = maxSquaredRadius(n, maxRadius_px);
    const ax = padding * R[0];
    const ay = padding * R[1];
    const az = padding * R[2];
    const low = slab.first - radius;
    const high = slab.end - 1 - radius;
    const centre = (radius * side + radius) * width;
    const stepY = 3 * width;
    const stepZ = 3 * side * width;
    for (let row = 0; row < n; row++) {
      const ky = row < n - row ? row : row - n;
      if (ky * ky > max2) continue;
      const bx = padding * R[3] * ky;
      const by = padding * R[4] * ky;
      const bz = padding * R[5] * ky;
      const kxEnd = Math.min(nc - 1, Math.floor(Math.sqrt(max2 - ky * ky)));
      const kxFirst = ky < 0 ? 1 : 0;
      // samples at x ≥ 0 first, then those whose Friedel mate is: each time only where the row passes through the slab
      for (let sign = 1; sign >= -1; sign -= 2) {
        const slope = sign * ay;
        const enter = slope === 0 ? 0 : (low - 1 - sign * by) / slope;
        const leave = slope === 0 ? kxEnd : (high + 1 - sign * by) / slope;
        const start = Math.max(kxFirst, Math.floor(Math.min(enter, leave)));
        const end = Math.min(kxEnd, Math.ceil(Math.max(enter, leave)));
        for (let kx = start; kx <= end; kx++) {
          const stored = kx * ax + bx;
          if (stored < 0 !== sign < 0) continue;
          const x = sign * stored;
          const y = sign * (kx * ay + by);
          const y0 = Math.floor(y);
          if (y0 > high || y0 + 1 < low) continue;
          const z = sign * (kx * az + bz);
          const x0 = Math.floor(x);
          const z0 = Math.floor(z);
          const fx = x - x0;
          const fy = y - y0;
          const fz = z - z0;
          const at = row * nc + kx;
          const c = ctf ? ctf[at] : 1;
          const wc = weight * c;
          const re = wc * spectrum[2 * at];
          const im = sign * wc * spectrum[2 * at + 1];
          const power = wc * c;
          const base = 3 * (centre + (z0 * side + y0) * width + x0);
          if (y0 >= low) {
            addPair(cells, base, (1 - fz) * (1 - fy), fx, re, im, power);
            addPair(cells, base + stepZ, fz * (1 - fy), fx, re, im, power);
          }
          if (y0 < high) {
            addPair(cells, base + stepY, (1 - fz) * fy, fx, re, im, power);
            addPair(cells, base + stepZ + stepY, fz * fy, fx, re, im, power);
          }
        }
      }
    }
  }

  /** Add another's sums. Both folded or both not. */
  mergeFrom(other: BackProjector): void {
    if (other.folded !== this.folded || other.cells.length !== this.cells.length) {
      throw new CsError(
        'bug',
        'CS_GRID_FOLDED',
        'Sums of different grids, or folded and not folded ones, cannot be added.',
      );
    }
    const { cells } = this;
    for (let i = 0; i < cells.length; i++) cells[i] += other.cells[i];
  }

  /**
   * Complete the plane x = 0: a sample at (x, y, z) near it also lies at (-x, -y, -z) with the conjugate value, whose
   * share of the plane falls on (0, -y, -z). Done once, before anything reads the sums.
   */
  fold(): void {
    if (this.folded) return;
    this.folded = true;
    const { cells } = this;
    const { side, width } = this.grid;
    const last = side * side - 1;
    for (let row = 0; row <= last - row; row++) {
      const a = 3 * row * width;
      const b = 3 * (last - row) * width;
      const re = cells[a] + cells[b];
      const im = cells[a + 1] - cells[b + 1];
      const power = cells[a + 2] + cells[b + 2];
      cells[a] = re;
      cells[a + 1] = im;
      cells[a + 2] = power;
      cells[b] = re;
      cells[b + 1] = -im;
      cells[b + 2] = power;
    }
  }

  /**
   * Sums of all symmetry-related views, numerator and denominator alike: S(k) = Σ_Q S(Q k), interpolated trilinearly.
   *
   * @param operators rotations of the point group with the identity, row-major, 9 numbers each
   * @param result where to write; a new back-projector when left out
   * @param sections sections z to compute, counted from the grid's edge, for sharing the work among threads
   */
  applySymmetry(
    operators: readonly Float64Array[],
    result: BackProjector = new BackProjector(this.n, { padding: this.padding }),
    sections: Slab = { first: 0, end: this.grid.side },
  ): BackProjector {
    this.fold();
    result.folded = true;
    sumOverGroup(this.cells, this.grid, operators, result.cells, sections);
    return result;
  }

  /** Mean denominator by shell of the n-px box, index 0 to floor(n/2). Shell of a cell: its radius/padding, rounded. */
  meanWeights(): Float64Array {
    this.fold();
    const { cells, padding, n } = this;
    const { radius, side, width } = this.grid;
    const shells = Math.floor(n / 2) + 1;
    const sum = new Float64Array(shells);
    const count = new Float64Array(shells);
    for (let iz = 0, at = 2; iz < side; iz++) {
      for (let iy = 0; iy < side; iy++) {
        const yz2 = (iz - radius) ** 2 + (iy - radius) ** 2;
        for (let x = 0; x < width; x++, at += 3) {
          const shell = Math.round(Math.sqrt(yz2 + x * x) / padding);
          if (shell >= shells) continue;
          sum[shell] += cells[at];
          count[shell]++;
        }
      }
    }
    for (let s = 0; s < shells; s++) sum[s] /= Math.max(1, count[s]);
    return sum;
  }

  /**
   * The map: numerator / (denominator + 1/(padding³ τ²)), transformed back, cut to n³, divided by the envelope of the
   * interpolation, windowed. A denominator below 1/1000 of its shell's mean is raised to that, so that directions which
   * no image covers are not amplified; shells without any image are 0. (A cell of the padded grid collects 1/padding³
   * of the weight of an independent Fourier component, hence the factor on τ².)
   *
   * @param out shape [n, n, n]
   * @returns `out`
   */
  reconstruct(options: ReconstructOptions = {}, out: Float32Array = new Float32Array(this.n ** 3)): Float32Array {
    const { cells, n, padding, grid } = this;
    const { radius, side, width } = grid;
    const mean = this.meanWeights();
    const floor = mean.map((w) => w / 1000);
    const prior = mean.map((_, s) => (options.tau2 ? 1 / Math.max(padding ** 3 * options.tau2[s], 1e-30) : 0));
    const max2 = padding ** 2 * maxSquaredRadius(n, options.maxRadius_px ?? n / 2);
    const read: CellReader = (z, y, first, batch, line, to) => {
      let at = 3 * (((z + radius) * side + y + radius) * width + first);
      const yz2 = z * z + y * y;
      for (let x = first; x < first + batch; x++, at += 3, to += 2) {
        const r2 = yz2 + x * x;
        const shell = Math.round(Math.sqrt(r2) / padding);
        const used = r2 <= max2 && mean[shell] > 0;
        const gain = used ? 1 / (Math.max(cells[at + 2], floor[shell]) + prior[shell]) : 0;
        line[to] = gain * cells[at];
        line[to + 1] = gain * cells[at + 1];
      }
    };
    gridToVolume(grid, read, out);
    const edge_px = options.edge_px ?? Math.max(2, 0.03 * n);
    const window = sphereMask(n, options.window_px ?? n / 2 - edge_px, edge_px);
    const envelope = griddingEnvelope(grid);
    for (let z = 0, i = 0; z < n; z++) {
      for (let y = 0; y < n; y++) {
        const zy = envelope[z] * envelope[y];
        for (let x = 0; x < n; x++, i++) out[i] *= window[i] / (zy * envelope[x]);
      }
    }
    return out;
  }
}

function addPair(cells: Float32Array, at: number, w: number, fx: number, re: number, im: number, power: number): void {
  const w0 = w * (1 - fx);
  const w1 = w * fx;
  cells[at] += w0 * re;
  cells[at + 1] += w0 * im;
  cells[at + 2] += w0 * power;
  cells[at + 3] += w1 * re;
  cells[at + 4] += w1 * im;
  cells[at + 5] += w1 * power;
}
