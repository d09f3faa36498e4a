import type { ParamInfo } from '../../schema/job.ts';
import { paramProblem } from './params.ts';
import type { ParamValue } from './params.ts';

/** What a pasted text would change. */
export interface PastedParams {
  /** values that are new, by parameter name */
  changes: [name: string, value: ParamValue][];
  /** names that this job type does not have; they are left out */
  unknown: string[];
  /** what is wrong, in words; nothing may be applied then */
  problems: string[];
}

/** All values of a job as JSON text, in the order of the form. */
export function paramsText(params: readonly ParamInfo[], valueOf: (p: ParamInfo) => ParamValue): string {
  return JSON.stringify(Object.fromEntries(params.map((p) => [p.name, valueOf(p)])), null, 2);
}

/**
 * Reads a JSON object of parameter names and values, as copied from another job. Parameters that it does not name keep
 * their values, so that a part of the text will do too; names of other job types are told and left out.
 */
export function readParamsText(
  text: string,
  params: readonly ParamInfo[],
  valueOf: (p: ParamInfo) => ParamValue,
): PastedParams {
  const none = { changes: [], unknown: [] };
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { ...none, problems: [`This is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { ...none, problems: ['Wanted is an object of names and values, as { "symmetry": "D7" }.'] };
  }
  const read: PastedParams = { changes: [], unknown: [], problems: [] };
  for (const [name, value] of Object.entries(given)) {
    const param = params.find((p) => p.name === name);
    if (!param) read.unknown.push(name);
    else if (value !== null && typeof value !== jsonTypeOf(param)) {
      read.problems.push(`${name} must be a ${jsonTypeOf(param)}, found ${JSON.stringify(value)}.`);
    } else if (value !== valueOf(param)) {
      const problem = value === null ? null : paramProblem(param, value as ParamValue);
      if (problem === null) read.changes.push([name, value as ParamValue]);
      else read.problems.push(`${name}: ${problem}`);
    }
  }
  return read;
}

const jsonTypeOf = (param: ParamInfo): 'number' | 'boolean' | 'string' =>
  param.type === 'integer' ? 'number' : param.type;
