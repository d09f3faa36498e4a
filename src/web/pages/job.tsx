import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { reads, useCall } from '../api/queries.ts';
import { Builder } from '../builder/builder.tsx';
import { QueueBar, needsInWords } from '../builder/queue-bar.tsx';
import { duration } from '../format/time.ts';
import { ErrorReport } from '../jobs/error-report.tsx';
import { JobActions } from '../jobs/job-actions.tsx';
import { JobLinks } from '../jobs/job-links.tsx';
import { hasEnded, runTime_ms } from '../jobs/status.ts';
import { mapSlots } from '../jobs/output-card.tsx';
import { EventLog } from '../log/event-log.tsx';
import { useEventLog } from '../log/use-event-log.ts';
import { EditableText } from '../parts/editable-text.tsx';
import { Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import type { IconName } from '../parts/icons.tsx';
import { JobProgress, StatusBadge } from '../parts/status-badge.tsx';
import { TimeAgo, useNow_ms } from '../parts/time-ago.tsx';
import type { JobTab } from '../shell/search.ts';
import { JobDashboard } from './job-dashboard.tsx';

const route = getRouteApi('/app/projects/$projectUid/jobs/$jobUid');
const VolumeTab = lazy(() => import('../volume/volume-tab.tsx').then((m) => ({ default: m.VolumeTab })));

/** A job: its dashboard first, then the log, what went in, the maps, and the raw document. */
export function JobPage(): JSX.Element {
  const { projectUid, jobUid } = route.useParams();
  const job = useQuery(reads.job(projectUid, jobUid));
  if (job.error) {
    return (
      <div className="page">
        <Problem error={job.error} onRetry={() => void job.refetch()} />
      </div>
    );
  }
  if (!job.data) {
    return (
      <div className="page">
        <Lines count={8} height={24} />
      </div>
    );
  }
  return <JobView key={jobUid} job={job.data} />;
}

const TABS: { tab: JobTab; word: string; icon: IconName }[] = [
  { tab: 'dashboard', word: 'Dashboard', icon: 'chart' },
  { tab: 'log', word: 'Event log', icon: 'file' },
  { tab: 'inputs', word: 'Inputs and parameters', icon: 'link' },
  { tab: 'volume', word: 'Volume', icon: 'cube' },
  { tab: 'metadata', word: 'Metadata', icon: 'info' },
];

function JobView({ job }: { job: Job }): JSX.Element {
  const search = route.useSearch();
  const navigate = useNavigate();
  const types = useQuery(reads.jobTypes());
  const jobs = useQuery(reads.jobs(job.project_uid));
  const update = useCall('jobs.update');
  // a cleared job starts anew: its launches tell the runs apart
  const events = useEventLog(
    job.project_uid,
    job.uid,
    job.status === 'building' ? 'building' : (job.launched_at ?? job.status),
  );
  const one = { project_uid: job.project_uid, job_uid: job.uid };
  const here = { projectUid: job.project_uid, jobUid: job.uid };
  const typeTitle = types.data?.find((t) => t.type === job.type)?.title ?? job.type;
  const tab = search.tab ?? (job.status === 'building' ? 'inputs' : 'dashboard');
  const hasMaps = job.outputs.some((o) => mapSlots(o).length > 0);
  const goTo = (uid: string): void =>
    void navigate({ to: '/projects/$projectUid/jobs/$jobUid', params: { projectUid: job.project_uid, jobUid: uid } });
  const goToWorkspace = (): void =>
    void navigate({
      to: '/projects/$projectUid/workspaces/$workspaceUid',
      params: { projectUid: job.project_uid, workspaceUid: job.workspace_uids[0] ?? 'all' },
    });

  return (
    <div className="job-page">
      <header className="job-head">
        <div className="row" style={{ gap: 12 }}>
          <span className="uid" style={{ fontSize: 17 }}>
            {job.uid}
          </span>
          <h1 className="grow ellipsis">
            <EditableText
              value={job.title}
              label="Title"
              placeholder={typeTitle}
              optional
              onSave={(title) => update.mutateAsync({ ...one, title })}
            />
          </h1>
          <StatusBadge status={job.status} />
          <JobActions job={job} onMade={goTo} onDeleted={goToWorkspace} />
        </div>
        <Facts job={job} typeTitle={typeTitle} />
        <ErrorReport job={job} withLog />
        <EditableText
          value={job.description}
          label="Description"
          placeholder="Add a description"
          multiline
          onSave={(description) => update.mutateAsync({ ...one, description })}
        />
        <div className="job-state">
          <JobProgress job={job} />
          {job.status === 'queued' && (
            <div className="note row">
              <Icon name="clock" size={14} /> {job.queue_message ?? 'Waits to be scheduled.'}
            </div>
          )}
        </div>
        <Tabs
          value={tab}
          onChange={(next) =>
            void navigate({
              to: '/projects/$projectUid/jobs/$jobUid',
              params: here,
              search: { tab: (next ?? 'dashboard') as JobTab },
            })
          }
        >
          <Tabs.List>
            {TABS.filter((t) => t.tab !== 'volume' || hasMaps).map((t) => (
              <Tabs.Tab key={t.tab} value={t.tab} leftSection={<Icon name={t.icon} size={14} />}>
                {t.word}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs>
      </header>
      <div className={`job-body tab-${tab}`}>
        {tab === 'dashboard' && <JobDashboard job={job} events={events} onMade={goTo} />}
        {tab === 'log' && <EventLog job={job} events={events} />}
        {tab === 'inputs' && (
          <div className="job-inputs">
            <Builder job={job} jobs={jobs.data ?? []} onSelect={goTo} />
            {job.status === 'building' && <QueueBar job={job} />}
          </div>
        )}
        {tab === 'volume' && (
          <Suspense fallback={<Lines count={8} height={24} />}>
            <VolumeTab
              job={job}
              map={search.map}
              onChoose={(map) =>
                void navigate({
                  to: '/projects/$projectUid/jobs/$jobUid',
                  params: here,
                  search: { tab: 'volume', map },
                  replace: true,
                })
              }
            />
          </Suspense>
        )}
        {tab === 'metadata' && <pre className="job-json">{JSON.stringify(job, null, 2)}</pre>}
      </div>
    </div>
  );
}

function Facts({ job, typeTitle }: { job: Job; typeTitle: string }): JSX.Element {
  const now_ms = useNow_ms();
  const length_ms = runTime_ms(job, now_ms);
  const at = job.resources_allocated;
  return (
    <div className="row wrap soft small job-facts">
      {job.title !== '' && <span>{typeTitle}</span>}
      <JobLinks word="from" project_uid={job.project_uid} uids={job.parents} />
      <JobLinks word="feeds" project_uid={job.project_uid} uids={job.children} />
      {length_ms !== null && (
        <span>
          {hasEnded(job) ? 'ran' : 'runs for'} {duration(Math.max(0, length_ms))}
        </span>
      )}
      {at !== null && (
        <span>
          on {at.hostname}, lane {at.lane}
        </span>
      )}
      <span title="What the job asks of a machine">{needsInWords(job.resources_needed)}</span>
      {job.priority !== 0 && <span>priority {job.priority}</span>}
      <span>
        created <TimeAgo at={job.created_at} />
      </span>
    </div>
  );
}
