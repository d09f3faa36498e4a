import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { job, jobUid, projectUid, targetCluster } from './model.ts';

const none = z.object({});
const template = z.string().min(1, 'must not be empty');
/** Names and values of template variables; numbers stay numbers. */
const customVars = z.record(
  z.string().regex(/^[A-Za-z_]\w*$/, 'must be a name'),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

/** What `cluster_info.json` says, with the text of `cluster_script.sh`. */
export const clusterInput = z.strictObject({
  name: z.string().regex(/^\w[\w.-]*$/, 'must consist of letters, digits, "_", "-" and "."'),
  title: z.string().default(''),
  worker_bin_path: z.string().default('').describe('cryosparcw on the cluster; empty: that of this installation'),
  cache_path: z.string().nullable().default(null),
  cache_quota_mb: z.number().min(0).nullable().default(null),
  cache_reserve_mb: z.number().min(0).default(10_000),
  send_cmd_tpl: template.default('{{ command }}'),
  qsub_cmd_tpl: template,
  qstat_cmd_tpl: template,
  qstat_code_cmd_tpl: z.string().nullable().default(null),
  qdel_cmd_tpl: template,
  qinfo_cmd_tpl: z.string().default(''),
  transfer_cmd_tpl: z.string().default(''),
  custom_vars: customVars.default({}),
  script_tpl: template,
});

const command = z.object({ command: z.string(), exit_status: z.int().nullable(), output: z.string() });

/** Clusters whose own scheduler runs our jobs. */
export const clusterApi = {
  'clusters.list': endpoint({
    role: 'user',
    cli: 'get_scheduler_clusters',
    summary: 'All clusters, with their templates.',
    input: z.strictObject({}),
    output: z.array(targetCluster),
  }),
  'clusters.get': endpoint({
    role: 'user',
    cli: 'get_scheduler_target_cluster',
    summary: 'One cluster, with its templates.',
    input: z.strictObject({ name: z.string() }),
    output: targetCluster,
  }),
  'clusters.connect': endpoint({
    role: 'admin',
    cli: 'add_scheduler_target_cluster',
    summary: 'Connect a cluster, or change how it is connected; its lane has its name.',
    input: clusterInput,
    output: targetCluster,
  }),
  'clusters.remove': endpoint({
    role: 'admin',
    cli: 'remove_scheduler_target_cluster',
    summary: 'Disconnect a cluster and remove its lane; refused while jobs of ours are on it.',
    input: z.strictObject({ name: z.string() }),
    output: none,
  }),
  'clusters.validate': endpoint({
    role: 'admin',
    cli: 'validate_scheduler_target_cluster',
    summary: 'Print script and commands for a sample job and run the information command; nothing is submitted.',
    input: z.strictObject({ name: z.string() }),
    output: z.object({
      scheduler: z.string(),
      script: z.string(),
      submit_command: z.string(),
      status_command: z.string(),
      delete_command: z.string(),
      info: command.nullable(),
      custom_vars: z.array(z.string()),
      warnings: z.array(z.string()),
    }),
  }),
  'clusters.instance_vars': endpoint({
    role: 'user',
    cli: 'get_cluster_custom_vars',
    summary: 'Values of template variables for all clusters.',
    input: z.strictObject({}),
    output: z.record(z.string(), z.unknown()),
  }),
  'clusters.set_instance_vars': endpoint({
    role: 'admin',
    cli: 'set_cluster_custom_vars',
    summary: 'Values of template variables for all clusters; those of a cluster and of a job come before them.',
    input: z.strictObject({ custom_vars: customVars }),
    output: none,
  }),
  'clusters.set_job_vars': endpoint({
    role: 'user',
    cli: 'set_cluster_job_custom_vars',
    summary: 'Values of template variables for one job that has not been launched.',
    input: z.strictObject({ project_uid: projectUid, job_uid: jobUid, cluster_job_custom_vars: customVars }),
    output: job,
  }),
};
