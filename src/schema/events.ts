import * as z from 'zod';
import { figureSchema } from './figure.ts';

/**
 * The event log of a job: one JSON object a line in `<job_dir>/events.jsonl`, appended by the job alone.
 * A later line with the same `id` replaces the earlier one (a progress bar is one event, written many times).
 */
const common = {
  /** position in the log, from 1; stable across updates of the event */
  id: z.int().positive(),
  /** ISO 8601, UTC */
  created_at: z.string(),
  /** resident memory of the job's process tree when the event was written, MB */
  cpumem_mb: z.number(),
  /** memory available on the machine, MB */
  avail_mb: z.number(),
  flags: z.array(z.string()).default([]),
};

const imageFile = z.strictObject({
  /** path relative to the job directory, below `assets/` */
  path: z.string(),
  title: z.string(),
  width: z.int(),
  height: z.int(),
});

export const eventSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('text'), text: z.string() }),
  z.strictObject({ ...common, type: z.literal('warning'), text: z.string() }),
  z.strictObject({ ...common, type: z.literal('error'), text: z.string() }),
  z.strictObject({ ...common, type: z.literal('progress'), text: z.string(), fraction: z.number().min(0).max(1) }),
  z.strictObject({ ...common, type: z.literal('image'), text: z.string(), images: z.array(imageFile) }),
  z.strictObject({ ...common, type: z.literal('figure'), text: z.string(), figure: figureSchema }),
  z.strictObject({ ...common, type: z.literal('checkpoint'), meta: z.record(z.string(), z.unknown()) }),
]);

export type JobEvent = z.output<typeof eventSchema>;
export type EventImage = z.output<typeof imageFile>;
