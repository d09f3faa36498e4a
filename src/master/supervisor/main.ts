import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { asCsError, type ErrorBody } from '../../base/errors.ts';
import { processIdentity } from '../../host/process-tree.ts';
import { VERSION } from '../../host/version.ts';
import { readSettings } from '../settings.ts';
import { holdLock } from './instance-lock.ts';
import { RESTART_POLICY, type Program } from './managed-process.ts';
import { rotateIfLarge, RotatingLog } from './rotating-log.ts';
import { Supervisor } from './supervisor.ts';

/**
 * The supervisor process. `cryosparcm start` starts it detached, with an IPC channel on which it says once how the
 * start went: `{ started: true }`, or `{ failed }` after which nothing of it is left.
 *
 * SIGTERM and SIGINT stop the instance, SIGHUP restarts its processes.
 */
export type StartReport = { started: true } | { failed: ErrorBody };

const HOUR_MS = 3_600_000;

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const run_dir = `${settings.instance_dir}/run`;
  mkdirSync(run_dir, { recursive: true });
  holdLock(`${run_dir}/supervisor.lock`);

  const log = new RotatingLog(`${run_dir}/supervisord.log`);
  const database_log = `${run_dir}/database.log`;
  const env = { ...process.env, CRYOSPARC_DB_LOG: database_log };
  const entry = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const programs: Program[] = [
    { name: 'command_core', entry: entry('../command-core.ts'), env, stop_ms: 30_000 },
    { name: 'webapp', entry: entry('../webapp/main.ts'), env, stop_ms: 5_000 },
  ];
  const identity = processIdentity(process.pid) ?? { pid: process.pid, start_ticks: 0 };
  const self = { ...identity, hostname: hostname(), version: VERSION, started_at: new Date().toISOString() };
  const supervisor = new Supervisor(programs, { run_dir, policy: RESTART_POLICY, self, log });

  rotateIfLarge(database_log);
  setInterval(() => rotateIfLarge(database_log), HOUR_MS);

  let ending = false;
  const end = async (status: number, why: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.line('INFO', why);
    await supervisor.stop();
    log.line('INFO', 'stopped');
    process.exit(status);
  };
  process.on('SIGTERM', () => void end(0, 'SIGTERM: stopping'));
  process.on('SIGINT', () => void end(0, 'SIGINT: stopping'));
  process.on('SIGHUP', () => {
    log.line('INFO', 'SIGHUP: restarting all processes');
    void supervisor.restart();
  });

  log.line('INFO', `supervisor ${VERSION} started, pid ${process.pid}`);
  const failed = await supervisor.start();
  if (failed !== null) {
    log.line('ERROR', `${failed.code}: ${failed.message}`);
    await report({ failed });
    await end(1, 'giving up');
    return;
  }
  await report({ started: true });
}

/** Tell `cryosparcm start`, if it still listens. */
async function report(message: StartReport): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
  process.disconnect?.();
}

main().catch(async (error: unknown) => {
  await report({ failed: asCsError(error).toBody() });
  process.stderr.write(`${asCsError(error).message}\n`);
  process.exit(1);
});
