import * as z from 'zod';
import { CsError } from '../../base/errors.ts';
import { api, type ApiName } from '../../schema/api.ts';
import type { Endpoint } from '../../schema/endpoint.ts';
import { suggestion } from '../nearest.ts';
import { pythonText } from './python-text.ts';

export interface CallArgument {
  readonly name: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string;
  /** JSON types that it takes; empty: any */
  readonly types: readonly string[];
}

/** One call of `cryosparcm cli`, drawn from the API table. */
export interface CallInfo {
  /** name in the API */
  readonly api_name: ApiName;
  /** name on the command line */
  readonly name: string;
  readonly summary: string;
  /** in positional order */
  readonly args: readonly CallArgument[];
}

/** All calls that a person can make. Those of workers and running jobs are left out, and those on one's own session. */
export const CALLS: readonly CallInfo[] = Object.entries(api)
  .filter(([name, endpoint]) => endpoint.role !== 'worker' && endpoint.role !== 'run' && !name.startsWith('auth.'))
  .map(([api_name, endpoint]) => describe(api_name as ApiName, endpoint))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/**
 * What the command-line names answer where the API answers with a whole document: what scripts go on with. By its API
 * name a call answers with the document.
 */
const SHORT_ANSWERS: Partial<Record<ApiName, 'uid' | 'status'>> = {
  'projects.create': 'uid',
  'workspaces.create': 'uid',
  'jobs.create': 'uid',
  'jobs.clone': 'uid',
  'jobs.enqueue': 'status',
  'jobs.kill': 'status',
  'jobs.clear': 'status',
};

/** The one field of the document with which a call answers, or null when it answers with all. */
export function shortAnswer(call: CallInfo): 'uid' | 'status' | null {
  return call.name === call.api_name ? null : (SHORT_ANSWERS[call.api_name] ?? null);
}

/** @param name command-line name (`get_job`), API name (`jobs.get`), or either after `cli.` */
export function findCall(name: string): CallInfo {
  const plain = name.replace(/^cli\./, '');
  const found = CALLS.find((call) => call.name === plain || call.api_name === plain);
  if (found) return plain === found.api_name ? { ...found, name: plain } : found;
  const names = CALLS.flatMap((call) => [call.name, call.api_name]);
  throw new CsError(
    'input',
    'CS_NO_CALL',
    `There is no call ${plain}.${suggestion(plain, names)} "cryosparcm cli" lists all calls.`,
    { name },
  );
}

/** `get_job(project_uid, job_uid)`, with the defaults of what may be left out. */
export function signature(call: CallInfo): string {
  const args = call.args.map((a) => (a.required ? a.name : `${a.name}=${pythonText(a.default, Infinity)}`));
  return `${call.name}(${args.join(', ')})`;
}

function describe(api_name: ApiName, endpoint: Endpoint): CallInfo {
  const schema = z.toJSONSchema(endpoint.input, { io: 'input', unrepresentable: 'any' });
  const required = new Set(schema.required);
  const args = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const p = property as z.core.JSONSchema.JSONSchema;
    return {
      name,
      required: required.has(name),
      default: p.default ?? null,
      description: p.description ?? '',
      types: typesOf(p),
    };
  });
  return { api_name, name: endpoint.cli ?? api_name, summary: endpoint.summary, args };
}

function typesOf(schema: z.core.JSONSchema.JSONSchema): string[] {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return alternatives.flatMap((a) => typesOf(a));
  return schema.type === undefined ? [] : [schema.type].flat();
}
