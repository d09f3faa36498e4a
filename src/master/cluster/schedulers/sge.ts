import { type ClusterState, endingIn, type SchedulerKind } from './scheduler-kind.ts';

/** States are letters: `qw`, `hqw`, `r`, `t`, `dr`, `Eqw` ... */
function stateOf(letters: string, reason: string): ClusterState {
  if (letters.includes('E')) return { phase: 'pending', word: letters, reason: reason || 'in an error state' };
  return { phase: /[rtsST]/.test(letters.replace('hqw', '')) ? 'running' : 'pending', word: letters, reason };
}

function parseList(text: string): Map<string, ClusterState> | null {
  return /^job-ID/m.test(text) ? parseTable(text) : /^job_number:/m.test(text) ? parseBlocks(text) : null;
}

/** `qstat`: one line a job. */
function parseTable(text: string): Map<string, ClusterState> {
  const states = new Map<string, ClusterState>();
  for (const line of text.split('\n')) {
    // name and user may hold anything but the state stands before the date
    const [, id, letters] = /^\s*(\d+)\s.*?\s([a-zA-Z]{1,5})\s+\d\d[/-]\d\d[/-]\d{4}\s/.exec(line) ?? [];
    if (id !== undefined && letters !== undefined) states.set(id, stateOf(letters, ''));
  }
  return states;
}

/** `qstat -j 1,2`: one block a job. */
function parseBlocks(text: string): Map<string, ClusterState> {
  const states = new Map<string, ClusterState>();
  for (const block of text.split(/^={10,}$/m)) {
    const [, id] = /^job_number:\s+(\d+)/m.exec(block) ?? [];
    if (id === undefined) continue;
    const [, letters] = /^job_state\s+\d+:\s+(\w+)/m.exec(block) ?? [];
    const [, error] = /^error reason\s+\d+:\s+(.*)$/m.exec(block) ?? [];
    const [, info = ''] = /^scheduling info:\s+(.*)$/m.exec(block) ?? [];
    const guess = error === undefined ? (/^usage\s+\d+:/m.test(block) ? 'r' : 'qw') : 'Eqw';
    const reason = error ?? (/Collecting of scheduler job information is turned off/.test(info) ? '' : info);
    const state = stateOf(letters ?? guess, reason);
    states.set(id, state.phase === 'running' ? { ...state, reason: '' } : state);
  }
  return states;
}

/** `qacct -j`: what is kept of a job that has ended. */
function parseDetail(text: string): ClusterState | null {
  const [, failed] = /^failed\s+(.*)$/m.exec(text) ?? [];
  const [, exit] = /^exit_status\s+(\d+)/m.exec(text) ?? [];
  if (failed === undefined || exit === undefined) return parseBlocks(text).values().next().value ?? null;
  const trouble = failed.trim();
  const reason = [`exit status ${exit}`, /^0\b/.test(trouble) ? '' : `failed ${trouble}`]
    .filter((t) => t !== '')
    .join(', ');
  const code = Number(exit);
  // 37: a limit of time or memory was enforced, which of them only the text can say
  const limit = /h_rt|h_cpu|h_vmem/.test(trouble) ? limitOf(text) : null;
  const word = limit ?? endingIn(trouble) ?? (code > 128 ? 'CANCELLED' : code === 0 ? 'COMPLETED' : 'FAILED');
  return { phase: 'ended', word, reason };
}

/** Which of the limits it was: that of memory, if the peak came near to what was asked for. */
function limitOf(text: string): string {
  const gb = (value: string | undefined): number => {
    const [, number = '0', unit = ''] = /^([\d.]+)\s*([KMGT]?)/i.exec(value ?? '') ?? [];
    return Number(number) * ({ K: 1e-6, M: 1e-3, G: 1, T: 1e3 }[unit.toUpperCase()] ?? 1e-9);
  };
  const peak = gb(/^maxvmem\s+(\S+)/m.exec(text)?.[1]);
  const asked = gb(/h_vmem=([\d.]+[KMGT]?)/i.exec(text)?.[1]);
  return asked > 0 && peak >= 0.9 * asked ? 'OUT_OF_MEMORY' : 'TIMEOUT';
}

export const sge: SchedulerKind = {
  name: 'sge',
  submitted: /Your job(?:-array)? (\d+)/,
  separator: ',',
  unknownJob: /jobs? do(?:es)? not exist|Following jobs do not exist/i,
  parseList,
  detail: [(id) => `qacct -j ${id}`],
  parseDetail,
};
