import { Menu } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { createElement, useMemo, useState } from 'react';
import type { JSX, PointerEvent } from 'react';
import type { FigureInput } from '../../schema/figure.ts';
import { Icon } from '../parts/icons.tsx';
import { saveCsv, savePng, saveSvg } from './figure-export.ts';
import type { View } from './figure-range.ts';
import { drawFigure } from './figure-svg.ts';
import type { SvgNode } from './svg.ts';
import { readOut } from './figure-text.ts';

const REACT_NAMES: Record<string, string> = { class: 'className' };
const reactName = (name: string): string =>
  REACT_NAMES[name] ?? (name.startsWith('aria-') ? name : name.replaceAll(/-(\w)/g, (_, c: string) => c.toUpperCase()));

function toReact(node: SvgNode, key: number): JSX.Element {
  const props = Object.fromEntries(Object.entries(node.attrs).map(([name, v]) => [reactName(name), v]));
  return createElement(
    node.tag,
    { key, ...props },
    ...node.children.map((c, i) => (typeof c === 'string' ? c : toReact(c, i))),
  );
}

interface Drag {
  from: { x: number; y: number };
  to: { x: number; y: number };
}

/** Less than this is a click, not a zoom. */
const SMALLEST_ZOOM_PX = 6;

/** A figure with hover read-out, zoom by dragging a rectangle, reset (double click) and export. */
export function FigureView({ figure, height = 260 }: { figure: FigureInput; height?: number }): JSX.Element {
  const { ref, width } = useElementSize();
  const [view, setView] = useState<View | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [pointer, setPointer] = useState<{ x: number; y: number } | null>(null);
  const drawing = useMemo(
    () => (width > 0 ? drawFigure(figure, Math.round(width), height, view ?? undefined) : null),
    [figure, width, height, view],
  );
  const element = useMemo(() => (drawing ? toReact(drawing.node, 0) : null), [drawing]);
  const lines = drawing && pointer && !drag ? readOut(figure, drawing, pointer.x, pointer.y) : null;

  const positionOf = (event: PointerEvent): { x: number; y: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const finish = (): void => {
    if (!drag || !drawing) return;
    setDrag(null);
    const [x1, x2] = [Math.min(drag.from.x, drag.to.x), Math.max(drag.from.x, drag.to.x)];
    const [y1, y2] = [Math.min(drag.from.y, drag.to.y), Math.max(drag.from.y, drag.to.y)];
    if (x2 - x1 < SMALLEST_ZOOM_PX) return;
    // a flat drag is a choice of x alone
    const flat = y2 - y1 < 2 * SMALLEST_ZOOM_PX;
    setView({
      x: { min: drawing.x.invert(x1), max: drawing.x.invert(x2) },
      y: flat ? { min: drawing.y.min, max: drawing.y.max } : { min: drawing.y.invert(y2), max: drawing.y.invert(y1) },
    });
  };

  return (
    <figure className="plot">
      <figcaption>
        <span className="grow ellipsis" title={figure.title}>
          {figure.title}
        </span>
        {view && (
          <button type="button" className="plot-tool" onClick={() => setView(null)}>
            <Icon name="reset" size={13} /> Whole range
          </button>
        )}
        <Menu>
          <Menu.Target>
            <button type="button" className="plot-tool" aria-label={`Export ${figure.title}`}>
              <Icon name="download" size={13} />
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => drawing && saveSvg(figure, drawing.node)}>SVG (vector)</Menu.Item>
            <Menu.Item onClick={() => drawing && void savePng(figure, drawing.node)}>PNG (2×)</Menu.Item>
            <Menu.Item onClick={() => saveCsv(figure)}>CSV (data)</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </figcaption>
      <div
        ref={ref}
        className="plot-canvas"
        style={{ height }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: positionOf(event), to: positionOf(event) });
        }}
        onPointerMove={(event) => {
          const at = positionOf(event);
          setPointer(at);
          setDrag((d) => (d ? { ...d, to: at } : d));
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setPointer(null)}
        onDoubleClick={() => setView(null)}
      >
        {element}
        {drag && (
          <div
            className="plot-zoom"
            style={{
              left: Math.min(drag.from.x, drag.to.x),
              top: Math.min(drag.from.y, drag.to.y),
              width: Math.abs(drag.to.x - drag.from.x),
              height: Math.abs(drag.to.y - drag.from.y),
            }}
          />
        )}
        {lines && pointer && drawing && (
          <>
            <div
              className="plot-cursor"
              style={{ left: pointer.x, top: drawing.area.top, height: drawing.area.height }}
            />
            <div
              className={`plot-readout ${pointer.x > width / 2 ? 'left' : ''}`}
              style={{ left: pointer.x, top: pointer.y }}
            >
              {lines.map((line, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- lines have no identity
                <div key={i}>{line}</div>
              ))}
            </div>
          </>
        )}
      </div>
    </figure>
  );
}
