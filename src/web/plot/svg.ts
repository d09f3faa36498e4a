import type { Scale } from './scale.ts';

/** One SVG element. The browser turns it into React elements, the export into text. */
export interface SvgNode {
  tag: string;
  attrs: Record<string, string | number>;
  children: (SvgNode | string)[];
}

export function svg(tag: string, attrs: SvgNode['attrs'], ...children: SvgNode['children']): SvgNode {
  return { tag, attrs, children };
}

export interface FigureDrawing {
  node: SvgNode;
  x: Scale;
  y: Scale;
  /** the plotting area in pixels of the drawing */
  area: { left: number; top: number; width: number; height: number };
}

/** Colour of the i-th series, as a CSS variable that the export replaces by its value. */
export function seriesColour(i: number): string {
  return `var(--plot-${i % 6})`;
}
