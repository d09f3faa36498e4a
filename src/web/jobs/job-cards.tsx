import { memo } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { fileUrl } from '../api/client.ts';
import { JobProgress, StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { jobLine } from './job-summary.ts';
import { OutputChip } from './output-chip.tsx';
import { sinceOf, STATUS } from './status.ts';

export interface JobListProps {
  jobs: readonly Job[];
  typeTitles: ReadonlyMap<string, string>;
  selected: string | undefined;
  onSelect: (uid: string) => void;
  onOpen: (uid: string) => void;
}

/** Jobs as cards. Cards outside of the window are neither laid out nor painted (`content-visibility`). */
export function JobCards({ jobs, typeTitles, selected, onSelect, onOpen }: JobListProps): JSX.Element {
  return (
    <div className="job-cards" role="listbox" aria-label="Jobs">
      {jobs.map((job) => (
        <JobCard
          key={job.uid}
          job={job}
          typeTitle={typeTitles.get(job.type) ?? job.type}
          selected={job.uid === selected}
          onSelect={onSelect}
          onOpen={onOpen}
        />
      ))}
    </div>
  );
}

interface JobCardProps {
  job: Job;
  typeTitle: string;
  selected: boolean;
  onSelect: (uid: string) => void;
  onOpen: (uid: string) => void;
}

const JobCard = memo(function JobCard({ job, typeTitle, selected, onSelect, onOpen }: JobCardProps): JSX.Element {
  const title = job.title || typeTitle;
  return (
    <div
      className={`job-card ${job.status}`}
      role="option"
      aria-selected={selected}
      aria-label={`${job.uid} ${title}, ${STATUS[job.status].word}`}
      data-job={job.uid}
      style={{ '--tone': `var(--status-${STATUS[job.status].tone})` } as React.CSSProperties}
      onClick={() => onSelect(job.uid)}
      onDoubleClick={() => onOpen(job.uid)}
    >
      <div className="row">
        <span className="uid">{job.uid}</span>
        <span className="grow ellipsis title" title={title}>
          {title}
        </span>
        <StatusBadge status={job.status} />
      </div>
      <div className="job-card-body">
        <div className="grow">
          <div className="row faint small">
            <span className="ellipsis grow">{job.title ? typeTitle : '\u00a0'}</span>
            <TimeAgo at={sinceOf(job)} />
          </div>
          <div className="soft small two-lines" title={jobLine(job)}>
            {job.status === 'running' && job.progress ? <JobProgress job={job} /> : jobLine(job)}
          </div>
        </div>
        {job.ui_tile_image !== null && (
          <img
            className="tile"
            src={fileUrl(job.project_uid, job.ui_tile_image)}
            alt=""
            loading="lazy"
            width={48}
            height={48}
          />
        )}
      </div>
      <div className="chips">
        {job.outputs.slice(0, 4).map((output) => (
          <OutputChip key={output.name} job={job} output={output} />
        ))}
        {job.outputs.length > 4 && <span className="faint">+{job.outputs.length - 4}</span>}
      </div>
    </div>
  );
});
