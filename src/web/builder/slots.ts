import type { InputSpec } from '../../schema/job.ts';
import type { Connection, Job, Result } from '../../schema/model.ts';
import { isAmongDescendants } from './connect.ts';

/** Where one slot of a connection comes from. */
export interface SlotSource {
  name: string;
  /** whether the input must have it, may use it, or only passes it on */
  need: 'required' | 'optional' | 'passed on';
  dtype: string;
  /** `J1.particles.blob`, or null when nobody gives it */
  source: string | null;
  replaced: boolean;
}

/** The slots of one connection: those that the input reads, then those that come along with it. */
export function slotsOf(connection: Connection, input: Pick<InputSpec, 'slots'>, jobs: readonly Job[]): SlotSource[] {
  const given = resultsOf(jobs, connection.job_uid, connection.output);
  const wanted = new Map(input.slots.map((s) => [s.name, s.required ? 'required' : 'optional'] as const));
  const names = [...new Set([...wanted.keys(), ...given.map((r) => r.name), ...Object.keys(connection.results)])];
  return names.map((name) => {
    const own = given.find((r) => r.name === name);
    const other = connection.results[name];
    const elsewhere = other && resultsOf(jobs, other.job_uid, other.output).find((r) => r.name === other.result);
    return {
      name,
      need: wanted.get(name) ?? 'passed on',
      dtype: own?.dtype ?? elsewhere?.dtype ?? name,
      source: other
        ? `${other.job_uid}.${other.output}.${other.result}`
        : own
          ? `${connection.job_uid}.${connection.output}.${name}`
          : null,
      replaced: other !== undefined,
    };
  });
}

export interface SlotChoice {
  /** `J1.particles.blob` */
  ref: string;
  job: Job;
  output: string;
  result: Result;
}

/**
 * Results that can stand in for a slot: of the same type, from any job that does not itself need `target`; those of the
 * same name first, then the newest.
 * @param slot its present source is left out
 */
export function choicesFor(slot: SlotSource, target: Job, jobs: readonly Job[]): SlotChoice[] {
  const choices: SlotChoice[] = [];
  for (const job of [...jobs].sort((a, b) => Number(b.uid.slice(1)) - Number(a.uid.slice(1)))) {
    if (job.uid === target.uid || isAmongDescendants(job.uid, target.uid, jobs)) continue;
    for (const output of job.outputs) {
      for (const result of output.results) {
        const ref = `${job.uid}.${output.name}.${result.name}`;
        if (result.dtype === slot.dtype && ref !== slot.source) choices.push({ ref, job, output: output.name, result });
      }
    }
  }
  return choices.sort((a, b) => Number(b.result.name === slot.name) - Number(a.result.name === slot.name));
}

function resultsOf(jobs: readonly Job[], uid: string, output: string): readonly Result[] {
  return jobs.find((j) => j.uid === uid)?.outputs.find((o) => o.name === output)?.results ?? [];
}
