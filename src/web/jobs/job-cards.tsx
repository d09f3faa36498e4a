import { memo } from 'react';
import type { JSX } from 'react';
import { fileUrl } from '../api/client.ts';
import { JobProgress, StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { itemsOfList, toneOf } from './job-list.ts';
import type { JobItemProps, JobListProps } from './job-list.ts';
import { jobLine } from './job-summary.ts';
import { pickingOf } from './marks.ts';
import { OutputChip } from './output-chip.tsx';
import { sinceOf, STATUS } from './status.ts';

/** Jobs as cards. Cards outside of the window are neither laid out nor painted (`content-visibility`). */
export function JobCards(props: JobListProps): JSX.Element {
  return (
    <div className="job-cards" role="listbox" aria-label="Jobs" aria-multiselectable>
      {itemsOfList(props).map((item) => (
        <JobCard key={item.job.uid} {...item} />
      ))}
    </div>
  );
}

const JobCard = memo(function JobCard({ job, typeTitle, selected, onSelect, onOpen }: JobItemProps): JSX.Element {
  const title = job.title || typeTitle;
  return (
    <div
      className={`job-card ${job.status}`}
      role="option"
      aria-selected={selected}
      aria-label={`${job.uid} ${title}, ${STATUS[job.status].word}`}
      data-job={job.uid}
      style={toneOf(job)}
      onClick={(event) => onSelect(job.uid, pickingOf(event))}
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
