import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { CsError } from '../base/errors.ts';
import { callApi, isTransportError, type CallOptions } from '../host/http-client.ts';
import { isAlive } from '../host/process-tree.ts';
import { apiPort, readSettings, type Settings } from '../master/settings.ts';
import type { SupervisorState } from '../master/supervisor/supervisor.ts';
import type { ApiInput, ApiName, ApiOutput } from '../schema/api.ts';

/** An installed master instance as `cryosparcm` sees it: its settings, its directory, and its API while it runs. */
export class Instance {
  readonly settings: Settings;
  readonly run_dir: string;

  private constructor(settings: Settings) {
    this.settings = settings;
    this.run_dir = `${settings.instance_dir}/run`;
  }

  /** @throws CsError `input` when there is no instance yet, or one of its settings is wrong */
  static open(env: NodeJS.ProcessEnv): Instance {
    const dir = env['CRYOSPARC_INSTANCE_DIR'] ?? '';
    if (!env['CRYOSPARC_LICENSE_ID'] && !existsSync(`${dir}/config.sh`)) {
      throw new CsError(
        'input',
        'CS_NOT_INSTALLED',
        `There is no instance in ${dir} (no config.sh). Create it with ${env['CRYOSPARC_INSTALL_DIR'] ?? '.'}/install.sh, or name another directory in CRYOSPARC_INSTANCE_DIR.`,
        { instance_dir: dir },
      );
    }
    return new Instance(readSettings(env));
  }

  /** Address of the web application, for people. */
  get url(): string {
    return `http://${this.settings.master_hostname}:${this.settings.base_port}`;
  }

  /** Address of the web application, for this machine: a host name need not lead back to it. */
  get local_url(): string {
    return `http://${this.local_address}:${this.settings.base_port}`;
  }

  /** The supervisor and its processes as last written; null when it never ran. */
  supervisorState(): SupervisorState | null {
    try {
      return JSON.parse(readFileSync(`${this.run_dir}/supervisor.json`, 'utf8')) as SupervisorState;
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError;
      if (missing) return null;
      throw new CsError(
        'external',
        'CS_STATE_FILE',
        `Cannot read ${this.run_dir}/supervisor.json: ${(error as Error).message}.`,
      );
    }
  }

  /** The supervisor that runs now on this machine, or null. */
  runningSupervisor(): SupervisorState['supervisor'] | null {
    const supervisor = this.supervisorState()?.supervisor;
    return supervisor?.hostname === hostname() && isAlive(supervisor) ? supervisor : null;
  }

  /** Name of the other machine on which this instance was last started, or null. */
  startedElsewhere(): string | null {
    const host = this.supervisorState()?.supervisor.hostname ?? null;
    return host === hostname() ? null : host;
  }

  /** Call command_core as the administrator of this instance. @throws CsError its answer, or `CS_NOT_RUNNING` */
  async call<K extends ApiName>(name: K, input: ApiInput<K>, options: CallOptions = {}): Promise<ApiOutput<K>> {
    const base_url = `http://${this.local_address}:${apiPort(this.settings)}`;
    try {
      const headers = { ...options.headers, authorization: `Bearer ${this.adminToken()}` };
      return await callApi(base_url, name, input, { ...options, headers });
    } catch (error) {
      if (!isTransportError(error)) throw error;
      throw this.notRunning(error);
    }
  }

  private get local_address(): string {
    const { bind_addr } = this.settings;
    return bind_addr === '0.0.0.0' ? '127.0.0.1' : bind_addr;
  }

  private adminToken(): string {
    const path = `${this.run_dir}/admin.token`;
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw this.notRunning(error);
      throw new CsError(
        'denied',
        'CS_ADMIN_TOKEN',
        `Cannot read ${path}: ${message}. Run cryosparcm as the user that started the instance.`,
        { path },
        error,
      );
    }
  }

  private notRunning(cause: unknown): CsError {
    const elsewhere = this.startedElsewhere();
    const hint =
      elsewhere === null
        ? 'Start it with "cryosparcm start", or see "cryosparcm log command_core".'
        : `It was last started on ${elsewhere}: use cryosparcm there.`;
    return new CsError('external', 'CS_NOT_RUNNING', `The instance does not answer. ${hint}`, {}, cause);
  }
}
