import type { Job } from '../../schema/model.ts';
import { STATUS } from './status.ts';
import type { Picking } from './marks.ts';

/** What each view of a list of jobs is given. */
export interface JobListProps {
  jobs: readonly Job[];
  typeTitles: ReadonlyMap<string, string>;
  /** shown in the side panel */
  selected: string | undefined;
  /** marked for an action together */
  marked: ReadonlySet<string>;
  onSelect: (uid: string, how: Picking) => void;
  onOpen: (uid: string) => void;
}

/** One job of a view. */
export interface JobItemProps {
  job: Job;
  typeTitle: string;
  selected: boolean;
  onSelect: JobListProps['onSelect'];
  onOpen: JobListProps['onOpen'];
}

/** The items of a view, one a job. */
export function itemsOfList({ jobs, typeTitles, selected, marked, onSelect, onOpen }: JobListProps): JobItemProps[] {
  return jobs.map((job) => ({
    job,
    typeTitle: typeTitles.get(job.type) ?? job.type,
    selected: job.uid === selected || marked.has(job.uid),
    onSelect,
    onOpen,
  }));
}

/** The colour of a job's status, for its style. */
export function toneOf(job: Job): React.CSSProperties {
  return { '--tone': `var(--status-${STATUS[job.status].tone})` } as React.CSSProperties;
}
