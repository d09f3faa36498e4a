import { existsSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem, type } from 'node:os';
import { join, resolve } from 'node:path';
import { asCsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { findGpus } from '../../host/gpus.ts';
import { tarGz, type TarEntry } from '../../host/tar.ts';
import { VERSION } from '../../host/version.ts';
import { fileStamp } from '../../master/db/replace.ts';
import { publicSettings } from '../../master/settings.ts';
import { type Command, type CommandArgs, type CommandOption, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { fileEntry, logEntries, secretsOf, withoutSecrets } from './instance-logs.ts';

const dir: CommandOption = { type: 'string', summary: 'directory of the archive (default: the current one)' };

export const snapLogsCommand: Command = {
  name: 'snaplogs',
  usage: '[--dir <dir>]',
  summary: 'Put the logs of the instance into a .tar.gz, without secrets.',
  options: { dir },
  words: [0, 0],
  run: async (args) => {
    const instance = Instance.open(process.env);
    const name = `cryosparc_logs_${fileStamp()}`;
    return write(args, name, logEntries(instance, name));
  },
};

export const errorReportCommand: Command = {
  name: 'errorreport',
  usage: '[<PX> <JXX>] [--dir <dir>]',
  summary: 'Put logs, status, versions, settings and the logs of a job into a .tar.gz, without secrets.',
  details:
    'For asking others for help. License id, tokens and passwords are removed; look through it before it leaves you.',
  options: { dir },
  words: [0, 2],
  run: async (args) => {
    const [project_uid, job_uid] = args.positionals;
    if (project_uid !== undefined && job_uid === undefined)
      throw new UsageError('Name the job too: errorreport P1 J1.');
    const instance = Instance.open(process.env);
    const name = `cryosparc_error_report_${[project_uid, job_uid, fileStamp()].filter(Boolean).join('_')}`;
    const entries = [
      text(`${name}/instance.json`, instance, await instanceReport(instance)),
      ...logEntries(instance, `${name}/logs`),
    ];
    if (project_uid !== undefined && job_uid !== undefined) {
      entries.push(...(await jobReport(instance, project_uid, job_uid, `${name}/${project_uid}_${job_uid}`)));
    }
    return write(args, name, entries);
  },
};

async function instanceReport(instance: Instance): Promise<unknown> {
  const call = async (name: 'instance.info' | 'resources.targets' | 'jobs.queue'): Promise<unknown> => {
    try {
      return await instance.call(name, {}, { timeout_ms: 10_000 });
    } catch (error) {
      return asCsError(error).toBody();
    }
  };
  return {
    created_at: new Date().toISOString(),
    version: VERSION,
    node_version: process.version,
    machine: {
      hostname: hostname(),
      system: `${type()} ${release()} ${arch()}`,
      cpus: cpus().length,
      cpu_model: cpus()[0]?.model ?? '',
      memory_gb: Math.round(totalmem() / 1e9),
      gpus: findGpus(),
    },
    settings: publicSettings(process.env),
    supervisor: instance.supervisorState(),
    info: await call('instance.info'),
    workers: await call('resources.targets'),
    live_jobs: await call('jobs.queue'),
  };
}

async function jobReport(
  instance: Instance,
  project_uid: string,
  job_uid: string,
  folder: string,
): Promise<TarEntry[]> {
  const one = { project_uid, job_uid };
  const entries = [text(`${folder}/job.json`, instance, await instance.call('jobs.get', one))];
  const job_dir = await instance.call('jobs.dir', one);
  const secrets = secretsOf(instance);
  for (const name of ['job.log', 'events.jsonl', '.launch.log', '.finish.json']) {
    const path = join(job_dir, name);
    // names without a leading dot: file managers hide the others
    if (existsSync(path)) entries.push(fileEntry(path, `${folder}/${name.replace(/^\./, '')}`, secrets));
  }
  return entries;
}

function text(name: string, instance: Instance, value: unknown): TarEntry {
  const plain = withoutSecrets(JSON.stringify(value, null, 1), secretsOf(instance));
  return { name, data: Buffer.from(`${plain}\n`), modified_ms: Date.now() };
}

function write(args: CommandArgs, name: string, entries: readonly TarEntry[]): number {
  const path = join(resolve(args.text('dir') ?? '.'), `${name}.tar.gz`);
  writeFileAtomic(path, tarGz(entries), { mode: 0o600 });
  process.stdout.write(`${path}\n`);
  return 0;
}
