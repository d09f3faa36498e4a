import { columnAt, type ClusterState, type SchedulerKind } from './scheduler-kind.ts';

const CODES: Readonly<Record<string, string>> = {
  PD: 'PENDING',
  CF: 'CONFIGURING',
  R: 'RUNNING',
  CG: 'COMPLETING',
  S: 'SUSPENDED',
  ST: 'STOPPED',
  RQ: 'REQUEUED',
  RH: 'REQUEUE_HOLD',
  SO: 'STAGE_OUT',
  CD: 'COMPLETED',
  CA: 'CANCELLED',
  F: 'FAILED',
  TO: 'TIMEOUT',
  NF: 'NODE_FAIL',
  OOM: 'OUT_OF_MEMORY',
  PR: 'PREEMPTED',
  BF: 'BOOT_FAIL',
  DL: 'DEADLINE',
};
const PENDING = ['PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT'];
const RUNNING = ['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'STAGE_OUT', 'SIGNALING', 'RESIZING'];

/** A state by its long or short name; "CANCELLED by 1000" is CANCELLED. */
function stateOf(text: string, reason: string): ClusterState | null {
  const [first = ''] = text.trim().split(/[\s+]/);
  const word = CODES[first] ?? first;
  if (!/^[A-Z_]{2,}$/.test(word)) return null;
  if (PENDING.includes(word)) return { phase: 'pending', word, reason };
  if (RUNNING.includes(word)) return { phase: 'running', word, reason: '' };
  if (!Object.values(CODES).includes(word)) return null;
  // a node that could not boot is a node that failed, a deadline a limit of time
  const known: Record<string, string> = { BOOT_FAIL: 'NODE_FAIL', DEADLINE: 'TIMEOUT' };
  return { phase: 'ended', word: known[word] ?? word, reason };
}

function parseList(text: string): Map<string, ClusterState> | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const at = lines.findIndex((line) => /(?<!\S)JOBID(?!\S)/.test(line) && /(?<!\S)(ST|STATE)(?!\S)/.test(line));
  const heading = lines[at];
  if (heading === undefined) return null;
  const states = new Map<string, ClusterState>();
  for (const line of lines.slice(at + 1)) {
    const [id] = /^\d+/.exec(columnAt(heading, 'JOBID', line)) ?? [];
    const reason = /\(([^()]*)\)\s*$/.exec(line)?.[1] ?? '';
    const state = stateOf(columnAt(heading, 'ST', line) || columnAt(heading, 'STATE', line), reason);
    if (id !== undefined && state) states.set(id, state);
  }
  return states;
}

function parseDetail(text: string): ClusterState | null {
  // scontrol: JobState=OUT_OF_MEMORY Reason=OutOfMemory Dependency=(null) ... ExitCode=0:125
  const [, state] = /\bJobState=(\S+)/.exec(text) ?? [];
  if (state !== undefined) {
    const [, reason = ''] = /\bReason=(\S+)/.exec(text) ?? [];
    const [, exit = ''] = /\bExitCode=(\S+)/.exec(text) ?? [];
    const found = stateOf(state, reason === 'None' ? '' : reason);
    return found?.phase === 'ended'
      ? { ...found, reason: [found.reason, `exit code ${exit}`].filter((t) => t !== '').join(', ') }
      : found;
  }
  // sacct -n -P -o JobID,State,ExitCode: the job, then its steps. A step can know what the job does not.
  const rows = text.split('\n').map((line) => line.split('|'));
  const states = rows.flatMap(([id = '', word = '', exit = '']) =>
    /^\d+/.test(id) ? (stateOf(word, `exit code ${exit}`) ?? []) : [],
  );
  return states.find(({ word }) => word === 'OUT_OF_MEMORY') ?? states[0] ?? stateOf(text, '');
}

export const slurm: SchedulerKind = {
  name: 'slurm',
  submitted: /(?:Submitted batch job |^(?=\d+(?:;\w+)?\s*$))(\d+)/m,
  separator: ',',
  unknownJob: /Invalid job id/i,
  parseList,
  detail: [(id) => `scontrol -o show job ${id}`, (id) => `sacct -n -P -j ${id} -o JobID,State,ExitCode`],
  parseDetail,
};
