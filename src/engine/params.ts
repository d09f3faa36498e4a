import { CsError } from '../base/errors.ts';
import { checkParams, type JobSpec } from '../schema/job.ts';

/**
 * A job's parameters with all defaults filled in.
 * @throws CsError `CS_PARAM` naming each parameter that does not fit the spec
 */
export function completeParams(spec: JobSpec, given: Record<string, unknown>): Record<string, unknown> {
  const problems = checkParams(spec, given);
  if (problems.length > 0) {
    const text = problems.map(({ name, message }) => `${name}: ${message}`).join('; ');
    throw new CsError('input', 'CS_PARAM', `Parameters of ${spec.type} do not fit: ${text}.`, { problems });
  }
  return spec.params.parse(given);
}
