import { CsError } from '../../base/errors.ts';
import { checkParams, describeJob, type JobSpec } from '../../schema/job.ts';

/** @throws CsError `CS_PARAM` naming each parameter, what is wrong, and for an unknown one those that there are */
export function refuseParams(
  spec: JobSpec,
  params: Record<string, unknown>,
  problems: { name: string; message: string }[],
): void {
  if (problems.length === 0) return;
  const known = Object.keys(spec.params.shape);
  const unknown = Object.keys(params).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const text = `${spec.type} has no parameter ${unknown.map((name) => `"${name}"`).join(', ')}. Parameters: ${known.join(', ') || 'none'}.`;
    throw new CsError('input', 'CS_PARAM', text, { params: unknown });
  }
  const text = problems
    .map(({ name, message }) => `Parameter "${name}" is ${JSON.stringify(params[name])}: ${message}.`)
    .join(' ');
  throw new CsError('input', 'CS_PARAM', text, { params: problems.map((problem) => problem.name) });
}

/** Why parameters do not let a job run, in words. */
export function paramErrors(spec: JobSpec, params: Record<string, unknown>): string[] {
  const wrong = checkParams(spec, params).map(({ name, message }) => `Parameter "${name}": ${message}.`);
  const empty = describeJob(spec).params.filter((p) => p.required_param && (params[p.name] ?? p.default ?? '') === '');
  return [...wrong, ...empty.map((p) => `Parameter "${p.title}" (${p.name}) must be given.`)];
}

/** A project's own defaults, as far as this type has such parameters and takes such values. */
export function projectDefaults(spec: JobSpec, defaults: Record<string, unknown>): Record<string, unknown> {
  const fitting = Object.entries(defaults).filter(
    ([name, value]) => name in spec.params.shape && checkParams(spec, { [name]: value }).length === 0,
  );
  return Object.fromEntries(fitting);
}

/** What differs from the defaults: only that is stored. */
export function withoutDefaults(spec: JobSpec, params: Record<string, unknown>): Record<string, unknown> {
  const defaults = spec.params.safeParse({}).data ?? {};
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => value !== defaults[name]));
}
