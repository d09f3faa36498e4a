import { outputsOf, type InputSpec, type JobSpec } from '../../schema/job.ts';
import type { Connection, Job, Output, Result } from '../../schema/model.ts';
import { slotType } from '../../schema/slots.ts';

/** Finds a job of the same project. */
export type JobFinder = (job_uid: string) => Job | undefined;

/** One result that a connection offers, with the dataset file if the source has run. */
export interface OfferedResult {
  name: string;
  /** slot in the dataset file: another one where this result replaces the connected one */
  source: string;
  dtype: string;
  /** relative to the project directory */
  metafile: string | null;
}

/** What a connection offers: the results of its output, single ones replaced as its `results` say. */
export function offeredResults(connection: Connection, find: JobFinder): OfferedResult[] {
  const group = findOutput(find(connection.job_uid), connection.output);
  const offered = new Map((group?.results ?? []).map((result) => [result.name, offer(result.name, result, 'F')]));
  for (const [slot, source] of Object.entries(connection.results)) {
    const result = findOutput(find(source.job_uid), source.output)?.results.find((r) => r.name === source.result);
    if (result) offered.set(slot, offer(slot, result, source.version));
    else offered.delete(slot);
  }
  return [...offered.values()];
}

function offer(name: string, result: Result, version: string): OfferedResult {
  const at = result.versions.indexOf(version);
  return {
    name,
    source: result.name,
    dtype: result.dtype,
    metafile: result.metafiles[at === -1 ? result.metafiles.length - 1 : at] ?? null,
  };
}

export function findOutput(job: Job | undefined, name: string): Output | undefined {
  return job?.outputs.find((output) => output.name === name);
}

/** Jobs that the connections of `inputs` come from, without repetition. */
export function parentsOf(inputs: Job['inputs']): string[] {
  const connections = Object.values(inputs).flat();
  return [...new Set(connections.flatMap((c) => [c.job_uid, ...Object.values(c.results).map((r) => r.job_uid)]))];
}

/** The outputs that a job will have, as far as its parameters and connections tell; no items and files yet. */
export function plannedOutputs(
  spec: JobSpec,
  params: Record<string, unknown>,
  inputs: Job['inputs'],
  find: JobFinder,
): Output[] {
  return Object.entries(outputsOf(spec, params)).map(([name, output]) => {
    const own = output.slots.map((slot) => planned(slot, slotType(slot) ?? slot, false));
    const sources = output.passthrough === undefined ? [] : (inputs[output.passthrough] ?? []);
    const forwarded = new Map<string, Result>();
    for (const result of sources.flatMap((connection) => offeredResults(connection, find))) {
      if (!output.slots.includes(result.name)) forwarded.set(result.name, planned(result.name, result.dtype, true));
    }
    return {
      name,
      type: output.type,
      title: output.title,
      passthrough: output.passthrough ?? null,
      num_items: 0,
      results: [...own, ...forwarded.values()],
      image: null,
      summary: {},
    };
  });
}

function planned(name: string, dtype: string, passthrough: boolean): Result {
  return { name, dtype, passthrough, versions: [], metafiles: [], num_items: [] };
}

/** Why the connections of a job do not let it run, in words; empty when they do. */
export function connectionErrors(spec: JobSpec, inputs: Job['inputs'], find: JobFinder): string[] {
  const errors: string[] = [];
  for (const [name, input] of Object.entries(spec.inputs)) {
    const connections = inputs[name] ?? [];
    if (connections.length < input.count_min) {
      const has = connections.length === 0 ? 'nothing is connected' : `${connections.length} connected`;
      errors.push(`Input "${name}" needs ${countText(input)} of type ${input.type}; ${has}.`);
    }
    for (const connection of connections) errors.push(...oneConnectionErrors(name, input, connection, find));
  }
  return errors;
}

function oneConnectionErrors(name: string, input: InputSpec, connection: Connection, find: JobFinder): string[] {
  const from = `${connection.job_uid}.${connection.output}`;
  const source = find(connection.job_uid);
  if (!source) return [`Input "${name}" is connected to ${from}, but ${connection.job_uid} does not exist.`];
  const output = findOutput(source, connection.output);
  if (!output)
    return [`Input "${name}" is connected to ${from}; ${source.uid} has no such output (it has ${names(source)}).`];
  if (output.type !== input.type) return [`Input "${name}" takes ${input.type}; ${from} is of type ${output.type}.`];
  const offered = new Set(offeredResults(connection, find).map((result) => result.name));
  const missing = input.slots.filter((slot) => slot.required && !offered.has(slot.name)).map((slot) => slot.name);
  if (missing.length === 0) return [];
  const many = missing.length > 1 ? 'slots' : 'slot';
  return [
    `Input "${name}" needs ${many} ${missing.join(', ')}, which ${from} does not have; connect it from another output.`,
  ];
}

export function countText(input: InputSpec): string {
  const { count_min, count_max } = input;
  const things = (n: number): string => `${n} connection${n === 1 ? '' : 's'}`;
  if (count_max === count_min) return things(count_min);
  return count_max === 'inf' ? `at least ${things(count_min)}` : `${count_min} to ${things(count_max)}`;
}

/** Names of a job's outputs for a message. */
export function names(job: Job): string {
  return job.outputs.map((output) => output.name).join(', ') || 'none';
}
