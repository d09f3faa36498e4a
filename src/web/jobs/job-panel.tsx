import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { Builder } from '../builder/builder.tsx';
import { QueueBar } from '../builder/queue-bar.tsx';
import { EditableText } from '../parts/editable-text.tsx';
import { IconButton } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { JobProgress, StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { ErrorReport } from './error-report.tsx';
import { JobActions } from './job-actions.tsx';
import { OutputCard } from './output-card.tsx';
import { sinceOf } from './status.ts';

export interface JobPanelProps {
  job: Job;
  jobs: readonly Job[];
  typeTitle: string;
  onSelect: (uid: string) => void;
  onClose: () => void;
}

/** The side panel of a selected job: the builder while it is built, afterwards what came out of it. */
export function JobPanel({ job, jobs, typeTitle, onSelect, onClose }: JobPanelProps): JSX.Element {
  const update = useCall('jobs.update');
  const one = { project_uid: job.project_uid, job_uid: job.uid };
  const building = job.status === 'building';
  return (
    <aside className="side" aria-label={`Job ${job.uid}`}>
      <header className="stack" style={{ gap: 5 }}>
        <div className="row">
          <span className="uid">{job.uid}</span>
          <span className="grow ellipsis soft" title={typeTitle}>
            {typeTitle}
          </span>
          <StatusBadge status={job.status} />
          <IconButton icon="cross" label="Close (Esc)" onClick={onClose} />
        </div>
        <h2>
          <EditableText
            value={job.title}
            label="Title"
            placeholder="Add a title"
            optional
            onSave={(title) => update.mutateAsync({ ...one, title })}
          />
        </h2>
        <div className="row wrap" style={{ gap: 6 }}>
          <Button
            component={Link}
            to={`/projects/${job.project_uid}/jobs/${job.uid}`}
            leftSection={<Icon name="expand" size={14} />}
          >
            Open
          </Button>
          <JobActions job={job} onMade={onSelect} onDeleted={onClose} />
          <span className="grow" />
          <span className="faint small">
            <TimeAgo at={sinceOf(job)} />
          </span>
        </div>
      </header>
      <div className="scroll stack">
        <JobProgress job={job} />
        {job.status === 'queued' && (
          <div className="note row">
            <Icon name="clock" size={14} />
            <span>{job.queue_message ?? 'Waits to be scheduled.'}</span>
          </div>
        )}
        <ErrorReport job={job} />
        {building ? (
          <Builder key={job.uid} job={job} jobs={jobs} onSelect={onSelect} />
        ) : (
          <>
            {job.outputs.map((output) => (
              <OutputCard key={output.name} job={job} output={output} compact onMade={onSelect} />
            ))}
            {job.parents.length > 0 && (
              <div className="row wrap soft">
                From
                {job.parents.map((uid) => (
                  <button key={uid} type="button" className="filter-chip" onClick={() => onSelect(uid)}>
                    {uid}
                  </button>
                ))}
              </div>
            )}
          </>
        )}
      </div>
      {building && (
        <footer>
          <QueueBar job={job} />
        </footer>
      )}
    </aside>
  );
}
