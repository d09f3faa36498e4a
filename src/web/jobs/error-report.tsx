import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { fileUrl } from '../api/client.ts';
import { reads } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { lastLines } from './last-lines.ts';

const TAIL_LINES = 12;

/** Why a job failed or was killed: the sentence, its code, and on request what the job printed last. */
export function ErrorReport({ job, withLog = false }: { job: Job; withLog?: boolean }): JSX.Element | null {
  if (job.errors_run.length === 0) return null;
  return (
    <section className="error-report" role="alert" aria-label={`Why ${job.uid} ended`}>
      {job.errors_run.map((e) => (
        <div key={`${e.code} ${e.message}`} className="problem">
          <Icon name="alert" />
          <div className="grow">
            <div className="error-sentence">{e.message}</div>
            <div className="faint mono">{e.code}</div>
          </div>
        </div>
      ))}
      {withLog && <LogTail job={job} />}
    </section>
  );
}

function LogTail({ job }: { job: Job }): JSX.Element {
  const log = useQuery(reads.jobLog(job.project_uid, job.uid, job.updated_at));
  const lines = lastLines(log.data ?? '', TAIL_LINES);
  return (
    <div className="log-tail">
      <div className="row small">
        <span className="grow soft">
          {log.error
            ? `job.log cannot be read: ${log.error.message}`
            : log.data === ''
              ? 'The job printed nothing.'
              : 'Last lines of job.log'}
        </span>
        <a href={fileUrl(job.project_uid, `${job.job_dir}/job.log`)} download={`${job.uid}.log`}>
          job.log
        </a>
      </div>
      {lines.length > 0 && <pre>{lines.join('\n')}</pre>}
    </div>
  );
}
