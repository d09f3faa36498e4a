import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figureSchema } from '../../schema/figure.ts';
import type { FigureInput } from '../../schema/figure.ts';
import { linePath } from './figure-marks.ts';
import { fullView } from './figure-range.ts';
import { drawFigure } from './figure-svg.ts';
import { figureCsv, readOut, svgText } from './figure-text.ts';
import { degreeTicks, linearTicks, logTicks, makeScale, reciprocalTicks } from './scale.ts';
import type { SvgNode } from './svg.ts';

const fsc: FigureInput = {
  kind: 'line',
  title: 'FSC & <more>',
  x: { label: 'Resolution', unit: '1/Å', ticks: 'reciprocal' },
  y: { label: 'FSC', min: 0, max: 1 },
  series: [
    { name: 'no mask', x: [0, 0.1, 0.2, 0.3], y: [1, 0.9, null, 0.1] },
    { name: 'soft, "tight"', x: [0, 0.1, 0.2, 0.3], y: [1, 1, 0.5, 0.2], dashed: true },
  ],
  markers: [{ axis: 'y', value: 0.143, label: '0.143' }],
};
const histogram: FigureInput = {
  kind: 'histogram',
  title: 'h',
  x: { label: 'x', unit: 'Å' },
  y: { label: 'particles' },
  edges: [0, 1, 2],
  counts: [3, 5],
};
const heatmap: FigureInput = {
  kind: 'heatmap',
  title: 'm',
  x: { label: 'x' },
  y: { label: 'y' },
  xEdges: [0, 1, 2],
  yEdges: [0, 1, 2],
  values: [1, 2, null, 4],
  valueLabel: 'count',
};
const scatter: FigureInput = {
  kind: 'scatter',
  title: 's',
  x: { label: 'x' },
  y: { label: 'y' },
  points: { x: [1, 2, Number.NaN], y: [1, 4, 1] },
};

function find(node: SvgNode, tag: string): SvgNode[] {
  return [
    ...(node.tag === tag ? [node] : []),
    ...node.children.flatMap((c) => (typeof c === 'string' ? [] : find(c, tag))),
  ];
}
const texts = (node: SvgNode): string[] =>
  find(node, 'text').flatMap((t) => t.children.filter((c) => typeof c === 'string'));

test('a scale maps its ends to the ends of the pixels and back, linear and logarithmic', () => {
  for (const log of [false, true]) {
    const s = makeScale(1, 1000, 20, 320, log);
    assert.equal(s.at(1), 20);
    assert.equal(s.at(1000), 320);
    assert.ok(Math.abs(s.invert(s.at(10)) - 10) < 1e-9);
  }
  assert.ok(Math.abs(makeScale(1, 1000, 0, 300, true).at(10) - 100) < 1e-9);
});

