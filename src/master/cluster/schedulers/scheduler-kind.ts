/** What a scheduler says of a job. */
export interface ClusterState {
  readonly phase: 'pending' | 'running' | 'ended';
  /** its own word, as PENDING or qw; of an end one of `ENDINGS`, if it is one of them */
  readonly word: string;
  /** why it waits or how it ended, as far as it is said */
  readonly reason: string;
}

/** How to talk with one kind of scheduler: data, and parsers that are held to captured output. */
export interface SchedulerKind {
  readonly name: 'slurm' | 'pbs' | 'sge' | 'lsf';
  /** first group: the number of the new job */
  readonly submitted: RegExp;
  /** between several numbers in the place of one */
  readonly separator: string;
  /** the answer when it does not know a job (any more), which is no failure of the scheduler */
  readonly unknownJob: RegExp;
  /** jobs of a listing by the number at the front of their names; null when it is no listing */
  parseList(text: string): Map<string, ClusterState> | null;
  /** commands that tell how a job ended, tried in this order */
  readonly detail: readonly ((id: string) => string)[];
  parseDetail(text: string): ClusterState | null;
}

/** Ends that mean something to the owner of a job, with what to do. */
export const ENDINGS: Readonly<Record<string, string>> = {
  OUT_OF_MEMORY:
    'it used more memory than the cluster gave it. Ask for more (ram_gb in the script), or make the job smaller',
  TIMEOUT: 'its time limit was over. Ask for more time in the script, or make the job smaller',
  NODE_FAIL: 'the node that it ran on failed. Clear it and run it again',
  PREEMPTED: 'it was preempted by a job of higher priority. Clear it and run it again',
  CANCELLED: 'it was cancelled on the cluster, not by us',
  FAILED: 'its script failed',
  COMPLETED: 'its script ended without an outcome of the job',
};

/** One of `ENDINGS` by what a text says of the cause, or null. */
export function endingIn(text: string): string | null {
  if (/out.of.memory|oom|mem(ory)?\s*limit|exceeded.*\b(p?v?mem|memory)\b|h_vmem/i.test(text)) return 'OUT_OF_MEMORY';
  if (/walltime|time.?out|run.?limit|time limit|h_rt|s_rt|cpu.?limit/i.test(text)) return 'TIMEOUT';
  if (/node.?fail|host.?fail|lost contact|term_unknown_host|node_down/i.test(text)) return 'NODE_FAIL';
  return /preempt/i.test(text) ? 'PREEMPTED' : null;
}

/** One of `ENDINGS` by what schedulers write into the output of a job that they end, or null. */
export function endingInLog(log: string): string | null {
  const lines = log.split('\n').filter((line) => /^(slurmstepd|srun: error|=>> PBS|TERM_)/.test(line));
  return endingIn(lines.join('\n'));
}

/** The word of a line that stands below a word of the heading, left or right aligned. */
export function columnAt(heading: string, title: string, line: string): string {
  const at = heading.search(new RegExp(`(?<!\\S)${title.replace(/[()]/g, '\\$&')}(?!\\S)`));
  if (at < 0) return '';
  for (const { 0: word, index } of line.matchAll(/\S+/g)) {
    if (index < at + title.length && index + word.length > at) return word;
  }
  return '';
}
