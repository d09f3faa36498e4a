import type { JSX } from 'react';
import type * as z from 'zod';
import type { processStatus } from '../../schema/model.ts';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';

type Process = z.output<typeof processStatus>;

const LOOKS = {
  RUNNING: { word: 'Running', icon: 'check', tone: 'completed' },
  STARTING: { word: 'Starting', icon: 'rocket', tone: 'started' },
  STOPPED: { word: 'Stopped', icon: 'stop', tone: 'killed' },
  BACKOFF: { word: 'Waits to restart', icon: 'clock', tone: 'killed' },
  FATAL: { word: 'Gave up', icon: 'alert', tone: 'failed' },
} as const;

/** One line of a list of facts: a process of the master and how it does. */
export function ProcessState({ process }: { process: Process }): JSX.Element {
  const look = LOOKS[process.state];
  return (
    <>
      <dt className="mono">{process.name}</dt>
      <dd className="row wrap" style={{ gap: '2px 10px' }}>
        <span className="status" style={{ '--tone': `var(--status-${look.tone})` } as React.CSSProperties}>
          <Icon name={look.icon} size={14} />
          {look.word}
        </span>
        {process.since !== null && (
          <span className="faint">
            since <TimeAgo at={process.since} />
          </span>
        )}
        {process.restarts > 0 && <span className="faint">{process.restarts} restarts</span>}
        {process.message !== '' && <span className="soft">{process.message}</span>}
      </dd>
    </>
  );
}
