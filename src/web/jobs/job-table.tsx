import { memo } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { duration } from '../format/time.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo, useNow_ms } from '../parts/time-ago.tsx';
import { itemsOfList, toneOf } from './job-list.ts';
import type { JobItemProps, JobListProps } from './job-list.ts';
import { jobLine } from './job-summary.ts';
import { pickingOf } from './marks.ts';
import { OutputChip } from './output-chip.tsx';
import { runTime_ms, sinceOf } from './status.ts';

/** Jobs as dense rows. */
export function JobTable(props: JobListProps): JSX.Element {
  return (
    <div className="job-table" role="grid" aria-label="Jobs" aria-rowcount={props.jobs.length} aria-multiselectable>
      <div className="job-row head" role="row">
        {['Job', 'Title', 'Status', 'Says', 'Outputs', 'Run time', 'Since'].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      {itemsOfList(props).map((item) => (
        <Row key={item.job.uid} {...item} />
      ))}
    </div>
  );
}

const Row = memo(function Row({ job, typeTitle, selected, onSelect, onOpen }: JobItemProps): JSX.Element {
  return (
    <div
      className="job-row"
      role="row"
      aria-selected={selected}
      data-job={job.uid}
      style={toneOf(job)}
      onClick={(event) => onSelect(job.uid, pickingOf(event))}
      onDoubleClick={() => onOpen(job.uid)}
    >
      <span className="uid" role="gridcell">
        {job.uid}
      </span>
      <span className="ellipsis" role="gridcell" title={job.title || typeTitle}>
        {job.title || typeTitle} {job.title && <span className="faint">{typeTitle}</span>}
      </span>
      <span role="gridcell">
        <StatusBadge status={job.status} />
      </span>
      <span className="ellipsis soft" role="gridcell" title={jobLine(job)}>
        {job.status === 'running' && job.progress
          ? `${Math.round(job.progress.fraction * 100)} % ${job.progress.text}`
          : jobLine(job)}
      </span>
      <span className="chips one-line" role="gridcell">
        {job.outputs.slice(0, 3).map((output) => (
          <OutputChip key={output.name} job={job} output={output} />
        ))}
      </span>
      <span className="soft nowrap" role="gridcell">
        <RunTime job={job} />
      </span>
      <span className="faint" role="gridcell">
        <TimeAgo at={sinceOf(job)} />
      </span>
    </div>
  );
});

function RunTime({ job }: { job: Job }): JSX.Element {
  const now_ms = useNow_ms();
  const length_ms = runTime_ms(job, now_ms);
  return <>{length_ms === null ? '–' : duration(Math.max(0, length_ms))}</>;
}
