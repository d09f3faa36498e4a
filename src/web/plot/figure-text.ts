import type { FigureInput } from '../../schema/figure.ts';
import { value as number } from '../format/number.ts';
import { axisTitle } from './figure-svg.ts';
import type { FigureDrawing, SvgNode } from './svg.ts';

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * SVG elements as a file's text.
 * @param colourOf value of a CSS colour (`var(--plot-0)` …), so that the file needs no style sheet
 */
export function svgText(node: SvgNode, colourOf: (css: string) => string): string {
  const attrs = Object.entries(node.attrs)
    .map(([key, v]) => ` ${key}="${escapeXml(typeof v === 'string' && /var\(/.test(v) ? colourOf(v) : String(v))}"`)
    .join('');
  const root =
    node.tag === 'svg' ? ' xmlns="http://www.w3.org/2000/svg" font-family="Helvetica, Arial, sans-serif"' : '';
  const inside = node.children.map((c) => (typeof c === 'string' ? escapeXml(c) : svgText(c, colourOf))).join('');
  return `<${node.tag}${root}${attrs}>${inside}</${node.tag}>`;
}

/** The data of a figure as CSV: one row a point, comma-separated, decimal points. */
export function figureCsv(figure: FigureInput): string {
  const name = (axis: FigureInput['x']): string => (axis.unit ? `${axis.label} [${axis.unit}]` : axis.label);
  const rows: (string | number | null)[][] = [];
  switch (figure.kind) {
    case 'line':
      rows.push(['series', name(figure.x), name(figure.y)]);
      for (const s of figure.series) for (const [i, x] of s.x.entries()) rows.push([s.name, x, s.y[i] ?? null]);
      break;
    case 'scatter':
      rows.push([name(figure.x), name(figure.y)]);
      for (const [i, x] of figure.points.x.entries()) rows.push([x, figure.points.y[i] ?? null]);
      break;
    case 'histogram':
      rows.push([`${name(figure.x)} from`, `${name(figure.x)} to`, name(figure.y)]);
      for (const [i, n] of figure.counts.entries())
        rows.push([figure.edges[i] ?? null, figure.edges[i + 1] ?? null, n]);
      break;
    case 'heatmap': {
      const columns = figure.xEdges.length - 1;
      rows.push([`${name(figure.x)} from`, `${name(figure.y)} from`, figure.valueLabel]);
      for (const [i, v] of figure.values.entries()) {
        rows.push([figure.xEdges[i % columns] ?? null, figure.yEdges[Math.floor(i / columns)] ?? null, v]);
      }
      break;
    }
    default:
      throw new TypeError(`unknown figure ${JSON.stringify(figure satisfies never)}`);
  }
  return rows.map((row) => row.map(cell).join(',')).join('\n') + '\n';
}

function cell(v: string | number | null): string {
  if (v === null) return '';
  const text = String(v);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What stands under the pointer, in words; null outside of the plotting area. @param px @param py pixels of the drawing */
export function readOut(figure: FigureInput, drawing: FigureDrawing, px: number, py: number): string[] | null {
  const { area, x, y } = drawing;
  if (px < area.left || px > area.left + area.width || py < area.top || py > area.top + area.height) return null;
  const xv = x.invert(px);
  const xText = (v: number): string =>
    figure.x.ticks === 'reciprocal' ? `${number(1 / v, 3)} Å (${number(v, 3)} 1/Å)` : withUnit(v, figure.x);
  switch (figure.kind) {
    case 'line': {
      const lines = [xText(xv)];
      for (const s of figure.series) {
        const i = nearest(s.x, xv);
        const yv = s.y[i] ?? null;
        if (i >= 0 && yv !== null) lines.push(`${s.name || axisTitle(figure.y)}: ${number(yv)}`);
      }
      return lines;
    }
    case 'histogram': {
      const bin = binOf(figure.edges, xv);
      return bin < 0
        ? null
        : [
            `${number(figure.edges[bin] ?? 0)} – ${xText(figure.edges[bin + 1] ?? 0)}`,
            `${number(figure.counts[bin] ?? 0)} ${figure.y.label}`,
          ];
    }
    case 'heatmap': {
      const [column, row] = [binOf(figure.xEdges, xv), binOf(figure.yEdges, y.invert(py))];
      const v = column < 0 || row < 0 ? null : figure.values[row * (figure.xEdges.length - 1) + column];
      return v === null || v === undefined
        ? null
        : [
            `${figure.x.label}: ${xText(xv)}`,
            `${figure.y.label}: ${withUnit(y.invert(py), figure.y)}`,
            `${figure.valueLabel}: ${number(v)}`,
          ];
    }
    case 'scatter':
      return [`${xText(xv)}, ${withUnit(y.invert(py), figure.y)}`];
    default:
      throw new TypeError(`unknown figure ${JSON.stringify(figure satisfies never)}`);
  }
}

function withUnit(v: number, axis: FigureInput['x']): string {
  return `${number(v)}${axis.unit ? ` ${axis.unit}` : ''}`;
}

function nearest(xs: readonly number[], at: number): number {
  let best = -1;
  for (const [i, x] of xs.entries()) if (best < 0 || Math.abs(x - at) < Math.abs((xs[best] ?? 0) - at)) best = i;
  return best;
}

function binOf(edges: readonly number[], at: number): number {
  for (let i = 0; i + 1 < edges.length; i++) if (at >= (edges[i] ?? 0) && at < (edges[i + 1] ?? 0)) return i;
  return -1;
}
