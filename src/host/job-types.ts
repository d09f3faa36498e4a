import { existsSync, readdirSync } from 'node:fs';
import { CsError } from '../base/errors.ts';
import type { JobSpec } from '../schema/job.ts';

const JOBS_DIR = new URL('../jobs/', import.meta.url);

/**
 * All job types, by their folder: `src/jobs/<type>/spec.ts` exports `spec` with that `type`.
 * @throws CsError `CS_JOB_SPEC` when a folder and its spec disagree
 */
export async function loadJobSpecs(): Promise<Map<string, JobSpec>> {
  const specs = new Map<string, JobSpec>();
  for (const type of readdirSync(JOBS_DIR).sort()) {
    const file = new URL(`${type}/spec.ts`, JOBS_DIR);
    if (!existsSync(file)) continue;
    const { spec } = (await import(file.href)) as { spec?: JobSpec };
    if (spec?.type !== type) {
      throw new CsError('bug', 'CS_JOB_SPEC', `Folder src/jobs/${type} holds a spec of type "${spec?.type}", wanted "${type}".`);
    }
    specs.set(type, spec);
  }
  return specs;
}

/** Address of a job type's code, for the process that runs it. */
export function jobRunUrl(type: string): string {
  return new URL(`${type}/run.ts`, JOBS_DIR).href;
}
