import { FSC_THRESHOLD, fitGuinier, type HalfMapAssessment } from '../../math/half-maps.ts';
import type { FigureInput } from '../../schema/figure.ts';

type Assessment = Omit<HalfMapAssessment, 'mask'>;

/** FSC curves on a reciprocal axis. @param n side, px @param psize_A voxel size, Å */
export function fscFigure({ curves, resolution_A }: Assessment, n: number, psize_A: number): FigureInput {
  const box_A = n * psize_A;
  const x = Array.from(curves.no_mask, (_, s) => s / box_A);
  const series = [
    { label: 'No mask', key: 'no_mask' as const },
    { label: 'Spherical', key: 'spherical' as const },
    { label: 'Soft mask', key: 'mask' as const },
    { label: 'Corrected', key: 'corrected' as const },
  ].map(({ label, key }) => ({ name: `${label} (${resolution_A[key].toFixed(2)} Å)`, x, y: Array.from(curves[key]) }));
  return {
    kind: 'line',
    title: 'Fourier shell correlation',
    x: { label: 'Resolution', unit: '1/Å', ticks: 'reciprocal', min: 0 },
    y: { label: 'FSC', min: 0, max: 1.05 },
    series,
    markers: [
      { axis: 'y', value: FSC_THRESHOLD, label: String(FSC_THRESHOLD) },
      { axis: 'x', value: 1 / resolution_A.corrected, label: resolutionLabel(resolution_A.corrected, psize_A) },
    ],
  };
}

/** A curve that never falls below the threshold gives Nyquist, which says more about the pixels than about the map. */
function resolutionLabel(resolution_A: number, psize_A: number): string {
  return `${resolution_A.toFixed(2)} Å${resolution_A < 2.001 * psize_A ? ', Nyquist' : ''}`;
}

/** Guinier plot, with the line from 10 Å to the resolution where the data reach that far. */
export function guinierFigure(
  { power, resolution_A }: Assessment,
  n: number,
  psize_A: number,
): { figure: FigureInput; bfactor_A2: number | null } {
  const box_A = n * psize_A;
  const shells = Array.from(power.keys()).slice(1);
  const x = shells.map((s) => (s / box_A) ** 2);
  const fit = fitGuinier(power, n, psize_A, 10, resolution_A.corrected);
  const series = [
    { name: 'masked map', x, y: shells.map((s) => (power[s] > 0 ? 0.5 * Math.log(power[s]) : null)), dashed: false },
  ];
  if (fit) {
    const ends = [0.01, resolution_A.corrected ** -2];
    const y = ends.map((v) => fit.intercept + (fit.bfactor_A2 / 4) * v);
    series.push({ name: `B = ${fit.bfactor_A2.toFixed(1)} Å²`, x: ends, y, dashed: true });
  }
  const figure: FigureInput = {
    kind: 'line',
    title: 'Guinier plot',
    x: { label: '1/d²', unit: '1/Å²' },
    y: { label: 'ln |F|' },
    series,
    markers: [
      { axis: 'x', value: resolution_A.corrected ** -2, label: resolutionLabel(resolution_A.corrected, psize_A) },
    ],
  };
  return { figure, bfactor_A2: fit?.bfactor_A2 ?? null };
}
