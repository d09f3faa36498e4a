import type { FigureInput } from '../../schema/figure.ts';
import type { Scale } from './scale.ts';
import { seriesColour, svg } from './svg.ts';
import type { FigureDrawing, SvgNode } from './svg.ts';

/** Beyond this many points a scatter is drawn as one path of dots, which browsers paint much faster. */
const MANY_POINTS = 2000;
const ROUND = (n: number): number => Math.round(n * 100) / 100;

/** The data of a figure: lines, dots, bars or cells. */
export function drawData(figure: FigureInput, x: Scale, y: Scale, area: FigureDrawing['area']): SvgNode[] {
  switch (figure.kind) {
    case 'line':
      return figure.series.flatMap((s, i) => {
        const look = { fill: 'none', stroke: seriesColour(i), 'stroke-width': 1.7, 'stroke-linejoin': 'round' };
        return [
          svg('path', { ...look, d: linePath(s.x, s.y, x, y), ...(s.dashed ? { 'stroke-dasharray': '5 3' } : {}) }),
        ];
      });
    case 'scatter':
      return scatter(figure.points, x, y);
    case 'histogram':
      return bars(figure.edges, figure.counts, x, y, area.top + area.height);
    case 'heatmap':
      return cells(figure, x, y);
    default:
      throw new TypeError(`unknown figure ${JSON.stringify(figure satisfies never)}`);
  }
}

/** Path through the points; a null or non-finite value (or one ≤ 0 on a log axis) is a gap. Lone points become dots. */
export function linePath(xs: readonly number[], ys: readonly (number | null)[], x: Scale, y: Scale): string {
  let path = '';
  let pen = false;
  let length = 0;
  const endRun = (): void => {
    if (length === 1) path += 'h0.01';
    pen = false;
    length = 0;
  };
  for (const [i, xv] of xs.entries()) {
    const yv = ys[i] ?? null;
    const px = x.at(xv);
    const py = yv === null ? Number.NaN : y.at(yv);
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      endRun();
      continue;
    }
    path += `${pen ? 'L' : 'M'}${ROUND(px)} ${ROUND(py)}`;
    pen = true;
    length += 1;
  }
  endRun();
  return path;
}

function scatter(points: { x: readonly number[]; y: readonly number[] }, x: Scale, y: Scale): SvgNode[] {
  const radius = points.x.length > MANY_POINTS ? 1.2 : 2.4;
  const parts: string[] = [];
  for (const [i, xv] of points.x.entries()) {
    const px = x.at(xv);
    const py = y.at(points.y[i] ?? Number.NaN);
    if (Number.isFinite(px) && Number.isFinite(py)) parts.push(`M${ROUND(px)} ${ROUND(py)}h0`);
  }
  return [
    svg('path', {
      d: parts.join(''),
      fill: 'none',
      stroke: seriesColour(0),
      'stroke-width': radius * 2,
      'stroke-linecap': 'round',
      'stroke-opacity': points.x.length > MANY_POINTS ? 0.35 : 0.65,
    }),
  ];
}

function bars(edges: readonly number[], counts: readonly number[], x: Scale, y: Scale, bottom: number): SvgNode[] {
  const parts: string[] = [];
  for (const [i, count] of counts.entries()) {
    const left = x.at(edges[i] ?? Number.NaN);
    const right = x.at(edges[i + 1] ?? Number.NaN);
    const top = y.at(count);
    if (count <= 0 || ![left, right, top].every(Number.isFinite)) continue;
    const gap = right - left > 4 ? 0.5 : 0;
    parts.push(`M${ROUND(left + gap)} ${ROUND(bottom)}V${ROUND(top)}H${ROUND(right - gap)}V${ROUND(bottom)}Z`);
  }
  return [svg('path', { d: parts.join(''), fill: seriesColour(0), 'fill-opacity': 0.75 })];
}

function cells(figure: FigureInput & { kind: 'heatmap' }, x: Scale, y: Scale): SvgNode[] {
  const columns = figure.xEdges.length - 1;
  const { low, high } = heatRange(figure.values) ?? { low: 0, high: 0 };
  const nodes: SvgNode[] = [];
  for (const [i, v] of figure.values.entries()) {
    if (v === null || !Number.isFinite(v)) continue;
    const left = x.at(figure.xEdges[i % columns] ?? 0);
    const right = x.at(figure.xEdges[(i % columns) + 1] ?? 0);
    const base = y.at(figure.yEdges[Math.floor(i / columns)] ?? 0);
    const top = y.at(figure.yEdges[Math.floor(i / columns) + 1] ?? 0);
    const share = high > low ? (v - low) / (high - low) : 0.5;
    // half a pixel of overlap hides the seams between neighbouring cells
    nodes.push(
      svg('rect', {
        x: ROUND(left),
        y: ROUND(top),
        width: ROUND(right - left + 0.5),
        height: ROUND(base - top + 0.5),
        fill: heatColour(share),
      }),
    );
  }
  return nodes;
}

/** Least and greatest value of a heat map; null when it has none. */
export function heatRange(values: readonly (number | null)[]): { low: number; high: number } | null {
  const finite = values.filter((v): v is number => v !== null && Number.isFinite(v));
  if (finite.length === 0) return null;
  return { low: finite.reduce((a, b) => Math.min(a, b)), high: finite.reduce((a, b) => Math.max(a, b)) };
}

/** Colour of a heat map's cell, mixed between the two ends of the theme's scale. @param share 0 to 1 */
export function heatColour(share: number): string {
  return `color-mix(in oklab, var(--plot-low), var(--plot-high) ${Math.round(share * 100)}%)`;
}
