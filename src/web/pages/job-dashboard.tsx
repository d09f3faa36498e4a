import type { JSX } from 'react';
import type { JobEvent } from '../../schema/events.ts';
import type { Job } from '../../schema/model.ts';
import { OutputCard } from '../jobs/output-card.tsx';
import { hasEnded } from '../jobs/status.ts';
import { EventImages } from '../log/event-images.tsx';
import { dashboardEvents } from '../log/event-store.ts';
import { Empty } from '../parts/feedback.tsx';
import { FigureView } from '../plot/figure-view.tsx';

export interface JobDashboardProps {
  job: Job;
  events: readonly JobEvent[];
  /** after a job was built from one of the outputs */
  onMade: (job_uid: string) => void;
}

/** What came out: outputs with their numbers, then the figures and pictures that the job put up front. */
export function JobDashboard({ job, events, onMade }: JobDashboardProps): JSX.Element {
  const front = dashboardEvents(events);
  const last = events.findLast((e) => e.type === 'text');
  return (
    <div className="job-dashboard">
      <section className="job-outputs" aria-label="Outputs">
        {job.outputs.map((output) => (
          <OutputCard key={output.name} job={job} output={output} onMade={onMade} />
        ))}
        {job.outputs.length === 0 && <Empty icon="file" title="This job gives no outputs" />}
      </section>
      <section className="job-figures" aria-label="Figures">
        {front.map((event) => (
          <div key={event.id} className="card">
            <div className="body">
              {event.type === 'figure' && <FigureView figure={event.figure} />}
              {event.type === 'image' && (
                <EventImages event={event} project_uid={job.project_uid} job_dir={job.job_dir} />
              )}
            </div>
          </div>
        ))}
        {front.length === 0 && (
          <div className="card">
            <Empty icon="chart" title={hasEnded(job) ? 'The job made no key figures' : 'No figures yet'}>
              {last?.type === 'text' ? (
                <span className="mono">{last.text}</span>
              ) : (
                !hasEnded(job) && 'Key figures show here as the job makes them.'
              )}
            </Empty>
          </div>
        )}
      </section>
    </div>
  );
}
