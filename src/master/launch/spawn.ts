import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { fileError } from '../../host/fs-errors.ts';
import type { Job, TargetNode } from '../../schema/model.ts';
import { shellWord } from '../cluster/jinja/shell-context.ts';
import { emptyJobDir } from '../core/lifecycle.ts';
import { readTail } from '../core/job-log.ts';
import type { Log } from '../log.ts';
import { apiPort, isOwnHost, type Settings } from '../settings.ts';
import { localEnvironment } from './environment.ts';

const OUTPUT_FILE = '.launch.log';
const OUTPUT_BYTES = 4000;
const SSH = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20'];

export interface LaunchProcess {
  kill(signal: NodeJS.Signals): void;
  /** its exit code, null when it died of a signal; rejects when it could not be started at all */
  ended: Promise<number | null>;
}

interface Start {
  settings: Settings;
  target: TargetNode;
  job: Job;
  job_dir: string;
  token: string;
}

/**
 * Start `cryosparcw run` for a job: directly when the target is this machine, else through the system's ssh. The
 * token goes by a file that only our account can read. The process is detached: it outlives this one, and writes to
 * a file, not to a pipe that would break.
 */
export async function startProcess({ settings, target, job, job_dir, token }: Start): Promise<LaunchProcess> {
  const args = ['run', ...(await prepareLaunch({ settings, job, job_dir, token }))];
  const local = target.ssh_str === '' && isOwnHost(settings, target.hostname);
  const [command, argv] = local
    ? [target.worker_bin_path, args]
    : [
        'ssh',
        [...SSH, '--', target.ssh_str || target.hostname, [target.worker_bin_path, ...args].map(shellWord).join(' ')],
      ];
  const cwd = local ? installationOf(target.worker_bin_path) : job_dir;
  return withOutput(job_dir, (fd) => launched(command, argv, fd, cwd, target));
}

/** Make the directory of a job ready for its process. @returns the arguments of `cryosparcw run` */
export async function prepareLaunch({ settings, job, job_dir, token }: Omit<Start, 'target'>): Promise<string[]> {
  await mkdir(job_dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw fileError(error, 'Job directory', job_dir);
  });
  // what an earlier run left behind (its clearing may have been interrupted) must not mix with the new one
  await emptyJobDir(job_dir);
  const { project_uid, uid } = job;
  const api_url = `http://${settings.master_hostname}:${apiPort(settings)}`;
  writeFileAtomic(join(job_dir, '.launch.json'), JSON.stringify({ token, api_url, project_uid, job_uid: uid }), {
    mode: 0o600,
  });

  const args = ['--project', project_uid, '--job', uid, '--master_hostname', settings.master_hostname];
  return [...args, '--master_command_core_port', String(apiPort(settings)), '--job_dir', job_dir];
}

/**
 * Run a command that gives a job to a cluster. It writes into the job's directory, so that its answer can be read even
 * by the next master.
 * @returns its exit status, null when it did not end in time
 */
export async function startSubmission(command: string, job_dir: string, timeout_ms: number): Promise<number | null> {
  const child = withOutput(job_dir, (fd) =>
    spawn('/bin/sh', ['-c', command], {
      detached: true,
      stdio: ['ignore', fd, fd],
      cwd: job_dir,
      env: localEnvironment(process.env),
    }),
  );
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(null);
    }, timeout_ms);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

function withOutput<T>(job_dir: string, start: (fd: number) => T): T {
  const output = join(job_dir, OUTPUT_FILE);
  let fd: number;
  try {
    fd = openSync(output, 'w', 0o600);
  } catch (error) {
    throw fileError(error, 'File', output);
  }
  try {
    return start(fd);
  } finally {
    closeSync(fd);
  }
}

function launched(command: string, argv: string[], fd: number, cwd: string, target: TargetNode): LaunchProcess {
  const env = localEnvironment(process.env);
  const child = spawn(command, argv, { detached: true, stdio: ['ignore', fd, fd], cwd, env });
  child.unref();
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'ENOENT' ? 'does not exist' : `cannot be started (${error.message})`;
      const text = `${command} ${what} on ${target.hostname}; check the worker's path ${target.worker_bin_path}.`;
      reject(new CsError('external', 'CS_LAUNCH_FAILED', text, {}, error));
    });
    child.once('exit', (code) => resolve(code));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The last of what the process of a launch wrote before it took over the job. */
export async function launchOutput(job_dir: string): Promise<string> {
  return (await readTail(join(job_dir, OUTPUT_FILE), OUTPUT_BYTES)).trim();
}

/** Send a signal to a process on another machine. It is best effort: the machine may be down. */
export function signalRemote(target: TargetNode, pid: number, name: 'SIGTERM' | 'SIGKILL', log: Log): void {
  const command = `kill -${name.slice(3)} ${pid}`;
  const child = spawn('ssh', [...SSH, '--', target.ssh_str || target.hostname, command], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  child.once('error', (error) => log.warn(`ssh to ${target.hostname} failed: ${error.message}`));
  child.once('exit', (code) => {
    if (code !== 0) log.warn(`"${command}" on ${target.hostname} ended with code ${code}`);
  });
}

/** `/opt/cs` for `/opt/cs/bin/cryosparcw`. */
function installationOf(bin_path: string): string {
  return dirname(dirname(bin_path));
}
