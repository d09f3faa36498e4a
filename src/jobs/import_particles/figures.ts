import type { Dataset } from '../../data/dataset.ts';
import { poseToMatrix } from '../../math/rotation.ts';
import type { FigureInput } from '../../schema/figure.ts';

/** Histogram of the mean defocus, µm. */
export function defocusFigure(particles: Dataset): FigureInput {
  const [df1, df2] = [particles.f4('ctf/df1_A'), particles.f4('ctf/df2_A')];
  const mean_um = Float64Array.from(df1, (value, row) => (value + df2[row]) / 2e4);
  let low = mean_um.reduce((a, b) => Math.min(a, b));
  let high = mean_um.reduce((a, b) => Math.max(a, b));
  if (high - low < 0.01) [low, high] = [low - 0.005, high + 0.005];
  const bins = Math.min(60, Math.max(8, Math.ceil(Math.sqrt(mean_um.length))));
  const width = (high - low) / bins;
  const counts = Array.from({ length: bins }, () => 0);
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

/** Where the particles are seen from: azimuth and elevation of the viewing axis in the frame of the map, degrees. */
export function viewingFigure(particles: Dataset): FigureInput {
  const [columns, rows] = [36, 18];
  const values = Array.from({ length: columns * rows }, () => 0);
  const pose = particles.f4('alignments3D/pose');
  const R = new Float64Array(9);
  for (let row = 0; row < particles.length; row++) {
    poseToMatrix(pose[3 * row], pose[3 * row + 1], pose[3 * row + 2], R);
    // the third row of the world-to-view matrix is the viewing axis
    const azimuth = Math.atan2(R[7], R[6]) / (2 * Math.PI) + 0.5;
    const elevation = Math.asin(Math.max(-1, Math.min(1, R[8]))) / Math.PI + 0.5;
    const x = Math.min(columns - 1, Math.floor(azimuth * columns));
    const y = Math.min(rows - 1, Math.floor(elevation * rows));
    values[y * columns + x]++;
  }
  return {
    kind: 'heatmap',
    title: 'Viewing directions',
    x: { label: 'Azimuth', unit: '°' },
    y: { label: 'Elevation', unit: '°' },
    xEdges: Array.from({ length: columns + 1 }, (_, i) => -180 + (i * 360) / columns),
    yEdges: Array.from({ length: rows + 1 }, (_, i) => -90 + (i * 180) / rows),
    values,
    valueLabel: 'Particles',
  };
}
