import { join } from 'node:path';
import type { ApiOutput } from '../../schema/api.ts';
import type { Allocation, Job } from '../../schema/model.ts';
import type { Builder } from '../core/builder.ts';
import { offeredResults } from '../core/connections.ts';
import type { Jobs } from '../core/jobs.ts';
import type { StoredProject } from '../core/projects.ts';
import { clusterCachePath } from '../cluster/commands.ts';
import type { Resources } from '../core/resources.ts';
import type { Settings } from '../settings.ts';

const RAM_SLOT_MB = 8000;

interface Parts {
  jobs: Jobs;
  builder: Builder;
  resources: Resources;
  settings: Settings;
}

/** All that the process of a job needs to run it. */
export function claimAnswer(
  parts: Parts,
  project: StoredProject,
  job: Job,
  allocation: Allocation,
): ApiOutput<'runs.claim'> {
  const { jobs, builder, resources, settings } = parts;
  const find = jobs.finder(project.uid);
  const inputs = Object.entries(job.inputs).map(([name, connections]) => {
    const groups = connections.map((connection) => ({
      connection,
      results: offeredResults(connection, find).flatMap((r) =>
        r.metafile === null ? [] : [{ ...r, metafile: r.metafile }],
      ),
    }));
    return [name, groups] as const;
  });
  const cluster = resources.cluster(allocation.target);
  const target = cluster
    ? { ...cluster, cache_path: clusterCachePath(cluster, job) }
    : resources.target(allocation.target);
  const slots_mb = allocation.slots.RAM.length * RAM_SLOT_MB;
  return {
    project_uid: project.uid,
    project_dir: project.project_dir,
    job_uid: job.uid,
    job_dir: join(project.project_dir, job.job_dir),
    type: job.type,
    params: builder.completeParams(job),
    inputs: Object.fromEntries(inputs),
    allocation,
    heartbeat_s: settings.heartbeat_s,
    memory_mb: Math.min(slots_mb, settings.job_memory_mb ?? Number.POSITIVE_INFINITY),
    cache_path: allocation.ssd ? (target?.cache_path ?? null) : null,
    cache_quota_mb: target?.cache_quota_mb ?? null,
    cache_reserve_mb: target?.cache_reserve_mb ?? 0,
  };
}
