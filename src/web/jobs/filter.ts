import type { Job, JobStatus } from '../../schema/model.ts';

export interface JobFilter {
  /** words that must all occur in uid, title, type or description */
  q: string;
  status: readonly JobStatus[];
  type: readonly string[];
}

/** Number of a uid, for sorting: J12 → 12. */
export function uidNumber(uid: string): number {
  return Number(uid.slice(1));
}

/**
 * Jobs that match, newest first.
 * @param typeTitles title of each job type, so that "homogeneous" finds `homo_reconstruct`
 */
export function filterJobs(jobs: readonly Job[], filter: JobFilter, typeTitles: ReadonlyMap<string, string>): Job[] {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return jobs
    .filter(
      (job) =>
        (filter.status.length === 0 || filter.status.includes(job.status)) &&
        (filter.type.length === 0 || filter.type.includes(job.type)) &&
        words.every((word) => matches(job, word, typeTitles)),
    )
    .sort((a, b) => uidNumber(b.uid) - uidNumber(a.uid));
}

/** `j12` means that job and not `J123`; anything else may be a part of a word. */
function matches(job: Job, word: string, typeTitles: ReadonlyMap<string, string>): boolean {
  if (/^j\d+$/.test(word)) return job.uid.toLowerCase() === word;
  const text = `${job.uid} ${job.title} ${job.type} ${typeTitles.get(job.type) ?? ''} ${job.description}`;
  return text.toLowerCase().includes(word);
}

/** How many jobs there are of each value, most frequent first. */
export function tally(jobs: readonly Job[], of: (job: Job) => string): [string, number][] {
  const counts = new Map<string, number>();
  for (const job of jobs) counts.set(of(job), (counts.get(of(job)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}
