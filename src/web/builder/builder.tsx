import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { reads } from '../api/queries.ts';
import { Lines, Problem } from '../parts/feedback.tsx';
import { InputBox } from './input-box.tsx';
import { ParamForm } from './param-form.tsx';

/** Inputs and parameters of a job that is being built. */
export function Builder({
  job,
  jobs,
  onSelect,
}: {
  job: Job;
  jobs: readonly Job[];
  onSelect: (uid: string) => void;
}): JSX.Element {
  const types = useQuery(reads.jobTypes());
  const project = useQuery(reads.project(job.project_uid));
  const type = types.data?.find((t) => t.type === job.type);
  if (types.error) return <Problem error={types.error} onRetry={() => void types.refetch()} />;
  if (types.isPending) return <Lines count={8} height={22} />;
  if (!type) return <div className="note">This instance has no job type “{job.type}”.</div>;
  return (
    <div className="stack">
      {type.inputs.length > 0 && (
        <section className="stack" style={{ gap: 7 }} aria-label="Inputs">
          {type.inputs.map((input) => (
            <InputBox key={input.name} target={{ job, input }} jobs={jobs} onOpen={onSelect} />
          ))}
        </section>
      )}
      <ParamForm job={job} type={type} defaults={project.data?.project_params_pdef ?? {}} />
    </div>
  );
}
