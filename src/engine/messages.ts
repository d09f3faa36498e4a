import type { ErrorBody } from '../base/errors.ts';
import type { ApiOutput } from '../schema/api.ts';
import type { JobEvent } from '../schema/events.ts';
import type { Output } from '../schema/model.ts';

/** What the master gives to whoever claims a launched job. */
export type Claim = ApiOutput<'runs.claim'>;

/** How a job ended, as `runs.finish` takes it and `<job_dir>/.finish.json` keeps it. */
export interface Outcome {
  status: 'completed' | 'failed' | 'killed';
  errors: Pick<ErrorBody, 'kind' | 'code' | 'message'>[];
  outputs: Output[];
}

/** Monitor → main, once. */
export interface StartMessage {
  type: 'start';
  claim: Claim;
  monitor_pid: number;
  /** what all processes of this run carry in their environment, `NAME=value` */
  mark: string;
  /** directory of job types, where it is not the installation's own; with a slash at its end */
  jobs_url?: string;
}

/** Main → monitor. Events are in the log file before they are sent. */
export type MainMessage =
  | { type: 'event'; event: JobEvent }
  /** picture of the job's card, relative to the project directory */
  | { type: 'tile'; path: string }
  | { type: 'outcome'; outcome: Outcome };
