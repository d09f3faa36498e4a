import { Button, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { reads, useCall } from '../api/queries.ts';
import { Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { lastLane, rememberLane } from './last-lane.ts';

/** What a job will ask of the machine, in words. */
export function needsInWords(needs: Job['resources_needed']): string {
  const parts = [`${needs.cpu} CPU`, ...(needs.gpu > 0 ? [`${needs.gpu} GPU`] : []), `${needs.ram * 8} GB memory`];
  return parts.join(', ') + (needs.ssd ? ', SSD' : '');
}

/** Why the job cannot be queued yet, the lane, and the button. */
export function QueueBar({ job }: { job: Job }): JSX.Element {
  const lanes = useQuery(reads.lanes());
  const enqueue = useCall('jobs.enqueue');
  const [chosen, setChosen] = useState<string | null>(null);
  const lane = chosen ?? lastLane(lanes.data ?? []);
  const ready = job.build_errors.length === 0 && lane !== null;
  const queue = (): void => {
    if (!ready) return;
    rememberLane(lane);
    enqueue.mutate({ project_uid: job.project_uid, job_uid: job.uid, lane });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      // a field that is still being edited saves itself first
      (document.activeElement as HTMLElement | null)?.blur();
      queue();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
  return (
    <div className="stack" style={{ gap: 8 }}>
      {job.build_errors.length > 0 && (
        <ul className="build-errors" aria-label="What is missing">
          {job.build_errors.map((e) => (
            <li key={e} className="row soft small">
              <Icon name="alert" size={13} /> {e}
            </li>
          ))}
        </ul>
      )}
      {enqueue.error && <Problem error={enqueue.error} />}
      {lanes.data?.length === 0 && (
        <div className="note small">No lane exists: a worker must be connected before jobs can run.</div>
      )}
      <div className="row">
        <span className="faint small grow ellipsis" title={`Needs ${needsInWords(job.resources_needed)}`}>
          {needsInWords(job.resources_needed)}
        </span>
        <Select
          w={120}
          aria-label="Lane"
          placeholder="no lane"
          data={(lanes.data ?? []).map((l) => ({ value: l.name, label: l.title || l.name }))}
          value={lane}
          onChange={setChosen}
        />
        <Button
          variant="filled"
          style={{ flex: 'none' }}
          disabled={!ready}
          loading={enqueue.isPending}
          onClick={queue}
          title="Ctrl Enter"
        >
          Queue job
        </Button>
      </div>
    </div>
  );
}
