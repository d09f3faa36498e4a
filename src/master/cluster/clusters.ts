import type * as z from 'zod';
import { CsError } from '../../base/errors.ts';
import { INSTALL_DIR } from '../../host/version.ts';
import type { clusterInput } from '../../schema/api-clusters.ts';
import { ACTIVE_STATUSES, type TargetCluster } from '../../schema/model.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Resources } from '../core/resources.ts';
import type { Database } from '../db/database.ts';
import { OWN_VARIABLES } from './commands.ts';
import { freeNames } from './jinja/template.ts';

const VARS_KEY = 'cluster_custom_vars';
const TEMPLATES = [
  'send_cmd_tpl',
  'qsub_cmd_tpl',
  'qstat_cmd_tpl',
  'qstat_code_cmd_tpl',
  'qdel_cmd_tpl',
  'qinfo_cmd_tpl',
  'transfer_cmd_tpl',
  'cache_path',
  'script_tpl',
] as const;

interface Parts {
  db: Database;
  jobs: Jobs;
  resources: Resources;
}

/** Connected clusters and the variables of their templates. */
export class Clusters {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** @throws CsError `CS_CLUSTER_UNKNOWN` naming those that there are */
  require(name: string): TargetCluster {
    const cluster = this.parts.resources.cluster(name);
    if (cluster) return cluster;
    const known = this.parts.resources.clusters().map((c) => c.name);
    const text = `There is no cluster "${name}". Clusters: ${known.join(', ') || 'none'}.`;
    throw new CsError('notFound', 'CS_CLUSTER_UNKNOWN', text, { name });
  }

  /** Connect a cluster or change it. @throws CsError for a template that is none, or a name that is taken */
  connect(input: z.output<typeof clusterInput>): TargetCluster {
    const { name, title, worker_bin_path, cache_path } = input;
    refuseOwnNames(input.custom_vars);
    const cluster: TargetCluster = {
      ...input,
      hostname: name,
      lane: name,
      type: 'cluster',
      title: title || name,
      worker_bin_path: worker_bin_path || `${INSTALL_DIR}/bin/cryosparcw`,
      cache_path: cache_path || null,
    };
    for (const key of TEMPLATES) checkTemplate(key, cluster[key] ?? '');
    if (!freeNames(cluster.script_tpl).some((n) => ['run_cmd', 'run_args', 'command'].includes(n))) {
      const text = 'The script never uses {{ run_cmd }}: no job would run.';
      throw new CsError('input', 'CS_CLUSTER_TEMPLATE', text, { template: 'script_tpl' });
    }
    const { resources, db } = this.parts;
    db.transaction(() => {
      if (resources.target(name)) {
        throw new CsError('conflict', 'CS_TARGET_EXISTS', `"${name}" is a worker; a cluster needs another name.`);
      }
      const lane = resources.lanes().find((l) => l.name === name);
      if (lane?.type === 'node') {
        throw new CsError(
          'conflict',
          'CS_LANE_EXISTS',
          `"${name}" is a lane of workers; a cluster needs another name.`,
        );
      }
      if (!lane) resources.addLane({ name, title: cluster.title, desc: '', type: 'cluster' });
      resources.saveCluster(cluster);
    });
    return cluster;
  }

  /** @throws CsError `CS_CLUSTER_IN_USE` naming jobs that are on it */
  remove(name: string): void {
    const { resources, db, jobs } = this.parts;
    const cluster = this.require(name);
    const held = jobs
      .live()
      .filter((job) => ACTIVE_STATUSES.includes(job.status) && job.resources_allocated?.target === name)
      .map((job) => `${job.project_uid} ${job.uid}`);
    if (held.length > 0) {
      const text = `Cluster "${name}" has ${held.slice(0, 5).join(', ')}${held.length > 5 ? ' and others' : ''}: kill them or wait for them first.`;
      throw new CsError('conflict', 'CS_CLUSTER_IN_USE', text, { jobs: held });
    }
    db.transaction(() => {
      resources.removeCluster(cluster.name);
      resources.removeLane(cluster.lane);
    });
  }

  get instance_vars(): Record<string, unknown> {
    const row = this.parts.db.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', VARS_KEY);
    return row ? (JSON.parse(row.value) as Record<string, unknown>) : {};
  }

  setInstanceVars(vars: Record<string, unknown>): void {
    refuseOwnNames(vars);
    this.parts.db.run(
      'INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
      VARS_KEY,
      JSON.stringify(vars),
    );
  }

  /** Names that the templates of a cluster use and the system does not know: those are custom variables. */
  customNames({ script_tpl, qsub_cmd_tpl }: TargetCluster): string[] {
    return [...new Set([script_tpl, qsub_cmd_tpl].flatMap((tpl) => freeNames(tpl, OWN_VARIABLES)))].sort();
  }
}

/** @throws CsError for a variable that has the name of one of the system's */
export function refuseOwnNames(vars: Readonly<Record<string, unknown>>): void {
  const taken = Object.keys(vars).filter((name) => OWN_VARIABLES.some((own) => own === name));
  if (taken.length === 0) return;
  const text = `Custom variable ${taken.join(', ')} has the name of a variable that the system sets itself.`;
  throw new CsError('input', 'CS_CLUSTER_VARIABLE', text, { taken });
}

function checkTemplate(key: string, template: string): void {
  try {
    freeNames(template);
  } catch (error) {
    const hint = /end of comment tag/.test((error as Error).message)
      ? ' In a template {# begins a comment: write ${#array[@]} as {% raw %}${#array[@]}{% endraw %}.'
      : '';
    throw new CsError('input', 'CS_CLUSTER_TEMPLATE', `${key}: ${(error as Error).message}${hint}`, { template: key });
  }
}
