import type { InputSpec, SlotSpec } from '../../schema/job.ts';
import type { Job, Output } from '../../schema/model.ts';

const NOUNS: Record<string, string> = {
  exposure: 'exposures',
  particle: 'particles',
  template: 'templates',
  volume: 'a volume',
  volume_multi: 'a series of volumes',
  mask: 'a mask',
};

/** What a data type is called in a sentence. */
export function nounOf(type: string): string {
  return NOUNS[type] ?? type.replaceAll('_', ' ');
}

const ITEMS: Record<string, [string, string]> = {
  exposure: ['exposure', 'exposures'],
  particle: ['particle', 'particles'],
  template: ['template', 'templates'],
  volume: ['volume', 'volumes'],
  mask: ['mask', 'masks'],
};

/** Names of one and of many items of a data type. */
export function itemsOf(type: string): [string, string] {
  return ITEMS[type] ?? ['item', 'items'];
}

export interface Target {
  job: Job;
  input: InputSpec & { name: string };
}

/**
 * Why an output cannot go into an input, in words; null when it can. The server decides in the end, with the same
 * rules; this is what the cursor and the list show before anything is sent.
 *
 * @param jobs all jobs of the project, to find loops
 */
export function whyNot(source: Job, output: Output, target: Target, jobs: readonly Job[]): string | null {
  const { job, input } = target;
  if (job.status !== 'building') return `${job.uid} is ${job.status}; only a job that is being built takes inputs.`;
  if (source.uid === job.uid) return 'A job cannot take its own output.';
  if (output.type !== input.type) return `Takes ${nounOf(input.type)}; this is ${nounOf(output.type)}.`;
  const lacking = missingSlots(output, input.slots);
  if (lacking.length > 0) return `Lacks ${lacking.join(', ')}, which ${input.title.toLowerCase()} must have.`;
  const connections = job.inputs[input.name] ?? [];
  if (connections.some((c) => c.job_uid === source.uid && c.output === output.name)) return 'Is connected already.';
  if (input.count_max !== 'inf' && input.count_max > 1 && connections.length >= input.count_max) {
    return `Holds ${connections.length} of at most ${input.count_max} connections.`;
  }
  if (isAmongDescendants(source.uid, job.uid, jobs))
    return `${source.uid} itself needs ${job.uid}: the graph would run in a circle.`;
  return null;
}

/** Names of the required slots that an output does not have. */
export function missingSlots(output: Output, slots: readonly SlotSpec[]): string[] {
  const given = new Set(output.results.map((r) => r.name));
  return slots.filter((slot) => slot.required && !given.has(slot.name)).map((slot) => slot.name);
}

/** Whether `uid` is made, over any number of jobs, from results of `ancestor`. */
export function isAmongDescendants(uid: string, ancestor: string, jobs: readonly Job[]): boolean {
  const byUid = new Map(jobs.map((j) => [j.uid, j]));
  const queue = [uid];
  const seen = new Set(queue);
  for (const next of queue) {
    for (const parent of byUid.get(next)?.parents ?? []) {
      if (parent === ancestor) return true;
      if (!seen.has(parent)) {
        seen.add(parent);
        queue.push(parent);
      }
    }
  }
  return false;
}

export interface Candidate {
  source: Job;
  output: Output;
  why: string | null;
}

/** All outputs of the project's other jobs of the input's type, those that fit first, newest first. */
export function candidatesFor(target: Target, jobs: readonly Job[]): Candidate[] {
  const fits: Candidate[] = [];
  const others: Candidate[] = [];
  for (const source of [...jobs].sort((a, b) => Number(b.uid.slice(1)) - Number(a.uid.slice(1)))) {
    if (source.uid === target.job.uid) continue;
    for (const output of source.outputs) {
      if (output.type !== target.input.type) continue;
      const why = whyNot(source, output, target, jobs);
      (why === null ? fits : others).push({ source, output, why });
    }
  }
  return [...fits, ...others];
}
