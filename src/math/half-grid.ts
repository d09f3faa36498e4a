import { CsError } from '../base/errors.ts';
import { complexLines, realRows, realRowsInverse } from './fft-lines.ts';
import { BATCH, FftPlan } from './fft-plan.ts';

/**
 * The half of a Fourier volume with kx ≥ 0 that slices are cut from and inserted into.
 *
 * A volume of side n is zero-padded to `padded` = padding·n, so that grid cell u holds frequency u/padding of the
 * volume's own transform. Cells are kept for |u| ≤ `radius` on each axis, origin in the centre: cell (z, y, x) is
 * number ((z + radius)·side + y + radius)·width + x. The outermost layer is a guard: it stays 0 and lets trilinear
 * interpolation read one cell beyond the Nyquist frequency. The real-space origin is the volume's pixel floor(n/2),
 * so that phases are centred.
 */
export interface HalfGrid {
  readonly n: number;
  readonly padding: number;
  readonly padded: number;
  readonly radius: number;
  /** cells along z and y */
  readonly side: number;
  /** cells along x */
  readonly width: number;
  /** cells in all */
  readonly cells: number;
}

/**
 * @param n side of the volume, px
 * @param padding whole number, 1 to 4; 2 is customary
 * @throws CsError `bug` `CS_GRID_SIZE`
 */
export function halfGrid(n: number, padding: number): HalfGrid {
  if (!Number.isInteger(n) || n < 2 || !Number.isInteger(padding) || padding < 1 || padding > 4) {
    const message = `A Fourier grid of side ${n} and padding ${padding}: wanted whole numbers, side ≥ 2, padding 1 to 4.`;
    throw new CsError('bug', 'CS_GRID_SIZE', message, { n, padding });
  }
  const radius = Math.floor((n * padding) / 2) + 1;
  const side = 2 * radius + 1;
  const width = radius + 1;
  return { n, padding, padded: n * padding, radius, side, width, cells: side * side * width };
}

/** Largest kx² + ky² that belongs to a slice: below the Nyquist frequency, where the sign of a sample is ambiguous. */
export function maxSquaredRadius(n: number, maxRadius_px: number): number {
  return Math.min(maxRadius_px * maxRadius_px, Math.ceil((n * n) / 4) - 1);
}

/**
 * sinc²(x/padded) for x = -floor(n/2) … : the real-space envelope of trilinear interpolation on one axis.
 * Interpolation convolves the Fourier grid with a triangle of width 1, whose transform this is.
 */
export function griddingEnvelope(grid: HalfGrid): Float64Array {
  const { n, padded } = grid;
  return Float64Array.from({ length: n }, (_, i) => {
    const t = (Math.PI * (i - Math.floor(n / 2))) / padded;
    return t === 0 ? 1 : (Math.sin(t) / t) ** 2;
  });
}

/**
 * Transform a volume to its padded half grid, the axes with zeros being skipped where they hold nothing yet.
 *
 * @param volume shape [n, n, n]
 * @param out interleaved complex, `grid.cells` numbers, zero on entry
 * @param envelope the volume is divided by its product over the axes; null for none
 */
