import { columnAt, type ClusterState, endingIn, type SchedulerKind } from './scheduler-kind.ts';

const PHASES: Readonly<Record<string, ClusterState['phase']>> = {
  PEND: 'pending',
  PSUSP: 'pending',
  WAIT: 'pending',
  PROV: 'pending',
  RUN: 'running',
  USUSP: 'running',
  SSUSP: 'running',
  UNKWN: 'running',
  DONE: 'ended',
  EXIT: 'ended',
  ZOMBI: 'ended',
};

function stateOf(word: string, reason: string): ClusterState | null {
  const phase = PHASES[word];
  if (phase === undefined) return null;
  if (phase !== 'ended') return { phase, word, reason };
  return { phase, word: word === 'DONE' ? 'COMPLETED' : word === 'ZOMBI' ? 'NODE_FAIL' : 'FAILED', reason };
}

function parseList(text: string): Map<string, ClusterState> | null {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /^JOBID\s/.test(line));
  const heading = lines[at];
  if (heading === undefined) return null;
  const states = new Map<string, ClusterState>();
  for (const line of lines.slice(at + 1)) {
    const [id] = /^\d+/.exec(line) ?? [];
    const state = stateOf(columnAt(heading, 'STAT', line), '');
    if (id !== undefined && state) states.set(id, state);
  }
  return states;
}

/** `bjobs -l` and `bhist -l`: prose, folded at 80 columns. */
function parseDetail(text: string): ClusterState | null {
  const flat = text.replace(/\n\s{10,}/g, '');
  const [, word = ''] = /Status <(\w+)>/.exec(flat) ?? [];
  const [, why = ''] = /\b(TERM_\w+:[^.;\n]*)/.exec(flat) ?? [];
  const [, exit] = /Exited (?:with exit code|by signal) (\d+)/.exec(flat) ?? [];
  const [, pending = ''] = /PENDING REASONS:\s*\n\s*([^\n;]*)/.exec(text) ?? [];
  const reason = [exit === undefined ? '' : `exit code ${exit}`, why].filter((t) => t !== '').join(', ');
  const state = stateOf(word || (exit === undefined ? '' : 'EXIT'), reason || pending.trim());
  if (state?.phase !== 'ended') return state;
  const cancelled = /TERM_(OWNER|ADMIN|FORCE_OWNER|FORCE_ADMIN)/.test(why) ? 'CANCELLED' : null;
  return { ...state, word: endingIn(why) ?? cancelled ?? state.word };
}

export const lsf: SchedulerKind = {
  name: 'lsf',
  submitted: /Job <(\d+)> is submitted/,
  separator: ' ',
  unknownJob: /Job <\d+> is not found|No (?:unfinished )?job found/i,
  parseList,
  detail: [(id) => `bjobs -l ${id}`, (id) => `bhist -l ${id}`],
  parseDetail,
};
