import type { Job, Output } from '../../schema/model.ts';
import { labelOf, value } from '../format/number.ts';

/** A number worth showing: label, value, unit. */
export interface KeyNumber {
  label: string;
  text: string;
  unit: string;
}

/** The summary of one output in words. */
export function keyNumbers(output: Output): KeyNumber[] {
  return Object.entries(output.summary).map(([key, v]) => {
    const { label, unit } = labelOf(key);
    return { label, unit, text: typeof v === 'number' ? numberText(key, v) : v };
  });
}

/** A resolution always has two decimals, as in papers; a seed is a name made of digits and is not grouped. */
function numberText(key: string, v: number): string {
  if (key === 'resolution_A') return v.toFixed(2);
  return key.endsWith('seed') ? String(v) : value(v, 3);
}

/** One line that says what matters about a job now: why it waits, why it failed, or its first key numbers. */
export function jobLine(job: Job): string {
  if (job.status === 'queued') return job.queue_message ?? 'Waits.';
  if (job.status === 'failed' || job.status === 'killed') return job.errors_run.at(-1)?.message ?? '';
  if (job.status === 'building') return job.build_errors[0] ?? 'Ready to be queued.';
  if (job.status === 'completed') {
    const numbers = job.outputs.flatMap(keyNumbers).slice(0, 2);
    return numbers.map((n) => `${n.label} ${n.text}${n.unit ? `\u00a0${n.unit}` : ''}`).join(' · ');
  }
  return job.progress?.text ?? '';
}
