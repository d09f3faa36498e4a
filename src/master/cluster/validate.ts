import type { ApiOutput } from '../../schema/api.ts';
import type { TargetCluster } from '../../schema/model.ts';
import { clusterCommand, renderScript, type Submission, submitCommand } from './commands.ts';
import type { Clusters } from './clusters.ts';
import { schedulerOf } from './schedulers.ts';
import { runCommand } from './shell-command.ts';

const INFO_TIMEOUT_MS = 30_000;

/** What a cluster's templates make of a sample job, and what its information command says. Nothing is submitted. */
export async function validateCluster(
  cluster: TargetCluster,
  clusters: Clusters,
): Promise<ApiOutput<'clusters.validate'>> {
  const job_dir = '/data/CS-sample project/J1';
  const sample: Submission = {
    cluster,
    job: {
      uid: 'J1',
      project_uid: 'P1',
      type: 'homo_reconstruct',
      title: 'Sample job',
      resources_needed: { cpu: 4, gpu: 1, ram: 3, ssd: false },
      cluster_job_custom_vars: {},
    },
    project_dir: '/data/CS-sample project',
    job_dir,
    creator: { username: 'sample', email: 'sample@example.org' },
    run_args: ['--project', 'P1', '--job', 'J1', '--job_dir', job_dir],
    instance_vars: clusters.instance_vars,
  };
  const custom_vars = clusters.customNames(cluster);
  const known = { ...clusters.instance_vars, ...cluster.custom_vars };
  const unset = custom_vars.filter((name) => !(name in known));
  const info_command = cluster.qinfo_cmd_tpl === '' ? '' : clusterCommand(cluster, 'qinfo_cmd_tpl');
  const ran = info_command === '' ? null : await runCommand(info_command, INFO_TIMEOUT_MS);
  const scheduler = schedulerOf(cluster);
  const warnings: string[] = [];
  if (unset.length > 0) {
    warnings.push(
      `Without a value for all jobs (empty unless a job sets them, or the template has a default): ${unset.join(', ')}.`,
    );
  }
  if (!cluster.script_tpl.startsWith('#!')) warnings.push('The script has no first line like "#!/usr/bin/env bash".');
  if (!scheduler) warnings.push('The status command is of no known scheduler: jobs are asked for one by one.');
  if (ran && ran.status !== 0) warnings.push('The information command failed: can the master reach the cluster?');
  return {
    scheduler: scheduler?.name ?? 'unknown',
    script: renderScript(sample),
    submit_command: submitCommand(sample),
    status_command: clusterCommand(cluster, 'qstat_cmd_tpl', '1234'),
    delete_command: clusterCommand(cluster, 'qdel_cmd_tpl', '1234'),
    info: ran && { command: info_command, exit_status: ran.status, output: `${ran.stdout}${ran.stderr}` },
    custom_vars,
    warnings,
  };
}
