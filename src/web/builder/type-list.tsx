import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX, KeyboardEvent } from 'react';
import { reads, useCall } from '../api/queries.ts';
import { Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellError } from '../parts/toasts.tsx';
import { byCategory } from './categories.ts';

export interface TypeListProps {
  project_uid: string;
  workspace_uid: string;
  onMade: (job_uid: string) => void;
}

/** All job types by category, with search; choosing one makes a job of it. */
export function TypeList({ project_uid, workspace_uid, onMade }: TypeListProps): JSX.Element {
  const types = useQuery(reads.jobTypes());
  const create = useCall('jobs.create');
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const groups = byCategory(types.data ?? [], query);
  const flat = groups.flatMap((g) => g.types);
  const make = (job_type: string): void => {
    if (create.isPending) return;
    create.mutate(
      { job_type, project_uid, workspace_uid },
      { onSuccess: (job) => onMade(job.uid), onError: tellError },
    );
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((i) => Math.min(flat.length - 1, Math.max(0, i + step)));
    }
    const chosen = flat[at];
    if (event.key === 'Enter' && chosen) make(chosen.type);
  };
  return (
    <div className="stack" style={{ gap: 6 }}>
      <TextInput
        placeholder="Search job types"
        aria-label="Search job types"
        leftSection={<Icon name="search" size={13} />}
        autoFocus
        value={query}
        onChange={(e) => {
          setQuery(e.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      {types.isPending && <Lines count={7} height={36} />}
      {types.error && <Problem error={types.error} onRetry={() => void types.refetch()} />}
      {groups.map((group) => (
        <div key={group.title} className="type-group">
          <h3>{group.title}</h3>
          {group.types.map((type) => (
            <button
              key={type.type}
              type="button"
              className={`type-choice ${flat[at] === type ? 'at' : ''}`}
              data-type={type.type}
              disabled={create.isPending}
              onClick={() => make(type.type)}
            >
              <div className="row">
                <span className="grow" style={{ fontWeight: 500 }}>
                  {type.title}
                </span>
                {type.stability !== 'stable' && <span className="faint small">{type.stability}</span>}
              </div>
              <div className="soft small">{type.description}</div>
            </button>
          ))}
        </div>
      ))}
      {types.data && flat.length === 0 && <div className="empty">No job type fits “{query}”.</div>}
    </div>
  );
}
