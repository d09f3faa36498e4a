import { CsError } from '../../base/errors.ts';
import type { JobSpec } from '../../schema/job.ts';
import type { Connection, Job } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import { countText, findOutput, names } from './connections.ts';
import type { Jobs } from './jobs.ts';
import type { Refresher } from './refresher.ts';
import { parseGroup, parseResult, parseSlot } from './uids.ts';

/** @throws CsError `CS_JOB_STATUS` unless the job is being built */
export function requireBuilding(job: Job): Job {
  if (job.status === 'building') return job;
  throw new CsError(
    'conflict',
    'CS_JOB_STATUS',
    `${job.uid} is ${job.status}; only a job that is being built can be changed. Clear it first.`,
    {
      job_uid: job.uid,
      status: job.status,
    },
  );
}

/** Connects outputs of jobs to inputs of others; what does not fit is refused in words. */
export class Connector {
  private readonly db: Database;
  private readonly jobs: Jobs;
  private readonly refresher: Refresher;

  constructor(db: Database, jobs: Jobs, refresher: Refresher) {
    this.db = db;
    this.jobs = jobs;
    this.refresher = refresher;
  }

  /** @param source `J1.particles`; @param dest `J2.particles` */
  connect(project_uid: string, source: string, dest: string): Job {
    const { job_uid, output: input } = parseGroup(dest);
    return this.db.transaction(() => this.connectOne(this.jobs.require(project_uid, job_uid), source, input));
  }

  /** Take one slot of a connected input from another output; its own slot again when `source` is the connected output. */
  connectResult(project_uid: string, source: string, dest: string): Job {
    const from = parseResult(source);
    const to = parseSlot(dest);
    return this.db.transaction(() => {
      const job = requireBuilding(this.jobs.require(project_uid, to.job_uid));
      this.inputSpec(job, to.input);
      const connections = job.inputs[to.input] ?? [];
      const connection = connections[to.index];
      if (!connection) {
        throw new CsError(
          'input',
          'CS_CONNECT',
          `Input "${to.input}" of ${job.uid} has ${connections.length} connections; there is no index ${to.index}.`,
        );
      }
      const origin = this.jobs.require(project_uid, from.job_uid);
      const result = findOutput(origin, from.output)?.results.find((r) => r.name === from.result);
      if (!result) throw new CsError('input', 'CS_CONNECT', `There is no result ${source}.`, { source });
      const wanted = findOutput(this.jobs.find(project_uid, connection.job_uid), connection.output)?.results.find(
        (r) => r.name === to.slot,
      );
      if (wanted && wanted.dtype !== result.dtype) {
        throw new CsError(
          'input',
          'CS_CONNECT',
          `Slot ${dest} is of type ${wanted.dtype}; ${source} is of type ${result.dtype}.`,
        );
      }
      this.refuseCycle(project_uid, origin.uid, job.uid);
      const { [to.slot]: _replaced, ...others } = connection.results;
      const own = from.job_uid === connection.job_uid && from.output === connection.output && from.result === to.slot;
      const results = own ? others : { ...others, [to.slot]: { ...from, version: 'F' } };
      const changed = connections.map((c, i) => (i === to.index ? { ...c, results } : c));
      return this.refresher.refresh({ ...job, inputs: { ...job.inputs, [to.input]: changed } });
    });
  }

  /** Remove one connection of an input, or all. */
  disconnect(project_uid: string, dest: string, index?: number): Job {
    const { job_uid, output: input } = parseGroup(dest);
    return this.db.transaction(() => {
      const job = requireBuilding(this.jobs.require(project_uid, job_uid));
      this.inputSpec(job, input);
      const connections = job.inputs[input] ?? [];
      if (index !== undefined && index >= connections.length) {
        throw new CsError(
          'input',
          'CS_CONNECT',
          `Input "${input}" of ${job_uid} has ${connections.length} connections; there is no index ${index}.`,
        );
      }
      const left = index === undefined ? [] : connections.filter((_, i) => i !== index);
      return this.refresher.refresh({ ...job, inputs: { ...job.inputs, [input]: left } });
    });
  }

  /** @param input name of the input of `job` */
  connectOne(job: Job, source: string, input: string): Job {
    requireBuilding(job);
    const spec = this.inputSpec(job, input);
    const { job_uid, output: name } = parseGroup(source);
    const origin = this.jobs.require(job.project_uid, job_uid);
    const output = findOutput(origin, name);
    if (!output)
      throw new CsError('input', 'CS_CONNECT', `${job_uid} has no output "${name}"; it has ${names(origin)}.`, {
        source,
      });
    if (output.type !== spec.type) {
      throw new CsError(
        'input',
        'CS_CONNECT',
        `Input "${input}" of ${job.uid} takes ${spec.type}; ${source} is of type ${output.type}.`,
        { source },
      );
    }
    const connections = job.inputs[input] ?? [];
    if (connections.some((c) => c.job_uid === job_uid && c.output === name)) {
      throw new CsError('conflict', 'CS_CONNECT', `${source} is connected to input "${input}" of ${job.uid} already.`, {
        source,
      });
    }
    if (spec.count_max !== 'inf' && connections.length >= spec.count_max) {
      throw new CsError(
        'conflict',
        'CS_CONNECT',
        `Input "${input}" of ${job.uid} takes ${countText(spec)} and has ${connections.length}; disconnect one first.`,
      );
    }
    this.refuseCycle(job.project_uid, job_uid, job.uid);
    const added: Connection = { job_uid, output: name, results: {} };
    return this.refresher.refresh({ ...job, inputs: { ...job.inputs, [input]: [...connections, added] } });
  }

  private inputSpec(job: Job, input: string): JobSpec['inputs'][string] {
    const spec = this.refresher.spec(job.type);
    const found = Object.hasOwn(spec.inputs, input) ? spec.inputs[input] : undefined;
    if (found) return found;
    const known = Object.keys(spec.inputs).join(', ') || 'none';
    throw new CsError('input', 'CS_CONNECT', `${job.type} has no input "${input}"; it has ${known}.`, { input });
  }

  private refuseCycle(project_uid: string, source_uid: string, dest_uid: string): void {
    const seen = new Set<string>();
    const visit = [source_uid];
    for (let uid = visit.pop(); uid !== undefined; uid = visit.pop()) {
      if (uid === dest_uid) {
        throw new CsError(
          'input',
          'CS_CYCLE',
          `${source_uid} needs results of ${dest_uid}; connecting it to ${dest_uid} would make a circle.`,
        );
      }
      if (seen.has(uid)) continue;
      seen.add(uid);
      visit.push(...(this.jobs.find(project_uid, uid)?.parents ?? []));
    }
  }
}
