import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { CsError } from '../base/errors.ts';
import { jobUid, projectUid } from '../schema/model.ts';

const launch = z.object({
  token: z.string().min(1),
  api_url: z.url(),
  project_uid: projectUid,
  job_uid: jobUid,
});

/** What the master leaves for the process that it launches: address of the API and the token of this launch. */
export type Launch = z.output<typeof launch>;

/**
 * Read `.launch.json`, which the master wrote with mode 0600 into the job directory.
 * The token is in this file alone: never on a command line, in the environment or in a log.
 *
 * @throws CsError `CS_LAUNCH_FILE` when it is missing, unreadable, damaged, or of another job
 */
export function readLaunchFile(path: string, project_uid: string, job_uid: string): Launch {
  const fail = (what: string): CsError => new CsError('input', 'CS_LAUNCH_FILE', what, { path });
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      throw fail(`There is no ${path}: the master did not launch this job, or another process has claimed it already.`);
    }
    throw fail(`Cannot read ${path} (${code}): it belongs to the account that runs the master.`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // the text holds a token: it must not be shown
    throw fail(`${path} is not JSON (${text.length} characters): it was not written to its end.`);
  }
  const parsed = launch.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw fail(`${path}: field "${issue?.path.join('.')}" is missing or wrong (${issue?.message}).`);
  }
  const found = parsed.data;
  if (found.project_uid !== project_uid || found.job_uid !== job_uid) {
    throw fail(`${path} is for ${found.project_uid} ${found.job_uid}, wanted ${project_uid} ${job_uid}.`);
  }
  return found;
}
