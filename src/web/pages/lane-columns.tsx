import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { JSX } from 'react';
import type { Job, TargetNode } from '../../schema/model.ts';
import { reads, useMe } from '../api/queries.ts';
import { isActive } from '../jobs/status.ts';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { StatusBadge } from '../parts/status-badge.tsx';

type Usage = { name: string; used: Record<'CPU' | 'GPU' | 'RAM', number[]> };

/** The queue: one column a lane, with its machines, their slots, and its jobs in the order of starting. */
export function LaneColumns(): JSX.Element {
  const lanes = useQuery(reads.lanes());
  const targets = useQuery(reads.targets());
  const usage = useQuery(reads.usage());
  const queue = useQuery(reads.queue());
  const me = useMe();
  const error = lanes.error ?? targets.error ?? usage.error;
  if (error) {
    return (
      <div className="body">
        <Problem error={error} />
      </div>
    );
  }
  if (!lanes.data || !targets.data) {
    return (
      <div className="body">
        <Lines count={4} height={24} />
      </div>
    );
  }
  if (lanes.data.length === 0) {
    return (
      <Empty icon="server" title="No lane yet">
        <span>
          Jobs run on workers.{' '}
          {me.role === 'admin' ? 'Connect this or another machine in its shell:' : 'An administrator connects them.'}
        </span>
        {me.role === 'admin' && <code>cryosparcw connect --worker … --master … --port …</code>}
      </Empty>
    );
  }
  const jobs = queue.data ?? [];
  return (
    <div className="lanes">
      {lanes.data.map((lane) => {
        const machines = targets.data.filter((t) => t.lane === lane.name);
        const mine = jobs.filter((j) => j.queued_to_lane === lane.name || j.resources_allocated?.lane === lane.name);
        return (
          <div key={lane.name} className="lane">
            <h3 className="row">
              <span className="grow ellipsis" title={lane.desc || lane.name}>
                {lane.title || lane.name}
              </span>
              <span className="faint">{lane.type}</span>
            </h3>
            {machines.length === 0 && <div className="faint">No machine serves this lane: its jobs wait for one.</div>}
            {machines.map((target) => (
              <Machine key={target.name} target={target} usage={usage.data?.find((u) => u.name === target.name)} />
            ))}
            {mine.length === 0 && <div className="faint">Nothing queued.</div>}
            {[...mine.filter(isActive), ...mine.filter((j) => j.status === 'queued').sort(byTurn)].map((job) => (
              <QueuedJob key={`${job.project_uid}-${job.uid}`} job={job} />
            ))}
          </div>
        );
      })}
    </div>
  );
}

function byTurn(a: Job, b: Job): number {
  return b.priority - a.priority || (a.queued_at ?? '').localeCompare(b.queued_at ?? '');
}

function QueuedJob({ job }: { job: Job }): JSX.Element {
  return (
    <Link
      className="lane-job"
      to="/projects/$projectUid/jobs/$jobUid"
      params={{ projectUid: job.project_uid, jobUid: job.uid }}
    >
      <span className="row">
        <span className="uid grow">
          {job.project_uid} {job.uid}
        </span>
        <StatusBadge status={job.status} />
      </span>
      {job.queue_message !== null && job.status === 'queued' && <span className="soft">{job.queue_message}</span>}
    </Link>
  );
}

const KINDS = ['CPU', 'GPU', 'RAM'] as const;

/** A machine with its slots as squares; many slots become a bar. */
export function Machine({ target, usage }: { target: TargetNode; usage: Usage | undefined }): JSX.Element {
  return (
    <div className="machine">
      <div className="ellipsis" title={`${target.hostname}, ${target.version}`}>
        {target.title || target.hostname}
      </div>
      {KINDS.filter((kind) => target.resource_slots[kind].length > 0).map((kind) => {
        const all = target.resource_slots[kind];
        const used = all.filter((slot) => usage?.used[kind].includes(slot));
        const word = kind === 'RAM' ? 'RAM (8 GB)' : kind;
        return (
          <div key={kind} className="slots" title={`${used.length} of ${all.length} ${word} slots in use`}>
            <span className="faint kind">{word}</span>
            <span className="squares" aria-hidden="true">
              {all.length <= 16 ? (
                all.map((slot) => <i key={slot} className={usage?.used[kind].includes(slot) ? 'used' : ''} />)
              ) : (
                <span className="slot-bar">
                  <b style={{ width: `${(100 * used.length) / all.length}%` }} />
                </span>
              )}
            </span>
            <span className="soft nowrap">
              {used.length} / {all.length}
            </span>
          </div>
        );
      })}
    </div>
  );
}
