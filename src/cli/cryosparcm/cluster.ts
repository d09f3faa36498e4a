import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { fileError } from '../../host/fs-errors.ts';
import { clusterInput } from '../../schema/api-clusters.ts';
import type { TargetCluster } from '../../schema/model.ts';
import { type Command, type CommandArgs, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { suggestion } from '../nearest.ts';

const INFO = 'cluster_info.json';
const SCRIPT = 'cluster_script.sh';
const EXAMPLES = new URL('../cluster-examples/', import.meta.url);

const ACTIONS: Readonly<Record<string, (name: string | undefined, args: CommandArgs) => Promise<number>>> = {
  example: async (name, args) => example(name, args.flag('force')),
  dump: async (name, args) => dump(required('dump', name), args.flag('force')),
  connect: async (name) => connect(name),
  remove: async (name) => remove(required('remove', name)),
  validate: async (name) => validate(required('validate', name)),
};

export const clusterCommand: Command = {
  name: 'cluster',
  usage: 'example <slurm|pbs|sge|lsf> | dump <name> | connect | remove <name> | validate <name>',
  summary: 'Connect clusters that are run by a scheduler of their own.',
  details: `example   writes ${INFO} and ${SCRIPT} for a kind of scheduler into the current directory
dump      writes those of a connected cluster
connect   connects the cluster of the two files in the current directory, or updates it by its name
remove    disconnects it
validate  prints the script and the commands for a sample job and runs the information command`,
  options: { force: { type: 'boolean', summary: 'example, dump: overwrite files that are there' } },
  words: [1, 2],
  run: async (args) => {
    const [action = '', name] = args.positionals;
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (!run) {
      throw new UsageError(`There is no "cluster ${action}".${suggestion(action, Object.keys(ACTIONS))}`);
    }
    return run(name, args);
  },
};

function required(action: string, name: string | undefined): string {
  if (name === undefined) throw new UsageError(`Usage: cryosparcm cluster ${action} <name>`);
  return name;
}

function example(kind: string | undefined, force: boolean): number {
  const kinds = readdirSync(EXAMPLES).sort();
  if (kind === undefined || !kinds.includes(kind)) {
    throw new UsageError(`Usage: cryosparcm cluster example <${kinds.join('|')}>${suggestion(kind ?? '', kinds)}`);
  }
  const read = (file: string): string => readFileSync(new URL(`${kind}/${file}`, EXAMPLES), 'utf8');
  write({ [INFO]: read(INFO), [SCRIPT]: read(SCRIPT) }, force);
  process.stdout.write('Edit them, then run "cryosparcm cluster connect" here.\n');
  return 0;
}

async function dump(name: string, force: boolean): Promise<number> {
  const cluster = await Instance.open(process.env).call('clusters.get', { name });
  const { script_tpl, hostname: _hostname, lane: _lane, type: _type, ...info } = cluster;
  write({ [INFO]: `${JSON.stringify(info, null, 2)}\n`, [SCRIPT]: script_tpl }, force);
  return 0;
}

function write(files: Readonly<Record<string, string>>, force: boolean): void {
  const there = Object.keys(files).filter((name) => existsSync(name));
  if (there.length > 0 && !force) {
    const text = `${there.join(' and ')} ${there.length > 1 ? 'are' : 'is'} in ${process.cwd()} already; add --force to overwrite.`;
    throw new CsError('conflict', 'CS_FILE_EXISTS', text);
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileAtomic(join(process.cwd(), name), text);
    process.stdout.write(`Wrote ${name}\n`);
  }
}

async function connect(name: string | undefined): Promise<number> {
  if (name !== undefined) throw new UsageError(`"cluster connect" takes the name from ${INFO}.`);
  const instance = Instance.open(process.env);
  const input = readClusterFiles(process.cwd());
  const known = await instance.call('clusters.list', {});
  const cluster = await instance.call('clusters.connect', input);
  const verb = known.some((c) => c.name === cluster.name) ? 'Updated' : 'Connected';
  process.stdout.write(`${verb} cluster ${cluster.name}, lane ${cluster.lane}.\n`);
  if (input.worker_bin_path === '') {
    process.stdout.write(`${INFO} names no worker_bin_path: ${cluster.worker_bin_path} is used.\n`);
  }
  process.stdout.write(`Check it with "cryosparcm cluster validate ${cluster.name}".\n`);
  return 0;
}

/** The two files of a directory as one document. @throws CsError naming the file and what is wrong in it */
export function readClusterFiles(dir: string): z.output<typeof clusterInput> {
  const path = join(dir, INFO);
  const info = parseInfo(path, readText(path));
  const parsed = clusterInput.safeParse({ ...info, script_tpl: readText(join(dir, SCRIPT)) });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
  const field = keys === '' ? `field "${issue?.path.join('.')}": ${issue?.message}` : `unknown field ${keys}`;
  const hint = keys === '' ? '' : suggestion(keys.split(',')[0] ?? '', Object.keys(clusterInput.shape));
  throw new CsError('input', 'CS_CLUSTER_INFO', `${path}: ${field}.${hint}`, { path });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'File', path);
  }
}

/** JSON in which whole lines may be commented out with #, and the last item may be followed by a comma. */
function parseInfo(path: string, text: string): object {
  const plain = text.replace(/^\s*#.*$/gm, '').replace(/,(\s*\})\s*$/, '$1');
  let value: unknown;
  try {
    value = JSON.parse(plain);
  } catch (error) {
    throw new CsError('input', 'CS_CLUSTER_INFO', `${path} is not JSON: ${(error as Error).message}.`, { path });
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new CsError('input', 'CS_CLUSTER_INFO', `${path} must hold one JSON object.`, { path });
}

async function remove(name: string): Promise<number> {
  await Instance.open(process.env).call('clusters.remove', { name });
  process.stdout.write(`Removed cluster ${name} and its lane.\n`);
  return 0;
}

async function validate(name: string): Promise<number> {
  const instance = Instance.open(process.env);
  const cluster: TargetCluster = await instance.call('clusters.get', { name });
  const checked = await instance.call('clusters.validate', { name });
  const section = (title: string, text: string): string => `== ${title}\n${text.trimEnd()}\n\n`;
  process.stdout.write(section(`Script of a sample job on ${cluster.name}`, checked.script));
  process.stdout.write(section('To submit it', checked.submit_command));
  process.stdout.write(section(`To ask for it (scheduler: ${checked.scheduler})`, checked.status_command));
  process.stdout.write(section('To delete it', checked.delete_command));
  process.stdout.write(section('Custom variables', checked.custom_vars.join(', ') || 'none'));
  if (checked.info) {
    const { command, exit_status, output } = checked.info;
    process.stdout.write(section(`${command} (exit status ${exit_status ?? 'none'})`, output));
  }
  for (const warning of checked.warnings) process.stdout.write(`Warning: ${warning}\n`);
  process.stdout.write('Nothing was submitted.\n');
  return checked.info && checked.info.exit_status !== 0 ? 1 : 0;
}
