import type { TargetCluster } from '../../schema/model.ts';
import { clusterCommand } from './commands.ts';
import { idNumber, schedulerOf } from './schedulers.ts';
import type { ClusterState } from './schedulers/scheduler-kind.ts';
import { failureText, runCommand } from './shell-command.ts';

const COMMAND_TIMEOUT_MS = 30_000;
/** Jobs in one command, so that it stays shorter than any system's limit. */
const LIST_MAX = 200;
/** Jobs that are asked for one by one in one round, and at the same time. */
const SINGLE_MAX = 40;
const SINGLE_AT_ONCE = 4;

/** What a scheduler says of jobs; those that it does not name it does not know. `failure`: it did not answer. */
export interface Answer {
  readonly states: ReadonlyMap<string, ClusterState>;
  /** the jobs that were asked for */
  readonly asked: readonly string[];
  readonly failure: string | null;
}

/** Ask a scheduler for jobs, all in one command where it can. @param from which of them come first when not all can */
export async function askQueue(cluster: TargetCluster, ids: readonly string[], from = 0): Promise<Answer> {
  const kind = schedulerOf(cluster);
  if (!kind) return askOneByOne(cluster, rotated(ids, from));
  const states = new Map<string, ClusterState>();
  for (let at = 0; at < ids.length; at += LIST_MAX) {
    const some = ids.slice(at, at + LIST_MAX);
    const command = clusterCommand(cluster, 'qstat_cmd_tpl', some.join(kind.separator));
    const ran = await runCommand(command, COMMAND_TIMEOUT_MS);
    const unknown = kind.unknownJob.test(ran.stderr + ran.stdout);
    const found = kind.parseList(ran.stdout);
    if (!found && ran.status === 0 && ran.stdout.trim() !== '' && !unknown) {
      // a command of the site without a heading, or with another listing
      return askOneByOne(cluster, rotated(ids, from));
    }
    if (ran.status !== 0 && !unknown) {
      return { states, asked: ids.slice(0, at), failure: failureText(command, ran, COMMAND_TIMEOUT_MS) };
    }
    for (const id of some) {
      const state = found?.get(idNumber(id));
      if (state) states.set(id, state);
    }
  }
  return { states, asked: ids, failure: null };
}

function rotated(ids: readonly string[], from: number): readonly string[] {
  const start = ids.length > SINGLE_MAX ? from % ids.length : 0;
  return [...ids.slice(start), ...ids.slice(0, start)].slice(0, SINGLE_MAX);
}

async function askOneByOne(cluster: TargetCluster, ids: readonly string[]): Promise<Answer> {
  const states = new Map<string, ClusterState>();
  const failures: string[] = [];
  const waiting = [...ids];
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const template = cluster.qstat_code_cmd_tpl ? 'qstat_code_cmd_tpl' : 'qstat_cmd_tpl';
      const command = clusterCommand(cluster, template, id);
      const ran = await runCommand(command, COMMAND_TIMEOUT_MS);
      const state = ran.status === 0 ? readState(cluster, id, ran.stdout) : null;
      if (state) states.set(id, state);
      else if (ran.status !== 0 && !(schedulerOf(cluster)?.unknownJob ?? UNKNOWN).test(ran.stderr + ran.stdout)) {
        failures.push(failureText(command, ran, COMMAND_TIMEOUT_MS));
      }
    }
  };
  await Promise.all(Array.from({ length: SINGLE_AT_ONCE }, work));
  return { states, asked: ids, failure: failures[0] ?? null };
}

/** A scheduler of which we know nothing says so in words like these. */
const UNKNOWN = /unknown job|invalid job|no such job|not exist|not found/i;

function readState(cluster: TargetCluster, id: string, text: string): ClusterState | null {
  const kind = schedulerOf(cluster);
  const known = kind?.parseList(text)?.get(idNumber(id)) ?? kind?.parseDetail(text);
  if (known) return known;
  const word = text.trim().split(/\s+/).at(-1) ?? '';
  const phases: readonly (readonly [RegExp, ClusterState['phase'], string?])[] = [
    [/^(pend\w*|queued|held|waiting|idle|qw|hqw|q|pd|h|w)$/i, 'pending'],
    [/^(run\w*|exec\w*|starting|completing|exiting|r|e|cg)$/i, 'running'],
    [/^(out_of_memory|oom)$/i, 'ended', 'OUT_OF_MEMORY'],
    [/^time_?out$/i, 'ended', 'TIMEOUT'],
    [/^node_?fail$/i, 'ended', 'NODE_FAIL'],
    [/^preempt\w*$/i, 'ended', 'PREEMPTED'],
    [/^(cancel\w*|removed|deleted|ca|x)$/i, 'ended', 'CANCELLED'],
    [/^(failed|error|exit|f)$/i, 'ended', 'FAILED'],
    [/^(completed?|done|finished|cd|c)$/i, 'ended', 'COMPLETED'],
  ];
  const found = phases.find(([pattern]) => pattern.test(word));
  return found ? { phase: found[1], word: found[2] ?? word, reason: '' } : null;
}

/** How a job ended, from the scheduler's own records; null when it does not tell. */
export async function askEnd(
  cluster: TargetCluster,
  id: string,
  sent: (command: string) => string,
): Promise<ClusterState | null> {
  const kind = schedulerOf(cluster);
  for (const detail of kind?.detail ?? []) {
    const ran = await runCommand(sent(detail(id)), COMMAND_TIMEOUT_MS);
    const state = kind?.parseDetail(ran.stdout);
    if (state) return state;
  }
  return null;
}
