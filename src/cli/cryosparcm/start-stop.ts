import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CsError } from '../../base/errors.ts';
import { isAlive } from '../../host/process-tree.ts';
import type { StartReport } from '../../master/supervisor/main.ts';
import type { Command } from '../command.ts';
import { Instance } from '../instance.ts';

const SUPERVISOR = fileURLToPath(new URL('../../master/supervisor/main.ts', import.meta.url));
/** Longer than the supervisor gives its processes before it kills them. */
const STOP_MS = 45_000;

export const startCommand: Command = {
  name: 'start',
  usage: '',
  summary: 'Start the instance; returns when its login page answers.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    if (instance.runningSupervisor() !== null) {
      process.stdout.write(`The instance is already running at ${instance.url}\n"cryosparcm restart" restarts it.\n`);
      return 0;
    }
    await start(instance);
    return 0;
  },
};

export const stopCommand: Command = {
  name: 'stop',
  usage: '',
  summary: 'Stop the instance. Running jobs are ended and marked as failed; queued jobs stay queued.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    if (!(await stop(instance))) process.stdout.write('The instance is not running.\n');
    return 0;
  },
};

export const restartCommand: Command = {
  name: 'restart',
  usage: '',
  summary: 'Stop the instance and start it again.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    await stop(instance);
    await start(instance);
    return 0;
  },
};

/** Start a stopped instance. @throws CsError with the reason why it cannot start */
export async function start(instance: Instance): Promise<void> {
  const begun_ms = performance.now();
  process.stdout.write(`Starting the instance in ${instance.settings.instance_dir} ...\n`);
  const report = await launchSupervisor(instance);
  if ('failed' in report) throw CsError.fromBody(report.failed);
  const page = await fetch(instance.local_url, { method: 'HEAD' });
  if (page.status >= 500) {
    process.stdout.write(
      'Note: the web pages have not been built; run "npm run build:web" in the installation directory.\n',
    );
  }
  const took_s = ((performance.now() - begun_ms) / 1000).toFixed(1);
  process.stdout.write(`Started in ${took_s} s.\n\n  ${instance.url}\n\n`);
}

/** Start the supervisor in a session of its own, so that it outlives this shell, and hear how its start went. */
function launchSupervisor(instance: Instance): Promise<StartReport> {
  mkdirSync(instance.run_dir, { recursive: true });
  const log = openSync(`${instance.run_dir}/supervisord.log`, 'a', 0o640);
  const child = fork(SUPERVISOR, [], { cwd: '/', detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  // whoever gives up waiting does not want an instance that comes up later
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('message', (message: StartReport) => {
      if ('started' in message) {
        if (child.connected) child.disconnect();
        child.unref();
      }
      resolve(message);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit status ${code}`;
      const message = `The supervisor ended (${how}) before the instance was up; see ${instance.run_dir}/supervisord.log.`;
      reject(new CsError('external', 'CS_START', message));
    });
  });
}

/** Stop an instance. @returns false when there was nothing to stop */
export async function stop(instance: Instance): Promise<boolean> {
  const supervisor = instance.runningSupervisor();
  if (supervisor === null) return false;
  process.stdout.write('Stopping the instance ...\n');
  process.kill(supervisor.pid, 'SIGTERM');
  const end = performance.now() + STOP_MS;
  while (isAlive(supervisor)) {
    if (performance.now() > end) {
      throw new CsError(
        'external',
        'CS_STOP',
        `The supervisor (pid ${supervisor.pid}) has not ended within ${STOP_MS / 1000} s; see ${instance.run_dir}/supervisord.log.`,
      );
    }
    await sleep(50);
  }
  process.stdout.write('Stopped.\n');
  return true;
}
