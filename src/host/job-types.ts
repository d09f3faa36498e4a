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
    specs.set(type, await readSpec(type, file));
  }
  return specs;
}

/**
 * One job type, for the process that runs it: its spec and the address of its code.
 * @param jobs_url directory of job types, with a slash at its end
 * @throws CsError `CS_JOB_TYPE` when there is no such type here, `CS_JOB_SPEC` when folder and spec disagree
 */
export async function loadJob(type: string, jobs_url: URL = JOBS_DIR): Promise<{ spec: JobSpec; run_url: string }> {
  const spec_url = new URL(`${type}/spec.ts`, jobs_url);
  if (!/^\w+$/.test(type) || !existsSync(spec_url)) {
    throw new CsError('input', 'CS_JOB_TYPE', `This installation has no job type "${type}".`, { type });
  }
  return { spec: await readSpec(type, spec_url), run_url: new URL(`${type}/run.ts`, jobs_url).href };
}

async function readSpec(type: string, file: URL): Promise<JobSpec> {
  const { spec } = (await import(file.href)) as { spec?: JobSpec };
  if (spec?.type !== type) {
    throw new CsError(
      'bug',
      'CS_JOB_SPEC',
      `Folder src/jobs/${type} holds a spec of type "${spec?.type}", wanted "${type}".`,
    );
  }
  return spec;
}