test('ticks are round numbers inside of the axis', () => {
  assert.deepEqual(linearTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(linearTicks(-7.3, 12.1, 4), [-5, 0, 5, 10]);
  assert.deepEqual(linearTicks(3, 3, 5), [3]);
  assert.deepEqual(logTicks(0.5, 2000), [1, 10, 100, 1000]);
});

test('angles are ticked at parts of a circle', () => {
  assert.deepEqual(degreeTicks(-180, 180, 8), [-180, -135, -90, -45, 0, 45, 90, 135, 180]);
  assert.deepEqual(degreeTicks(-90, 90, 5), [-90, -45, 0, 45, 90]);
  assert.deepEqual(degreeTicks(10, 14, 4), [10, 11, 12, 13, 14]);
});

test('a long legend runs on into further rows and the axes make room for it', () => {
  const series = Array.from({ length: 9 }, (_, i) => ({ name: `series number ${i}`, x: [0, 1], y: [0, 1] }));
  const many: FigureInput = { ...fsc, series };
  const words = texts(drawFigure(many, 400, 260).node);
  for (const s of series) assert.ok(words.includes(s.name), s.name);
  assert.ok(drawFigure(many, 400, 260).area.top > drawFigure(fsc, 400, 260).area.top + 30);
});

test('the colours of a heat map are explained: lowest and highest value, and what is counted', () => {
  const { node, area } = drawFigure(heatmap, 500, 260);
  const words = texts(node);
  for (const word of ['1', '4', 'count']) assert.ok(words.includes(word), word);
  assert.ok(area.left + area.width < 440, 'the bar stands beside the cells');
});

test('a reciprocal axis is labelled with round resolutions, far enough apart', () => {
  const ticks = reciprocalTicks(0, 0.3, 0.04);
  assert.ok(ticks.length >= 4);
  for (const [i, t] of ticks.entries()) {
    assert.ok(Math.abs(Number(t.label) - 1 / t.value) < 1e-9);
    if (i > 0) assert.ok(t.value - ticks[i - 1].value >= 0.04);
  }
  assert.ok(ticks.some((t) => t.label === '3.5' || t.label === '4'));
});

test('a gap in the data is a gap in the line, and a lone point shows as a dot', () => {
  const unit = makeScale(0, 1, 0, 1, false);
  assert.equal(linePath([0, 1, 2, 3], [0, 1, null, 2], unit, unit), 'M0 0L1 1M3 2h0.01');
  const log = makeScale(0.1, 10, 0, 1, true);
  assert.equal(linePath([1, 2], [0, -1], unit, log), '', 'what has no logarithm is not drawn');
});

test('every kind of figure draws inside of its size, without a single NaN', () => {
  for (const figure of [fsc, histogram, heatmap, scatter]) {
    const { node, area } = drawFigure(figure, 500, 260);
    const text = svgText(node, (c) => c);
    assert.doesNotMatch(text, /NaN|Infinity|undefined/, figure.kind);
    assert.ok(area.left > 0 && area.left + area.width <= 500 && area.top + area.height < 260, figure.kind);
  }
});

test('axis titles carry units; a reciprocal axis is read in Å', () => {
  const words = texts(drawFigure(fsc, 500, 260).node);
  assert.ok(words.includes('Resolution (Å)'));
  assert.ok(words.includes('0.143'));
  assert.ok(words.includes('no mask'));
  assert.ok(texts(drawFigure(histogram, 500, 260).node).includes('x (Å)'));
});

test('dashed series are dashed', () => {
  const lines = find(drawFigure(fsc, 500, 260).node, 'path');
  assert.deepEqual(
    lines.map((l) => 'stroke-dasharray' in l.attrs),
    [false, true],
  );
});

test('empty and constant data still give an axis with a length', () => {
  const empty: FigureInput = { ...fsc, series: [], markers: [], y: { label: 'FSC' } };
  for (const figure of [
    empty,
    { ...scatter, points: { x: [2], y: [2] } } satisfies FigureInput,
    { ...histogram, edges: [0, 1], counts: [0] } satisfies FigureInput,
  ]) {
    const view = fullView(figure);
    assert.ok(view.x.max > view.x.min && view.y.max > view.y.min, JSON.stringify(figure));
  }
});

test('a zoomed view shows its part only', () => {
  const drawing = drawFigure(fsc, 500, 260, { x: { min: 0.1, max: 0.2 }, y: { min: 0, max: 0.5 } });
  assert.ok(Math.abs(drawing.x.at(0.1) - drawing.area.left) < 1e-9);
  assert.ok(Math.abs(drawing.y.at(0.5) - drawing.area.top) < 1e-9);
});

test('the saved SVG is well-formed text with its colours filled in', () => {
  const text = svgText(drawFigure(fsc, 500, 260).node, () => 'rgb(1, 2, 3)');
  assert.ok(text.startsWith('<svg xmlns='));
  assert.doesNotMatch(text, /var\(/);
  assert.match(text, /FSC &amp; &lt;more&gt;/);
});

test('CSV has one row a point, with units in the head and quotes where needed', () => {
  const rows = figureCsv(fsc).trimEnd().split('\n');
  assert.equal(rows[0], 'series,Resolution [1/Å],FSC');
  assert.equal(rows.length, 9);
  assert.equal(rows[3], 'no mask,0.2,');
  assert.equal(rows[5], '"soft, ""tight""",0,1');
  assert.deepEqual(figureCsv(histogram).split('\n').slice(1, 3), ['0,1,3', '1,2,5']);
  assert.equal(figureCsv(heatmap).split('\n')[3], '0,1,');
});

test('the read-out names what stands under the pointer, and nothing outside of the axes', () => {
  const drawing = drawFigure(fsc, 500, 260);
  const at = drawing.x.at(0.1);
  assert.deepEqual(readOut(fsc, drawing, at, drawing.area.top + 5), [
    '10 Å (0.1 1/Å)',
    'no mask: 0.9',
    'soft, "tight": 1',
  ]);
  assert.equal(readOut(fsc, drawing, 1, 1), null);
  const cells = drawFigure(heatmap, 500, 260);
  assert.deepEqual(readOut(heatmap, cells, cells.x.at(1.5), cells.y.at(0.5)), ['x: 1.5', 'y: 0.5', 'count: 2']);
  const bars = drawFigure(histogram, 500, 260);
  assert.deepEqual(readOut(histogram, bars, bars.x.at(1.5), bars.area.top + 5), ['1 – 2 Å', '5 particles']);
});

test('figures as jobs write them pass the contract', () => {
  for (const figure of [fsc, histogram, heatmap]) assert.ok(figureSchema.safeParse(figure).success, figure.kind);
});
