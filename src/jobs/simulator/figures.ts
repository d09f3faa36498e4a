import type { Dataset } from '../../data/dataset.ts';
import { poseToMatrix } from '../../math/rotation.ts';
import type { FigureInput } from '../../schema/figure.ts';

const BINS = 30;
const AZIMUTHS = 36;
const ELEVATIONS = 18;

/** Histogram of the mean defocus. */
export function defocusFigure(particles: Dataset, min_A: number, max_A: number): FigureInput {
  const [df1, df2] = [particles.f4('ctf/df1_A'), particles.f4('ctf/df2_A')];
  // a single defocus still has a bin of some width
  const low_um = min_A / 1e4;
  const width_um = Math.max(max_A - min_A, 100) / 1e4 / BINS;
  const counts = Array.from<number>({ length: BINS }).fill(0);
  for (let row = 0; row < particles.length; row++) {
    const bin = Math.floor(((df1[row] + df2[row]) / 2e4 - low_um) / width_um);
    counts[Math.max(0, Math.min(BINS - 1, bin))]++;
  }
  return {
    kind: 'histogram',
    title: 'Defocus',
    x: { label: 'Mean defocus', unit: 'µm' },
    y: { label: 'Particles' },
    edges: Array.from({ length: BINS + 1 }, (_, i) => low_um + i * width_um),
    counts,
  };
}

/** From where particles are seen, in the map's frame. Rows are bands of equal area, so that uniform directions fill all cells alike. */
export function viewingFigure(particles: Dataset): FigureInput {
  const pose = particles.f4('alignments3D/pose');
  const values = Array.from<number>({ length: AZIMUTHS * ELEVATIONS }).fill(0);
  const R = new Float64Array(9);
  for (let row = 0; row < particles.length; row++) {
    poseToMatrix(pose[3 * row], pose[3 * row + 1], pose[3 * row + 2], R);
    // the third row of a world-to-view matrix is the viewing axis
    const azimuth = Math.floor(AZIMUTHS * (Math.atan2(R[7], R[6]) / (2 * Math.PI) + 0.5));
    const band = Math.floor((ELEVATIONS * (R[8] + 1)) / 2);
    values[Math.min(ELEVATIONS - 1, band) * AZIMUTHS + Math.min(AZIMUTHS - 1, azimuth)]++;
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
