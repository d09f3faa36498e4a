import { hostname as osHostname } from 'node:os';
import { CsError } from '../base/errors.ts';
import { INSTALL_DIR } from '../host/version.ts';

/** Settings of command_core, all from the environment that `config.sh` gives. */
export interface Settings {
  readonly license_id: string;
  readonly master_hostname: string;
  readonly db_path: string;
  readonly base_port: number;
  readonly bind_addr: string;
  readonly instance_dir: string;
  readonly install_dir: string;
  /** silence after which a running job counts as lost */
  readonly heartbeat_s: number;
  /** time that a launched job has to report in */
  readonly launch_timeout_s: number;
  /** pause between two questions to the scheduler of a cluster */
  readonly cluster_poll_s: number;
  /** time that a job which its cluster has ended has to be heard of, or to leave its outcome in its directory */
  readonly cluster_grace_s: number;
  /** upper bound of the memory that a job is told to stay below, MB; null: only its RAM slots count */
  readonly job_memory_mb: number | null;
}

type Env = Readonly<Record<string, string | undefined>>;

const LOOPBACK_NAMES = new Set(['localhost', 'localhost.localdomain', '127.0.0.1', '::1']);

/** @throws CsError `CS_SETTING` naming the variable, the value found and what is wanted */
export function readSettings(env: Env): Settings {
  const master_hostname = required(env, 'CRYOSPARC_MASTER_HOSTNAME');
  const instance_dir = env['CRYOSPARC_INSTANCE_DIR'] || INSTALL_DIR;
  return {
    license_id: required(env, 'CRYOSPARC_LICENSE_ID'),
    master_hostname,
    db_path: required(env, 'CRYOSPARC_DB_PATH'),
    base_port: numberOf(env, 'CRYOSPARC_BASE_PORT', 38000, 1, 65000),
    bind_addr: env['CRYOSPARC_BIND_ADDR'] || (LOOPBACK_NAMES.has(master_hostname) ? '127.0.0.1' : '0.0.0.0'),
    instance_dir,
    install_dir: env['CRYOSPARC_INSTALL_DIR'] || INSTALL_DIR,
    heartbeat_s: numberOf(env, 'CRYOSPARC_HEARTBEAT_SECONDS', 180, 1, 86400),
    launch_timeout_s: numberOf(env, 'CRYOSPARC_JOB_LAUNCH_TIMEOUT', 60, 1, 3600),
    cluster_poll_s: numberOf(env, 'CRYOSPARC_CLUSTER_POLL_SECONDS', 10, 0.1, 3600),
    cluster_grace_s: numberOf(env, 'CRYOSPARC_CLUSTER_GRACE_SECONDS', 30, 0, 3600),
    job_memory_mb: env['CRYOSPARC_JOB_MEMORY_MB'] ? numberOf(env, 'CRYOSPARC_JOB_MEMORY_MB', 8000, 100, 1e8) : null,
  };
}

/** Port of the API of command_core. */
export function apiPort(settings: Settings): number {
  return settings.base_port + 2;
}

/** Whether a name means the machine that command_core runs on. */
export function isOwnHost(settings: Settings, hostname: string): boolean {
  const own = [settings.master_hostname, osHostname()];
  return LOOPBACK_NAMES.has(hostname) || own.includes(hostname) || own.some((name) => name.split('.')[0] === hostname);
}

/** Settings as users may see them: the license id, which lets machines join, is left out. */
export function publicSettings(env: Env): Record<string, string> {
  const secret = new Set(['CRYOSPARC_LICENSE_ID']);
  const shown = Object.entries(env).filter(([name]) => name.startsWith('CRYOSPARC_') && !secret.has(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, value ?? '']));
}

function required(env: Env, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new CsError('input', 'CS_SETTING', `${name} is not set. It belongs in config.sh of the instance directory.`, {
    name,
  });
}

function numberOf(env: Env, name: string, fallback: number, low: number, high: number): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= low && value <= high) return value;
  throw new CsError('input', 'CS_SETTING', `${name} is "${text}"; wanted a number from ${low} to ${high}.`, {
    name,
    value: text,
  });
}
