import type { FigureInput } from '../../schema/figure.ts';

export interface Range {
  min: number;
  max: number;
}
export interface View {
  x: Range;
  y: Range;
}

/** Ends of a list of numbers, non-finite ones left out; null when nothing is left. */
function extent(values: Iterable<number | null>): Range | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const v of values) {
    if (v === null || !Number.isFinite(v)) continue;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return min <= max ? { min, max } : null;
}

type Axis = FigureInput['x'];

function settle(found: Range | null, axis: Axis, margin: number): Range {
  const log = axis.scale === 'log';
  let min = found?.min ?? (log ? 0.1 : 0);
  let max = found?.max ?? 1;
  if (log) {
    if (max <= 0) max = 1;
    if (min <= 0) min = max / 1e4;
    if (min === max) [min, max] = [min / 2, max * 2];
  } else if (min === max) {
    const pad = Math.abs(min) * 0.05 || 0.5;
    [min, max] = [min - pad, max + pad];
  } else {
    const pad = (max - min) * margin;
    [min, max] = [min - pad, max + pad];
  }
  const low = axis.min ?? min;
  const high = axis.max ?? max;
  return low < high ? { min: low, max: high } : { min, max };
}

/** What a figure shows before anyone zooms: all of its data and markers, or the limits that its axes name. */
export function fullView(figure: FigureInput): View {
  const marks = (axis: 'x' | 'y'): number[] =>
    figure.kind === 'heatmap' ? [] : (figure.markers ?? []).filter((m) => m.axis === axis).map((m) => m.value);
  const positive = (axis: Axis, values: Iterable<number | null>): Iterable<number | null> =>
    axis.scale === 'log' ? [...values].map((v) => (v !== null && v > 0 ? v : null)) : values;
  switch (figure.kind) {
    case 'line': {
      const xs = [...figure.series.flatMap((s) => s.x), ...marks('x')];
      const ys = [...figure.series.flatMap((s) => s.y), ...marks('y')];
      return {
        x: settle(extent(positive(figure.x, xs)), figure.x, 0),
        y: settle(extent(positive(figure.y, ys)), figure.y, 0.04),
      };
    }
    case 'scatter':
      return {
        x: settle(extent(positive(figure.x, [...figure.points.x, ...marks('x')])), figure.x, 0.03),
        y: settle(extent(positive(figure.y, [...figure.points.y, ...marks('y')])), figure.y, 0.03),
      };
    case 'histogram': {
      const top = extent(figure.counts)?.max ?? 1;
      const log = figure.y.scale === 'log';
      return {
        x: settle(extent(positive(figure.x, [...figure.edges, ...marks('x')])), figure.x, 0),
        y: settle({ min: log ? 0.8 : 0, max: top > 0 ? top * (log ? 1.5 : 1.05) : 1 }, figure.y, 0),
      };
    }
    case 'heatmap':
      return {
        x: settle(extent(figure.xEdges), figure.x, 0),
        y: settle(extent(figure.yEdges), figure.y, 0),
      };
    default:
      throw new TypeError(`unknown figure ${JSON.stringify(figure satisfies never)}`);
  }
}