export function volumeToGrid(
  volume: Float32Array,
  grid: HalfGrid,
  out: Float32Array,
  envelope: Float64Array | null,
): void {
  const { n, padded, radius, side, width } = grid;
  const half = Math.floor(n / 2);
  const nc = Math.floor(padded / 2) + 1;
  const rows = new Float32Array(n * padded);
  const plane = new Float32Array(2 * padded * nc);
  const planes = new Float32Array(2 * n * padded * nc);
  for (let z = 0; z < n; z++) {
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        const value = volume[(z * n + y) * n + x];
        const at = y * padded + (x < half ? x - half + padded : x - half);
        rows[at] = envelope ? value / (envelope[z] * envelope[y] * envelope[x]) : value;
      }
    }
    plane.fill(0);
    // rows from the origin on come first, those before it wrap to the end
    realRows(rows, half * padded, plane, 0, padded, n - half);
    realRows(rows, 0, plane, (padded - half) * nc, padded, half);
    complexLines(plane, 0, nc, plane, 0, nc, padded, nc, false, 1);
    planes.set(plane, 2 * z * padded * nc);
  }
  const plan = FftPlan.of(padded);
  // with an even side, -padded/2 and padded/2 are one frequency: both cells get it
  const reach = radius - 1;
  for (let y = -reach; y <= reach; y++) {
    const row = y < 0 ? y + padded : y;
    for (let first = 0; first <= reach; first += BATCH) {
      const batch = Math.min(BATCH, reach + 1 - first);
      plan.input.fill(0);
      for (let z = 0; z < n; z++) {
        const from = 2 * ((z * padded + row) * nc + first);
        const to = 2 * batch * (z < half ? z - half + padded : z - half);
        for (let i = 0; i < 2 * batch; i++) plan.input[to + i] = planes[from + i];
      }
      const result = plan.forward(batch);
      for (let z = -reach; z <= reach; z++) {
        const from = 2 * batch * (z < 0 ? z + padded : z);
        const to = 2 * (((z + radius) * side + y + radius) * width + first);
        for (let i = 0; i < 2 * batch; i++) out[to + i] = result[from + i];
      }
    }
  }
}

/**
 * Fills `line` with the Fourier values of cells (z, y, first … first+batch-1), interleaved complex.
 * `line[at]` is the real part of the first.
 */
export type CellReader = (z: number, y: number, first: number, batch: number, line: Float64Array, at: number) => void;

/**
 * Inverse transform of a padded half grid, of which only the central n³ px are computed.
 *
 * @param read gives the grid's values; asked once for each cell with |z|, |y|, x below the Nyquist frequency
 * @param out shape [n, n, n], origin at pixel floor(n/2)
 */
export function gridToVolume(grid: HalfGrid, read: CellReader, out: Float32Array): void {
  const { n, padded } = grid;
  const half = Math.floor(n / 2);
  const nc = Math.floor(padded / 2) + 1;
  const reach = Math.ceil(padded / 2) - 1;
  const planes = new Float32Array(2 * n * padded * nc);
  const plan = FftPlan.of(padded);
  const { input } = plan;
  const values = new Float64Array(2 * BATCH);
  for (let y = -reach; y <= reach; y++) {
    const row = y < 0 ? y + padded : y;
    for (let first = 0; first <= reach; first += BATCH) {
      const batch = Math.min(BATCH, reach + 1 - first);
      input.fill(0);
      for (let z = -reach; z <= reach; z++) {
        read(z, y, first, batch, values, 0);
        const to = 2 * batch * (z < 0 ? z + padded : z);
        // re and im swapped, here and below: the forward transform is then the inverse
        for (let i = 0; i < 2 * batch; i += 2) {
          input[to + i] = values[i + 1];
          input[to + i + 1] = values[i];
        }
      }
      const result = plan.forward(batch);
      for (let z = 0; z < n; z++) {
        const from = 2 * batch * (z < half ? z - half + padded : z - half);
        const to = 2 * ((z * padded + row) * nc + first);
        for (let i = 0; i < 2 * batch; i += 2) {
          planes[to + i] = result[from + i + 1] / padded;
          planes[to + i + 1] = result[from + i] / padded;
        }
      }
    }
  }
  const rows = new Float32Array(n * padded);
  for (let z = 0; z < n; z++) {
    const at = z * padded * nc;
    complexLines(planes, at, nc, planes, at, nc, padded, nc, true, 1 / padded);
    realRowsInverse(planes, at, rows, half * padded, padded, n - half, 1 / padded);
    realRowsInverse(planes, at + (padded - half) * nc, rows, 0, padded, half, 1 / padded);
    for (let y = 0; y < n; y++) {
      for (let x = 0; x < n; x++) {
        out[(z * n + y) * n + x] = rows[y * padded + (x < half ? x - half + padded : x - half)];
      }
    }
  }
}
