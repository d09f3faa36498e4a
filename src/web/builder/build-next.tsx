import { Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import type { Job, Output } from '../../schema/model.ts';
import { reads, useCall } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';
import { nextTypesFor } from './next-types.ts';

export interface BuildNextProps {
  job: Job;
  output: Output;
  onMade: (job_uid: string) => void;
}

/** The quick way on: job types that take this output; choosing one creates it in the same workspace, connected. */
export function BuildNext({ job, output, onMade }: BuildNextProps): JSX.Element | null {
  const types = useQuery(reads.jobTypes());
  const create = useCall('jobs.create');
  const next = nextTypesFor(output, types.data ?? []);
  const [workspace_uid] = job.workspace_uids;
  if (next.length === 0 || workspace_uid === undefined) return null;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className="filter-chip build-next"
          disabled={create.isPending}
          aria-label={`Build next from ${job.uid}.${output.name}`}
        >
          <Icon name="plus" size={12} /> Build next
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={380} style={{ overflowY: 'auto' }}>
        {next.map(({ type, input }) => (
          <Menu.Item
            key={type.type}
            data-next={type.type}
            rightSection={<span className="faint small">{input.title}</span>}
            onClick={() =>
              create.mutate(
                {
                  job_type: type.type,
                  project_uid: job.project_uid,
                  workspace_uid,
                  input_group_connects: { [input.name]: `${job.uid}.${output.name}` },
                },
                {
                  onSuccess: (made) => {
                    tellDone(`${made.uid} takes ${job.uid}.${output.name}.`);
                    onMade(made.uid);
                  },
                  onError: tellError,
                },
              )
            }
          >
            {type.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
