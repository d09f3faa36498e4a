import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { call } from '../api/client.ts';
import { reads, useCall } from '../api/queries.ts';
import { lastLane } from '../builder/last-lane.ts';
import { plural } from '../format/number.ts';
import { Confirm, IconButton } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';
import { BULK, applicable, forEachJob } from './bulk.ts';
import type { BulkAction } from './bulk.ts';

export interface BulkBarProps {
  /** the marked jobs */
  jobs: readonly Job[];
  onClear: () => void;
}

const ACTIONS = Object.keys(BULK) as BulkAction[];

/** What can be done to all marked jobs; each button says to how many of them. */
export function BulkBar({ jobs, onClear }: BulkBarProps): JSX.Element {
  const [busy, setBusy] = useState<BulkAction | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const lanes = useQuery(reads.lanes());
  const lane = lastLane(lanes.data ?? []);
  const enqueue = useCall('jobs.enqueue');
  const kill = useCall('jobs.kill');
  const clear = useCall('jobs.clear');
  const clone = useCall('jobs.clone');
  const act: Record<BulkAction, (job: Job) => Promise<unknown>> = {
    queue: (job) => enqueue.mutateAsync({ ...keyOf(job), ...(lane === null ? {} : { lane }) }),
    kill: (job) => kill.mutateAsync(keyOf(job)),
    clear: (job) => clear.mutateAsync(keyOf(job)),
    clone: (job) => clone.mutateAsync(keyOf(job)),
    delete: (job) => call('jobs.delete', keyOf(job)),
  };
  const run = async (action: BulkAction, which: readonly Job[]): Promise<void> => {
    setBusy(action);
    const { done, refused } = await forEachJob(which, act[action]);
    setBusy(null);
    if (done > 0) tellDone(`${plural(done, 'job')} ${BULK[action].done}.`);
    for (const { uid, why } of refused) tellError(new Error(`${uid}: ${why}`));
    if (action === 'delete') onClear();
  };
  const ask = (action: BulkAction, which: readonly Job[]): void => {
    const { word, warning } = BULK[action];
    if (warning === undefined) {
      void run(action, which);
      return;
    }
    setQuestion({
      title: `${word} ${plural(which.length, 'job')}`,
      text: `${which.map((j) => j.uid).join(', ')}. ${warning}`,
      verb: `${word} ${plural(which.length, 'job')}`,
      danger: true,
      act: () => run(action, which),
    });
  };
  return (
    <div className="bulk-bar" role="toolbar" aria-label="Actions on the marked jobs">
      <strong className="nowrap">{plural(jobs.length, 'job')} marked</strong>
      {ACTIONS.map((action) => {
        const which = applicable(action, jobs);
        return (
          <Button
            key={action}
            leftSection={<Icon name={BULK[action].icon} size={14} />}
            disabled={which.length === 0 || busy !== null}
            loading={busy === action}
            title={
              which.length < jobs.length ? `Possible for ${which.length} of the ${jobs.length} marked jobs` : undefined
            }
            onClick={() => ask(action, which)}
          >
            {BULK[action].word}
            {which.length < jobs.length && which.length > 0 && ` ${which.length}`}
          </Button>
        );
      })}
      <IconButton icon="cross" label="Unmark all (Esc)" onClick={onClear} />
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </div>
  );
}

const keyOf = (job: Job): { project_uid: string; job_uid: string } => ({
  project_uid: job.project_uid,
  job_uid: job.uid,
});
