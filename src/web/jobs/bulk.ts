import type { Job } from '../../schema/model.ts';
import type { IconName } from '../parts/icons.tsx';
import { hasEnded, isActive } from './status.ts';

export type BulkAction = 'queue' | 'kill' | 'clear' | 'clone' | 'delete';

interface BulkSpec {
  word: string;
  icon: IconName;
  /** what was done, for "3 jobs queued" */
  done: string;
  /** the question before it; undefined: it can be undone, so nobody is asked */
  warning?: string;
  applies: (job: Job) => boolean;
  /** jobs before those that need them (1), or after (-1) */
  order: 1 | -1;
}

export const BULK: Record<BulkAction, BulkSpec> = {
  queue: {
    word: 'Queue',
    icon: 'play',
    done: 'queued',
    applies: (job) => job.status === 'building' && job.build_errors.length === 0,
    order: 1,
  },
  kill: {
    word: 'Kill',
    icon: 'stop',
    done: 'killed',
    warning: 'They are stopped and give their slots back. What they have written stays until they are cleared.',
    applies: (job) => isActive(job) || job.status === 'queued',
    order: -1,
  },
  clear: {
    word: 'Clear',
    icon: 'reset',
    done: 'cleared',
    warning: 'Results and event logs are deleted, parameters and connections stay.',
    applies: hasEnded,
    order: -1,
  },
  clone: { word: 'Clone', icon: 'copy', done: 'cloned', applies: () => true, order: 1 },
  delete: {
    word: 'Delete',
    icon: 'trash',
    done: 'deleted',
    warning: 'The jobs and their directories are deleted. This cannot be undone.',
    applies: (job) => !isActive(job),
    order: -1,
  },
};

/** The jobs that an action can be done to, in the order in which it must be done: parents first or children first. */
export function applicable(action: BulkAction, jobs: readonly Job[]): Job[] {
  const { applies, order } = BULK[action];
  const sorted = parentsFirst(jobs.filter(applies));
  return order === 1 ? sorted : sorted.reverse();
}

function parentsFirst(jobs: readonly Job[]): Job[] {
  const byUid = new Map(jobs.map((j) => [j.uid, j]));
  const placed = new Set<string>();
  const sorted: Job[] = [];
  const place = (job: Job): void => {
    if (placed.has(job.uid)) return;
    placed.add(job.uid);
    for (const uid of job.parents) {
      const parent = byUid.get(uid);
      if (parent) place(parent);
    }
    sorted.push(job);
  };
  for (const job of [...jobs].sort((a, b) => Number(a.uid.slice(1)) - Number(b.uid.slice(1)))) place(job);
  return sorted;
}

export interface BulkOutcome {
  done: number;
  /** what was refused, with the server's reasons */
  refused: { uid: string; why: string }[];
}

/** Does something to one job after the other; what is refused for one does not keep the others from it. */
export async function forEachJob(jobs: readonly Job[], act: (job: Job) => Promise<unknown>): Promise<BulkOutcome> {
  const outcome: BulkOutcome = { done: 0, refused: [] };
  for (const job of jobs) {
    try {
      await act(job);
      outcome.done += 1;
    } catch (error) {
      outcome.refused.push({ uid: job.uid, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return outcome;
}
