import { type ClusterState, endingIn, type SchedulerKind } from './scheduler-kind.ts';

const WORDS: Readonly<Record<string, readonly [ClusterState['phase'], string]>> = {
  Q: ['pending', 'queued'],
  H: ['pending', 'held'],
  W: ['pending', 'waiting'],
  T: ['pending', 'being moved'],
  M: ['pending', 'moved'],
  R: ['running', 'running'],
  B: ['running', 'begun'],
  E: ['running', 'exiting'],
  S: ['running', 'suspended'],
  U: ['running', 'suspended'],
  C: ['ended', 'COMPLETED'],
  F: ['ended', 'COMPLETED'],
  X: ['ended', 'COMPLETED'],
};

function parseList(text: string): Map<string, ClusterState> | null {
  if (!/^Job ID|^Job id/m.test(text)) return null;
  const states = new Map<string, ClusterState>();
  let last: string | undefined;
  for (const line of text.split('\n')) {
    const [id] = /^\d+/.exec(line) ?? [];
    const [phase, word] = WORDS[line.trim().split(/\s+/).at(-2) ?? ''] ?? [];
    if (id !== undefined && phase !== undefined && word !== undefined) {
      states.set(id, { phase, word, reason: '' });
      last = id;
    } else if (last !== undefined && /^\s+\S/.test(line)) {
      // with -s the comment follows on a line of its own
      const state = states.get(last);
      if (state && state.phase !== 'running') states.set(last, { ...state, reason: line.trim() });
    }
  }
  return states;
}

/** `qstat -x -f` (PBS) and `qstat -f` (Torque): attributes, continued on lines that begin with a tab. */
function parseDetail(text: string): ClusterState | null {
  const unfolded = text.replace(/\n\t/g, '');
  const attribute = (name: string): string | undefined =>
    new RegExp(`^\\s*${name} = (.*)$`, 'im').exec(unfolded)?.[1]?.trim();
  const [phase, word] = WORDS[attribute('job_state') ?? ''] ?? [];
  if (phase === undefined || word === undefined) return null;
  const comment = attribute('comment') ?? '';
  const exit = attribute('exit_status');
  if (phase !== 'ended' && exit === undefined) return { phase, word, reason: comment };
  const reason = [exit === undefined ? '' : `exit status ${exit}`, comment].filter((t) => t !== '').join(', ');
  const code = Number(exit ?? 0);
  // above 256 a signal: what qdel and the limits send
  const signalled = code > 256 || code < 0;
  return {
    phase: 'ended',
    word: endingIn(comment) ?? (signalled ? 'CANCELLED' : code === 0 ? 'COMPLETED' : 'FAILED'),
    reason,
  };
}

export const pbs: SchedulerKind = {
  name: 'pbs',
  submitted: /^(\d+(?:\.[\w.-]+)?)\s*$/m,
  separator: ' ',
  unknownJob: /Unknown Job ?Id|Job has finished/i,
  parseList,
  detail: [(id) => `qstat -x -f ${id}`, (id) => `qstat -f ${id}`],
  parseDetail,
};
