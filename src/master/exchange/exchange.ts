import { readFile, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import type { Exported } from '../../data/export-results.ts';
import { readResultGroup } from '../../data/group-file.ts';
import { fileError } from '../../host/fs-errors.ts';
import { VERSION } from '../../host/version.ts';
import { FINISHED_STATUSES, type Job, job as jobSchema } from '../../schema/model.ts';
import type { Builder } from '../core/builder.ts';
import { names } from '../core/connections.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Lifecycle } from '../core/lifecycle.ts';
import { documentProblem } from '../core/moving/job-document.ts';
import { emptyJob, type JobHead } from '../core/new-job.ts';
import type { Projects, StoredProject } from '../core/projects.ts';
import { onThread } from './exchange-thread.ts';

interface Parts {
  builder: Builder;
  jobs: Jobs;
  lifecycle: Lifecycle;
  projects: Projects;
}

type Creator = Pick<JobHead, 'workspace_uid' | 'created_by_user_id'>;

/** Jobs and results that leave a project as files, or come from another one. */
export class Exchange {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** @throws CsError `CS_JOB_STATUS` unless the job has ended */
  async exportJob(project: StoredProject, job: Job): Promise<Exported> {
    this.parts.projects.refuseArchived(project.uid);
    requireEnded(job, 'exported');
    return onThread({ do: 'exportJob', project_dir: project.project_dir, job });
  }

  /** @throws CsError `CS_OUTPUT_UNKNOWN`, `CS_RESULT_UNKNOWN`, `CS_NO_RESULTS` naming what there is */
  async exportOutput(project: StoredProject, job: Job, name: string, results?: string[]): Promise<Exported> {
    this.parts.projects.refuseArchived(project.uid);
    requireEnded(job, 'exported');
    const output = job.outputs.find((o) => o.name === name);
    if (!output) {
      throw new CsError('notFound', 'CS_OUTPUT_UNKNOWN', `${job.uid} has no output "${name}"; it has ${names(job)}.`);
    }
    const there = output.results.filter((r) => r.metafiles.length > 0).map((r) => r.name);
    const unknown = results?.filter((r) => !there.includes(r)) ?? [];
    if (unknown.length > 0) {
      throw new CsError(
        'notFound',
        'CS_RESULT_UNKNOWN',
        `Output ${job.uid}.${name} has no results ${unknown.join(', ')}; it has ${there.join(', ') || 'none'}.`,
      );
    }
    if (there.length === 0 || results?.length === 0) {
      throw new CsError('conflict', 'CS_NO_RESULTS', `Output ${job.uid}.${name} has no results to export.`);
    }
    return onThread({ do: 'exportOutput', project_dir: project.project_dir, job, output, results: results ?? null });
  }

  /**
   * A job with the results of an exported one, without its connections: what it read from is not here.
   * @throws CsError `CS_PATH`, `CS_NOT_A_JOB`; nothing is left of the job when its files cannot be taken over
   */
  async importJob(project: StoredProject, by: Creator, path: string): Promise<Job> {
    const { jobs } = this.parts;
    const exported = await readExported(absolute(path));
    requireEnded(exported, 'imported');
    const head = { ...by, title: exported.title, desc: exported.description };
    const { uid } = jobs.insert((next) => emptyJob(next, project.uid, exported, head));
    const job_dir = join(project.project_dir, uid);
    try {
      const outputs = await onThread({
        do: 'importJob',
        exported: path,
        job: exported,
        project_dir: project.project_dir,
        uid,
      });
      const tile = exported.ui_tile_image;
      return jobs.save({
        ...exported,
        ...jobs.require(project.uid, uid),
        status: exported.status,
        params: exported.params,
        outputs,
        inputs: {},
        errors_run: exported.errors_run,
        progress: exported.progress,
        ui_tile_image:
          tile?.startsWith(`${exported.uid}/`) === true ? `${uid}${tile.slice(exported.uid.length)}` : null,
        version_created: VERSION,
        version_run: exported.version_run,
        completed_at: exported.completed_at,
        killed_at: exported.killed_at,
        failed_at: exported.failed_at,
      });
    } catch (error) {
      jobs.remove(jobs.require(project.uid, uid));
      await rm(job_dir, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
  }

  /** Create and queue the job that reads a group file; its outputs are planned from what the file names. */
  async importGroup(project: StoredProject, by: Creator, path: string, lane: string | undefined): Promise<Job> {
    const { type, title, results } = readResultGroup(absolute(path));
    const params = { blob_path: path, group_type: type, result_names: results.map((r) => r.name).join(',') };
    const head = { ...by, title: `Import ${title}`, desc: '', job_type: 'import_result_group' };
    const made = await this.parts.builder.create(project, { ...head, params, input_group_connects: {} });
    return this.parts.lifecycle.enqueue(made, { lane });
  }
}

function requireEnded(job: Job, verb: string): void {
  if (FINISHED_STATUSES.includes(job.status)) return;
  throw new CsError(
    'conflict',
    'CS_JOB_STATUS',
    `${job.uid} is ${job.status}; only a job that has ended can be ${verb}.`,
    {
      status: job.status,
    },
  );
}

function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw new CsError('input', 'CS_PATH', `The path "${path}" must be absolute.`, { path });
}

async function readExported(dir: string): Promise<Job> {
  const path = join(dir, 'job.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, 'Exported job', path);
  });
  const problem = (why: string): CsError =>
    new CsError('input', 'CS_NOT_A_JOB', `${dir} is not an exported job: ${why}.`);
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw problem(`job.json is not JSON (${(error as Error).message})`);
  }
  const parsed = jobSchema.safeParse(read);
  if (parsed.success) {
    const odd = documentProblem(parsed.data);
    if (odd !== null) throw problem(odd);
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  throw problem(`"${issue?.path.join('.')}" of job.json ${issue?.message}`);
}
