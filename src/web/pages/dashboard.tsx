import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { reads } from '../api/queries.ts';
import { plural, value } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { isActive } from '../jobs/status.ts';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { JobProgress, StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { LaneColumns } from './lane-columns.tsx';
import { ProcessState } from './process-state.tsx';

/** What runs, what waits and why, how the instance does. */
export function DashboardPage(): JSX.Element {
  return (
    <div className="page">
      <h1>Dashboard</h1>
      <div className="dashboard">
        <div className="stack" style={{ gap: 16 }}>
          <Running />
          <section className="card">
            <header>
              <h2>Lanes</h2>
            </header>
            <LaneColumns />
          </section>
        </div>
        <div className="stack" style={{ gap: 16 }}>
          <RecentProjects />
          <InstanceCard />
          <Changelog />
        </div>
      </div>
    </div>
  );
}

function Running(): JSX.Element {
  const queue = useQuery(reads.queue());
  const types = useQuery(reads.jobTypes());
  const titleOf = (job: Job): string => job.title || (types.data?.find((t) => t.type === job.type)?.title ?? job.type);
  const running = (queue.data ?? []).filter(isActive);
  return (
    <section className="card">
      <header>
        <h2 className="grow">Running</h2>
        {queue.data && <span className="faint">{plural(running.length, 'job')}</span>}
      </header>
      {queue.error && (
        <div className="body">
          <Problem error={queue.error} onRetry={() => void queue.refetch()} />
        </div>
      )}
      {queue.isPending && (
        <div className="body">
          <Lines count={2} height={38} />
        </div>
      )}
      {queue.data && running.length === 0 && (
        <Empty icon="play" title="Nothing is running">
          Jobs show here from launch to end, those that wait stand in their lane below.
        </Empty>
      )}
      {running.map((job) => (
        <Link
          key={`${job.project_uid}-${job.uid}`}
          className="running-row"
          to="/projects/$projectUid/jobs/$jobUid"
          params={{ projectUid: job.project_uid, jobUid: job.uid }}
        >
          <span className="uid">
            {job.project_uid} {job.uid}
          </span>
          <span className="grow">
            <div className="ellipsis">{titleOf(job)}</div>
            <JobProgress job={job} />
          </span>
          <StatusBadge status={job.status} />
          <span className="faint nowrap">
            <TimeAgo at={job.running_at ?? job.launched_at} />
          </span>
        </Link>
      ))}
    </section>
  );
}

function RecentProjects(): JSX.Element {
  const projects = useQuery(reads.projects());
  const recent = [...(projects.data ?? [])].sort((a, b) => b.updated_at.localeCompare(a.updated_at)).slice(0, 6);
  return (
    <section className="card">
      <header>
        <h2 className="grow">Recent projects</h2>
        <Link to="/projects">All</Link>
      </header>
      {projects.isPending && (
        <div className="body">
          <Lines count={3} height={26} />
        </div>
      )}
      {projects.error && (
        <div className="body">
          <Problem error={projects.error} onRetry={() => void projects.refetch()} />
        </div>
      )}
      {projects.data && recent.length === 0 && (
        <Empty icon="folder" title="No project yet">
          <Link to="/projects">Create the first one</Link>
        </Empty>
      )}
      {recent.map((p) => (
        <Link key={p.uid} className="running-row" to="/projects/$projectUid" params={{ projectUid: p.uid }}>
          <span className="uid">{p.uid}</span>
          <span className="grow ellipsis" title={p.title}>
            {p.title}
          </span>
          <span className="faint nowrap">{plural(p.counts.jobs, 'job')}</span>
          <span className="faint nowrap">
            <TimeAgo at={p.updated_at} />
          </span>
        </Link>
      ))}
    </section>
  );
}

function InstanceCard(): JSX.Element {
  const info = useQuery({ ...reads.info(), staleTime: 15_000 });
  return (
    <section className="card">
      <header>
        <h2 className="grow">Instance</h2>
        <Link to="/instance">Details</Link>
      </header>
      <div className="body">
        {info.isPending && <Lines count={5} height={14} />}
        {info.error && <Problem error={info.error} onRetry={() => void info.refetch()} />}
        {info.data && (
          <dl className="facts">
            <dt>Version</dt>
            <dd>
              {info.data.version} on {info.data.hostname}, port {info.data.base_port}
            </dd>
            <dt>Up for</dt>
            <dd>{duration(info.data.uptime_s * 1000)}</dd>
            <dt>Database</dt>
            <dd>
              {value(info.data.database.size_mb, 3)} MB, integrity {info.data.database.integrity}
            </dd>
            {info.data.processes.map((p) => (
              <ProcessState key={p.name} process={p} />
            ))}
          </dl>
        )}
      </div>
    </section>
  );
}

function Changelog(): JSX.Element | null {
  const log = useQuery(reads.changelog());
  const latest = log.data?.[0];
  if (!latest) return null;
  return (
    <section className="card">
      <header>
        <h2 className="grow">What is new</h2>
        <span className="faint nowrap">
          {latest.version} · {latest.date}
        </span>
      </header>
      <div className="body">
        <ul className="changes">
          {latest.items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
        {(log.data ?? []).slice(1).map((older) => (
          <details key={older.version} className="soft">
            <summary>
              <Icon name="chevron" size={12} /> {older.version} · {older.date}
            </summary>
            <ul className="changes">
              {older.items.map((item) => (
                <li key={item}>{item}</li>
              ))}
            </ul>
          </details>
        ))}
      </div>
    </section>
  );
}
