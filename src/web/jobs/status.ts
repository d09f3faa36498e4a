import type { IconName } from '../parts/icons.tsx';
import type { Job, JobStatus } from '../../schema/model.ts';

export interface StatusLook {
  word: string;
  icon: IconName;
  /** name of the colour: `var(--status-<tone>)` */
  tone: string;
}

/** Look of each status: always icon, word and colour together. The colours are the system's own. */
export const STATUS: Record<JobStatus, StatusLook> = {
  building: { word: 'Building', icon: 'pencil', tone: 'building' },
  queued: { word: 'Queued', icon: 'clock', tone: 'queued' },
  launched: { word: 'Launched', icon: 'rocket', tone: 'started' },
  started: { word: 'Started', icon: 'rocket', tone: 'started' },
  running: { word: 'Running', icon: 'running', tone: 'running' },
  waiting: { word: 'Waiting for you', icon: 'hand', tone: 'waiting' },
  completed: { word: 'Completed', icon: 'check', tone: 'completed' },
  killed: { word: 'Killed', icon: 'stop', tone: 'killed' },
  failed: { word: 'Failed', icon: 'alert', tone: 'failed' },
};

export const ALL_STATUSES = Object.keys(STATUS) as JobStatus[];

const ACTIVE: readonly JobStatus[] = ['launched', 'started', 'running', 'waiting'];
const ENDED: readonly JobStatus[] = ['completed', 'killed', 'failed'];

/** Holds a worker's slots. */
export const isActive = (job: Job): boolean => ACTIVE.includes(job.status);
/** Will not change any more until it is cleared. */
export const hasEnded = (job: Job): boolean => ENDED.includes(job.status);

/** When the job ended or, failing that, came into its present state; for "2 h ago" on cards. */
export function sinceOf(job: Job): string {
  return (
    job.completed_at ??
    job.failed_at ??
    job.killed_at ??
    job.running_at ??
    job.launched_at ??
    job.queued_at ??
    job.created_at
  );
}

/** Length of the run so far or in all, ms; null before it starts. */
export function runTime_ms(job: Job, now_ms: number): number | null {
  const from = job.running_at ?? job.started_at;
  if (from === null) return null;
  const end = job.completed_at ?? job.failed_at ?? job.killed_at;
  return (end === null ? now_ms : Date.parse(end)) - Date.parse(from);
}
