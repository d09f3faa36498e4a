import type { FigureInput } from '../../schema/figure.ts';
import { value as number } from '../format/number.ts';
import { fullView } from './figure-range.ts';
import type { View } from './figure-range.ts';
import { drawData } from './figure-marks.ts';
import { COLOUR_BAR_PX, LEGEND_ROW_PX, LETTER_PX, drawColourBar, drawLegend, placeLegend } from './legend.ts';
import { degreeTicks, linearTicks, logTicks, makeScale, reciprocalTicks } from './scale.ts';
import type { Scale } from './scale.ts';
import { svg } from './svg.ts';
import type { FigureDrawing, SvgNode } from './svg.ts';

const TICK_SPACING_PX = 80;

/**
 * A figure as SVG elements; pure, so that it is the same on screen, in exports and in tests.
 * @param width @param height size, px
 * @param view part of the data to show; all when left out
 */
export function drawFigure(
  figure: FigureInput,
  width: number,
  height: number,
  view: View = fullView(figure),
): FigureDrawing {
  const legend = figure.kind === 'line' && figure.series.length > 1 ? figure.series : [];
  const yTicks = ticksOf(figure.y, view.y.min, view.y.max, height / 45);
  const widest = Math.max(2, ...yTicks.map((t) => t.label.length));
  const area = { left: 30 + widest * LETTER_PX, top: 12, width: 0, height: 0 };
  area.width = Math.max(40, width - area.left - (figure.kind === 'heatmap' ? COLOUR_BAR_PX : 16));
  const { rows } = placeLegend(legend, area.left, area.left + area.width);
  if (rows > 0) area.top += 2 + rows * LEGEND_ROW_PX;
  area.height = Math.max(30, height - area.top - 44);
  const x = makeScale(view.x.min, view.x.max, area.left, area.left + area.width, figure.x.scale === 'log');
  const y = makeScale(view.y.min, view.y.max, area.top + area.height, area.top, figure.y.scale === 'log');
  const xTicks = ticksOf(figure.x, view.x.min, view.x.max, area.width / TICK_SPACING_PX);
  const clip = `clip-${hash(figure.title)}-${width}x${height}-${Math.round(area.left)}x${area.top}`;
  const bottom = area.top + area.height;
  const right = area.left + area.width;

  const grid = [
    ...xTicks.map((t) =>
      svg('line', { x1: x.at(t.value), x2: x.at(t.value), y1: area.top, y2: bottom, stroke: 'var(--plot-grid)' }),
    ),
    ...yTicks.map((t) =>
      svg('line', { x1: area.left, x2: right, y1: y.at(t.value), y2: y.at(t.value), stroke: 'var(--plot-grid)' }),
    ),
  ];
  const labels = [
    ...xTicks.map((t) => svg('text', { x: x.at(t.value), y: bottom + 15, 'text-anchor': 'middle' }, t.label)),
    ...yTicks.map((t) => svg('text', { x: area.left - 6, y: y.at(t.value) + 3.5, 'text-anchor': 'end' }, t.label)),
    svg(
      'text',
      { x: area.left + area.width / 2, y: height - 6, 'text-anchor': 'middle', class: 'axis' },
      axisTitle(figure.x),
    ),
    svg(
      'text',
      { transform: `translate(12 ${area.top + area.height / 2}) rotate(-90)`, 'text-anchor': 'middle', class: 'axis' },
      axisTitle(figure.y),
    ),
  ];
  const node = svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': figure.title,
      class: 'figure',
      'font-size': 11,
      fill: 'var(--text-soft)',
    },
    svg(
      'defs',
      {},
      svg('clipPath', { id: clip }, svg('rect', { x: area.left, y: area.top, width: area.width, height: area.height })),
    ),
    svg('g', { 'shape-rendering': 'crispEdges' }, ...grid),
    svg('g', { 'clip-path': `url(#${clip})` }, ...drawData(figure, x, y, area)),
    svg('rect', {
      x: area.left,
      y: area.top,
      width: area.width,
      height: area.height,
      fill: 'none',
      stroke: 'var(--line-strong)',
      'shape-rendering': 'crispEdges',
    }),
    ...labels,
    ...markers(figure, x, y, area),
    ...drawLegend(legend, area.left, right),
    ...(figure.kind === 'heatmap' ? drawColourBar(figure, area) : []),
  );
  return { node, x, y, area };
}

type Axis = FigureInput['x'];

function ticksOf(axis: Axis, min: number, max: number, wanted: number): { value: number; label: string }[] {
  if (axis.ticks === 'reciprocal') return reciprocalTicks(min, max, (max - min) / Math.max(2, wanted * 1.6));
  const linear = axis.unit === '°' ? degreeTicks : linearTicks;
  const values = axis.scale === 'log' ? logTicks(min, max) : linear(min, max, wanted);
  return values.map((v) => ({ value: v, label: number(v) }));
}

/** Label and unit; a reciprocal axis is read in Å although its values are 1/Å. */
export function axisTitle(axis: Axis): string {
  const unit = axis.ticks === 'reciprocal' ? 'Å' : axis.unit;
  return unit === undefined || unit === '' ? axis.label : `${axis.label} (${unit})`;
}

function markers(figure: FigureInput, x: Scale, y: Scale, area: FigureDrawing['area']): SvgNode[] {
  if (figure.kind === 'heatmap') return [];
  return (figure.markers ?? []).flatMap((m) => {
    const along = m.axis === 'x' ? x : y;
    if (m.value < along.min || m.value > along.max) return [];
    const at = along.at(m.value);
    const ends =
      m.axis === 'x'
        ? { x1: at, x2: at, y1: area.top, y2: area.top + area.height }
        : { x1: area.left, x2: area.left + area.width, y1: at, y2: at };
    const line = svg('line', { ...ends, stroke: 'var(--text-faint)', 'stroke-dasharray': '4 3' });
    if (m.label === undefined) return [line];
    const nearRight = m.axis === 'x' && at > area.left + area.width * 0.7;
    const place =
      m.axis === 'x'
        ? { x: at + (nearRight ? -5 : 5), y: area.top + 12, 'text-anchor': nearRight ? 'end' : 'start' }
        : { x: area.left + 5, y: at - 4, 'text-anchor': 'start' };
    return [line, svg('text', { ...place, fill: 'var(--text)' }, m.label)];
  });
}

function hash(text: string): number {
  let h = 7;
  for (const c of text) h = (h * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
  return h;
}
