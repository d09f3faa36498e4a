import { Menu, NumberInput, Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { call } from '../api/client.ts';
import { useCall } from '../api/queries.ts';
import { Confirm } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';
import { hasEnded, isActive } from './status.ts';

export interface JobActionsProps {
  job: Job;
  /** after a clone: go to it */
  onMade: (job_uid: string) => void;
  onDeleted: () => void;
}

/** What can be done with a job in its present state; what cannot is not offered. */
export function JobActions({ job, onMade, onDeleted }: JobActionsProps): JSX.Element {
  const [question, setQuestion] = useState<Question | null>(null);
  const [priority, setPriority] = useState<number | null>(null);
  const one = { project_uid: job.project_uid, job_uid: job.uid };
  const kill = useCall('jobs.kill');
  const clear = useCall('jobs.clear');
  const clone = useCall('jobs.clone');
  const update = useCall('jobs.update');
  const running = isActive(job);

  return (
    <div className="row" style={{ gap: 6 }}>
      {(running || job.status === 'queued') && (
        <Button
          leftSection={<Icon name="stop" size={14} />}
          loading={kill.isPending}
          onClick={() =>
            running
              ? setQuestion({
                  title: `Kill ${job.uid}`,
                  text: 'The job is stopped and gives its slots back. What it has written so far stays until it is cleared.',
                  verb: `Kill ${job.uid}`,
                  danger: true,
                  act: () => kill.mutateAsync(one),
                })
              : kill.mutate(one, { onError: tellError })
          }
        >
          {running ? 'Kill' : 'Take out of the queue'}
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <Button rightSection={<Icon name="down" size={12} />} aria-label={`Actions of ${job.uid}`}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Icon name="copy" size={14} />}
            onClick={() =>
              clone.mutate(one, {
                onSuccess: (made) => {
                  tellDone(`${made.uid} is a clone of ${job.uid}.`);
                  onMade(made.uid);
                },
                onError: tellError,
              })
            }
          >
            Clone
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="up" size={14} />} onClick={() => setPriority(job.priority)}>
            Priority …
          </Menu.Item>
          {hasEnded(job) && (
            <Menu.Item
              leftSection={<Icon name="reset" size={14} />}
              onClick={() =>
                setQuestion({
                  title: `Clear ${job.uid}`,
                  text: 'Its results and event log are deleted, parameters and connections stay. It can then be changed and queued again.',
                  verb: `Clear ${job.uid}`,
                  danger: true,
                  act: () => clear.mutateAsync(one),
                })
              }
            >
              Clear
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item
            leftSection={<Icon name="trash" size={14} />}
            color="var(--status-failed)"
            disabled={running}
            onClick={() =>
              setQuestion({
                title: `Delete ${job.uid}`,
                text: `${job.uid} and its directory ${job.job_dir} are deleted. This cannot be undone.`,
                verb: `Delete ${job.uid}`,
                danger: true,
                act: async () => {
                  await call('jobs.delete', one);
                  tellDone(`${job.uid} was deleted.`);
                  onDeleted();
                },
              })
            }
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Confirm question={question} onClose={() => setQuestion(null)} />
      <Modal
        opened={priority !== null}
        onClose={() => setPriority(null)}
        title={<strong>Priority of {job.uid}</strong>}
        size="xs"
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            update.mutate(
              { ...one, priority: priority ?? 0 },
              { onSuccess: () => setPriority(null), onError: tellError },
            );
          }}
        >
          <NumberInput
            label="0 to 100; higher ones start first"
            min={0}
            max={100}
            value={priority ?? 0}
            onChange={(v) => setPriority(Number(v))}
            data-autofocus
          />
          <Button type="submit" variant="filled" loading={update.isPending}>
            Set priority
          </Button>
        </form>
      </Modal>
    </div>
  );
}
