import { join } from 'node:path';
import type { Job, TargetCluster } from '../../schema/model.ts';
import { type Context, renderShell, renderText, ShellCode, Untrusted } from './jinja/template.ts';
import { shellWord } from './jinja/shell-context.ts';
import { PyFloat } from './jinja/values.ts';

const RAM_SLOT_GB = 8;
export const SCRIPT_FILE = 'queue_sub_script.sh';

/** Variables of the system; custom ones may not have these names. */
export const OWN_VARIABLES = [
  'script_path_abs',
  'run_cmd',
  'command',
  'num_cpu',
  'num_gpu',
  'ram_gb',
  'job_dir_abs',
  'project_dir_abs',
  'job_log_path_abs',
  'worker_bin_path',
  'run_args',
  'project_uid',
  'job_uid',
  'job_type',
  'job_title',
  'job_creator',
  'cryosparc_username',
  'cluster_job_id',
  'src_path',
  'dest_path',
] as const;

export interface Submission {
  cluster: TargetCluster;
  job: Pick<Job, 'uid' | 'project_uid' | 'type' | 'title' | 'resources_needed' | 'cluster_job_custom_vars'>;
  project_dir: string;
  job_dir: string;
  creator: { username: string; email: string };
  /** arguments of `cryosparcw` after `run` */
  run_args: readonly string[];
  instance_vars: Readonly<Record<string, unknown>>;
}

/**
 * What the templates of a job know. Numbers and what an administrator has set stand as they are; command lines are
 * quoted already; everything else may hold any character and is one word wherever a shell finds it.
 */
export function submissionContext(s: Submission): Context {
  const { cluster, job, project_dir, job_dir, creator } = s;
  const log = join(job_dir, 'job.log');
  const run_args = s.run_args.map(shellWord).join(' ');
  const run_cmd = `${shellWord(cluster.worker_bin_path)} run ${run_args} >> ${shellWord(log)} 2>&1`;
  const own = Object.entries(job.cluster_job_custom_vars).map(([name, value]) => [name, new Untrusted(value)]);
  return {
    ...s.instance_vars,
    ...cluster.custom_vars,
    ...Object.fromEntries(own),
    script_path_abs: new Untrusted(join(job_dir, SCRIPT_FILE)),
    run_cmd: new ShellCode(run_cmd),
    command: new ShellCode(run_cmd),
    run_args: new ShellCode(run_args),
    num_cpu: job.resources_needed.cpu,
    num_gpu: job.resources_needed.gpu,
    ram_gb: new PyFloat(job.resources_needed.ram * RAM_SLOT_GB),
    job_dir_abs: new Untrusted(job_dir),
    project_dir_abs: new Untrusted(project_dir),
    job_log_path_abs: new Untrusted(log),
    worker_bin_path: new Untrusted(cluster.worker_bin_path),
    project_uid: job.project_uid,
    job_uid: job.uid,
    job_type: job.type,
    job_title: new Untrusted(job.title),
    job_creator: new Untrusted(creator.username),
    cryosparc_username: new Untrusted(creator.email),
  };
}

export function renderScript(s: Submission): string {
  return `${renderShell(s.cluster.script_tpl, submissionContext(s))}\n`;
}

export function submitCommand(s: Submission): string {
  return sent(s.cluster, renderShell(s.cluster.qsub_cmd_tpl, submissionContext(s)));
}

type Template = 'qstat_cmd_tpl' | 'qstat_code_cmd_tpl' | 'qdel_cmd_tpl' | 'qinfo_cmd_tpl';

/** A command on jobs of a cluster. @param ids their numbers, as the command takes them in the place of one */
export function clusterCommand(cluster: TargetCluster, template: Template, ids = ''): string {
  // numbers come from the scheduler's own output and hold no character that a shell would read otherwise
  const context = { ...cluster.custom_vars, cluster_job_id: new ShellCode(ids) };
  return sent(cluster, renderShell(cluster[template] ?? '', context));
}

/** A template by which a command crosses to another machine: the shell there reads it once more. */
const OVER_SSH = /(?:^|[\s/;&|])(?:gsi)?ssh\s[^\n]*\{\{-?\s*command\b/;

/**
 * A command as it is sent to the cluster. ssh hands the words that it is given to a shell on the other side, so there
 * the whole command is one word, and arrives as it was.
 */
export function sent(cluster: TargetCluster, command: string): string {
  const value = OVER_SSH.test(cluster.send_cmd_tpl) ? new Untrusted(command) : new ShellCode(command);
  return renderShell(cluster.send_cmd_tpl, { ...cluster.custom_vars, command: value });
}

/** Directory of the SSD cache of a job, null when the cluster has none. */
export function clusterCachePath(cluster: TargetCluster, job: Job): string | null {
  if (cluster.cache_path === null || cluster.cache_path === '') return null;
  const context = { ...cluster.custom_vars, cluster_job_id: job.cluster_job_id ?? '', project_uid: job.project_uid };
  // a path, not a command: it reaches no shell
  return renderText(cluster.cache_path, { ...context, job_uid: job.uid });
}
