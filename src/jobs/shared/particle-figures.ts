import type { Dataset } from '../../data/dataset.ts';
import { poseToMatrix } from '../../math/rotation.ts';
import type { FigureInput } from '../../schema/figure.ts';

const MOST_BINS = 60;
const FEWEST_BINS = 8;
/** Narrower than this a histogram would show rounding, not a distribution. */
const NARROWEST_UM = 0.01;

/**
 * Histogram of the mean of the two defocus values, µm.
 * @param particles with slot `ctf`; must not be empty
 */
export function defocusFigure(particles: Dataset): FigureInput {
  const [df1_A, df2_A] = [particles.f4('ctf/df1_A'), particles.f4('ctf/df2_A')];
  const mean_um = Float64Array.from(df1_A, (value, row) => (value + df2_A[row]) / 2e4);
  let low = mean_um.reduce((a, b) => Math.min(a, b));
  let high = mean_um.reduce((a, b) => Math.max(a, b));
  if (high - low < NARROWEST_UM) [low, high] = [low - NARROWEST_UM / 2, high + NARROWEST_UM / 2];
  const bins = Math.min(MOST_BINS, Math.max(FEWEST_BINS, Math.ceil(Math.sqrt(mean_um.length))));
  const width = (high - low) / bins;
  const counts = Array.from<number>({ length: bins }).fill(0);
  for (const value of mean_um) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  return {
    kind: 'histogram',
    title: 'Defocus',
    x: { label: 'Mean defocus', unit: 'µm' },
    y: { label: 'Particles' },
    edges: Array.from({ length: bins + 1 }, (_, i) => low + i * width),
    counts,
  };
}

const AZIMUTHS = 36;
const ELEVATIONS = 18;

/**
 * From where particles are seen, in the frame of the map: azimuth and elevation of the viewing axis (third row of R).
 *
 * Rows are bands of equal area (equal steps of sin(elevation)), so that particles seen equally from everywhere fill all
 * cells alike. With bands of equal height the poles would look empty however the particles lie.
 *
 * @param poses rotation vectors (rad), 3 a particle, as in `alignments3D/pose`
 * @param rows particles to count; all when left out
 */
export function viewingFigure(poses: Float32Array, rows: Iterable<number> = everyRow(poses)): FigureInput {
  const values = Array.from<number>({ length: AZIMUTHS * ELEVATIONS }).fill(0);
  const R = new Float64Array(9);
  for (const row of rows) {
    poseToMatrix(poses[3 * row], poses[3 * row + 1], poses[3 * row + 2], R);
    const azimuth = Math.floor(AZIMUTHS * (Math.atan2(R[7], R[6]) / (2 * Math.PI) + 0.5));
    const band = Math.floor((ELEVATIONS * (R[8] + 1)) / 2);
    values[clamp(band, ELEVATIONS) * AZIMUTHS + clamp(azimuth, AZIMUTHS)]++;
  }
  return {
    kind: 'heatmap',
    title: 'Viewing directions',
    x: { label: 'Azimuth', unit: '°' },
    y: { label: 'Elevation', unit: '°' },
    xEdges: Array.from({ length: AZIMUTHS + 1 }, (_, i) => -180 + (i * 360) / AZIMUTHS),
    yEdges: Array.from({ length: ELEVATIONS + 1 }, (_, i) => (Math.asin((2 * i) / ELEVATIONS - 1) * 180) / Math.PI),
    values,
    valueLabel: 'Particles',
  };
}

function everyRow(poses: Float32Array): Iterable<number> {
  return Array.from({ length: poses.length / 3 }, (_, row) => row);
}

/** The upper ends (180°, 90°) belong to the last bin. */
const clamp = (bin: number, bins: number): number => Math.max(0, Math.min(bins - 1, bin));
