import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { STATUS } from '../jobs/status.ts';
import { Icon } from './icons.tsx';

/** Status as icon, word and colour. */
export function StatusBadge({ status }: { status: Job['status'] }): JSX.Element {
  const look = STATUS[status];
  return (
    <span className={`status ${status}`} style={{ '--tone': `var(--status-${look.tone})` } as React.CSSProperties}>
      <Icon name={look.icon} size={14} />
      {look.word}
    </span>
  );
}

/** Bar and words of a running job; nothing when the job tells no progress. */
export function JobProgress({ job }: { job: Job }): JSX.Element | null {
  if (!job.progress || job.status !== 'running') return null;
  const percent = Math.round(Math.min(1, Math.max(0, job.progress.fraction)) * 100);
  return (
    <div>
      <div
        className="progress"
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={`Progress of ${job.uid}`}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <div className="row soft" style={{ fontSize: 11.5, justifyContent: 'space-between' }}>
        <span className="ellipsis" title={job.progress.text}>
          {job.progress.text}
        </span>
        <span>{percent} %</span>
      </div>
    </div>
  );
}
