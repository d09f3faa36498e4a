import * as z from 'zod';

/**
 * A figure is data, never a picture: the browser draws it, so that it can be zoomed, restyled and exported.
 * Pictures (slices, montages) are assets of their own, see `events.ts`.
 */
const axis = z.strictObject({
  label: z.string(),
  /** unit as shown to the reader, for example "Å" or "1/Å" */
  unit: z.string().optional(),
  scale: z.enum(['linear', 'log']).default('linear'),
  min: z.number().optional(),
  max: z.number().optional(),
  /** `reciprocal`: values are spatial frequencies (1/Å) and ticks are labelled as resolution (Å) */
  ticks: z.enum(['plain', 'reciprocal']).default('plain'),
});

const marker = z.strictObject({
  axis: z.enum(['x', 'y']),
  value: z.number(),
  label: z.string().optional(),
});

const title = z.string();

export const figureSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('line'),
    title,
    x: axis,
    y: axis,
    /** all series share `x` values of their own; null is a gap */
    series: z.array(
      z.strictObject({
        name: z.string(),
        x: z.array(z.number()),
        y: z.array(z.number().nullable()),
        dashed: z.boolean().optional(),
      }),
    ),
    markers: z.array(marker).default([]),
  }),
  z.strictObject({
    kind: z.literal('scatter'),
    title,
    x: axis,
    y: axis,
    points: z.strictObject({ x: z.array(z.number()), y: z.array(z.number()) }),
    markers: z.array(marker).default([]),
  }),
  z.strictObject({
    kind: z.literal('histogram'),
    title,
    x: axis,
    y: axis,
    /** bin edges, one more than counts */
    edges: z.array(z.number()),
    counts: z.array(z.number()),
    markers: z.array(marker).default([]),
  }),
  z.strictObject({
    kind: z.literal('heatmap'),
    title,
    x: axis,
    y: axis,
    /** bin edges of each axis; values are row-major, y outer, length (yEdges-1)*(xEdges-1) */
    xEdges: z.array(z.number()),
    yEdges: z.array(z.number()),
    values: z.array(z.number().nullable()),
    valueLabel: z.string(),
  }),
]);

export type Figure = z.output<typeof figureSchema>;
/** What a job writes: defaults may be left out. */
export type FigureInput = z.input<typeof figureSchema>;
