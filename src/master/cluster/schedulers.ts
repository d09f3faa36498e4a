import { lsf } from './schedulers/lsf.ts';
import { pbs } from './schedulers/pbs.ts';
import type { SchedulerKind } from './schedulers/scheduler-kind.ts';
import { sge } from './schedulers/sge.ts';
import { slurm } from './schedulers/slurm.ts';

/** The scheduler that a cluster's commands belong to, or null for one that we do not know. */
export function schedulerOf(templates: { qsub_cmd_tpl: string; qstat_cmd_tpl: string }): SchedulerKind | null {
  const { qsub_cmd_tpl: submit, qstat_cmd_tpl: status } = templates;
  if (/\b(sbatch|squeue|sacct)\b/.test(`${submit} ${status}`)) return slurm;
  if (/\b(bsub|bjobs)\b/.test(`${submit} ${status}`)) return lsf;
  if (!/\bqstat\b/.test(status)) return null;
  // both have qsub and qstat: only Grid Engine asks for a job with -j
  return /\bqstat\b[^|]*\s-j\b/.test(status) ? sge : pbs;
}

const NUMBER = /^\D*?(\d+)/;

/**
 * Number of the job that a submission has made, from what the command printed.
 * @returns null when there is none in it
 */
export function submittedId(kind: SchedulerKind | null, text: string): string | null {
  const found = kind?.submitted.exec(text)?.[1];
  if (found !== undefined) return found;
  // a wrapper of the site: the last line is its answer
  const last = text.trim().split('\n').at(-1)?.trim() ?? '';
  return /^[\w.[\]-]*\d[\w.[\]-]*$/.test(last) && last.length < 100 ? last : null;
}

/** The part of a job's number by which listings that cut it short can still be read. */
export function idNumber(id: string): string {
  return NUMBER.exec(id)?.[1] ?? id;
}
