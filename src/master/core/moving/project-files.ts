import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { CsError } from '../../../base/errors.ts';
import { errnoOf, fileError } from '../../../host/fs-errors.ts';
import { type Job, job, project, user, workspace } from '../../../schema/model.ts';
import { emptyJob } from '../new-job.ts';
import { numOf } from '../uids.ts';
import { documentProblem } from './job-document.ts';
import { brokenLinksText, findSymlinks } from './symlinks.ts';

const projectSchema = project.omit({ counts: true, project_dir: true }).extend({
  archived: z.boolean().default(false),
  /** whom the project belongs to and is shared with, so that another instance finds them by email */
  accounts: z.array(user).default([]),
});
const workspaceSchema = workspace.omit({ counts: true });
const manifestSchema = z.object({ jobs: z.array(z.string()) });

/** Everything that a project directory tells of its project. */
export interface ProjectFiles {
  /** absolute */
  dir: string;
  project: z.output<typeof projectSchema>;
  workspaces: z.output<typeof workspaceSchema>[];
  jobs: Job[];
  /** highest number of a job directory, whether or not its document could be read */
  last_job: number;
  /** what is missing, damaged or leads nowhere, in words */
  problems: string[];
}

/**
 * Read a project directory that an instance has written. What is damaged in a part is a problem in words; only a
 * directory without a readable `project.json` is refused.
 * @throws CsError `CS_NOT_A_PROJECT`
 */
export async function readProjectDir(dir: string): Promise<ProjectFiles> {
  const found = await readJson(join(dir, 'project.json'), projectSchema);
  if ('problem' in found) {
    throw new CsError('input', 'CS_NOT_A_PROJECT', `${dir} is not a project directory: ${found.problem}`, { dir });
  }
  const problems: string[] = [];
  const workspaces = await readJson(join(dir, 'workspaces.json'), z.array(workspaceSchema));
  if ('problem' in workspaces) problems.push(workspaces.problem);
  const manifest = await readJson(join(dir, 'job_manifest.json'), manifestSchema);
  if ('problem' in manifest) problems.push(manifest.problem);
  const names = await jobDirs(dir);
  const listed = 'value' in manifest ? manifest.value.jobs : [];
  for (const uid of listed)
    if (!names.includes(uid)) problems.push(`${uid} is in job_manifest.json but has no directory.`);

  const jobs: Job[] = [];
  for (const uid of names) {
    const read = await readJob(dir, uid);
    if ('problem' in read) {
      // a directory without a document that the manifest does not name is left over from a deleted job
      const deleted = read.missing === true && 'value' in manifest && !listed.includes(uid);
      if (!deleted) problems.push(read.problem);
      continue;
    }
    jobs.push(read.value);
    const broken = brokenLinksText(uid, await findSymlinks(dir, uid));
    if (broken) problems.push(broken);
  }
  return {
    dir,
    project: found.value,
    workspaces: 'value' in workspaces ? workspaces.value : [],
    jobs,
    last_job: Math.max(0, ...names.map(numOf)),
    problems,
  };
}

type Read<T> = { value: T } | { problem: string; missing?: boolean };

async function readJob(dir: string, uid: string): Promise<Read<Job>> {
  const path = join(dir, uid, 'job.json');
  // what later versions added to a job's document is filled in as for a job that has not run
  const head = { workspace_uid: 'W1', created_by_user_id: '', title: '', desc: '' };
  const { type: _type, status: _status, uid: _uid, ...blank } = emptyJob(uid, 'P1', { type: '' }, head);
  const complete = z.preprocess((value) => (typeof value === 'object' ? { ...blank, ...value } : value), job);
  const read = await readJson(path, complete);
  if ('problem' in read) return read;
  if (read.value.uid !== uid) return { problem: `${path} is the document of ${read.value.uid}, wanted ${uid}.` };
  const problem = documentProblem(read.value);
  return problem === null ? read : { problem: `${path}: ${problem}.` };
}

async function jobDirs(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(error, 'Project directory', dir);
  });
  const names = entries.filter((e) => e.isDirectory() && /^J[1-9]\d*$/.test(e.name)).map((e) => e.name);
  return names.sort((a, b) => numOf(a) - numOf(b));
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<Read<T>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return { problem: `${path} does not exist.`, missing: true };
    }
    throw fileError(error, 'File', path);
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) return { value: parsed.data };
    const issue = parsed.error.issues[0];
    return { problem: `${path}: "${issue?.path.join('.')}" ${issue?.message}.` };
  } catch (error) {
    return { problem: `${path} is not JSON: ${(error as Error).message}.` };
  }
}
