import type { FigureInput } from '../../schema/figure.ts';
import { value as number } from '../format/number.ts';
import { heatColour, heatRange } from './figure-marks.ts';
import { seriesColour, svg } from './svg.ts';
import type { FigureDrawing, SvgNode } from './svg.ts';

export const LETTER_PX = 6.2;
export const LEGEND_ROW_PX = 18;
/** Room for the colour bar of a heat map with its numbers and its name. */
export const COLOUR_BAR_PX = 66;

type Series = readonly { name: string; dashed?: boolean | undefined }[];

/** Where each entry of the legend stands: it runs on into further rows, so that no series is left unnamed. */
export function placeLegend(
  series: Series,
  left: number,
  right: number,
): { rows: number; places: { x: number; row: number }[] } {
  let [x, row] = [left, 0];
  const places = series.map((s) => {
    const width = 36 + s.name.length * LETTER_PX;
    if (x + width > right + 10 && x > left) [x, row] = [left, row + 1];
    const place = { x, row };
    x += width;
    return place;
  });
  return { rows: series.length === 0 ? 0 : row + 1, places };
}

export function drawLegend(series: Series, left: number, right: number): SvgNode[] {
  const { places } = placeLegend(series, left, right);
  return series.flatMap((s, i) => {
    const { x, row } = places[i] ?? { x: left, row: 0 };
    const y = 14 + row * LEGEND_ROW_PX;
    const line = { x1: x, x2: x + 18, y1: y, y2: y, stroke: seriesColour(i), 'stroke-width': 2 };
    return [
      svg('line', s.dashed ? { ...line, 'stroke-dasharray': '5 3' } : line),
      svg('text', { x: x + 23, y: y + 4, fill: 'var(--text)' }, s.name),
    ];
  });
}

const STEPS = 24;
const BAR_WIDTH_PX = 11;

/** What the colours of a heat map stand for: a bar with both ends' values, named along its side. */
export function drawColourBar(figure: FigureInput & { kind: 'heatmap' }, area: FigureDrawing['area']): SvgNode[] {
  const range = heatRange(figure.values);
  if (range === null) return [];
  const left = area.left + area.width + 14;
  const step = area.height / STEPS;
  const middle = area.top + area.height / 2;
  const aside = left + BAR_WIDTH_PX + 5;
  return [
    ...Array.from({ length: STEPS }, (_, i) =>
      svg('rect', {
        x: left,
        y: area.top + area.height - (i + 1) * step,
        width: BAR_WIDTH_PX,
        height: step + 0.5,
        fill: heatColour(i / (STEPS - 1)),
      }),
    ),
    svg('text', { x: aside, y: area.top + 9 }, number(range.high)),
    svg('text', { x: aside, y: area.top + area.height }, number(range.low)),
    svg(
      'text',
      { transform: `translate(${aside + 7} ${middle}) rotate(-90)`, 'text-anchor': 'middle', class: 'axis' },
      figure.valueLabel,
    ),
  ];
}
