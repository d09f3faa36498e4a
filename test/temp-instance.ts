import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { freeBasePort } from '../src/cli/free-ports.ts';
import { INSTALL_DIR } from '../src/host/version.ts';
import type { SupervisorState } from '../src/master/supervisor/supervisor.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A master of its own in a temporary directory, on free loopback ports, driven through `bin/`. */
export class TempInstance {
  readonly dir: string;
  readonly db_path: string;
  readonly base_port: number;
  readonly env: NodeJS.ProcessEnv;
  private readonly root: string;

  private constructor(root: string, base_port: number, db_path: string) {
    this.root = root;
    this.dir = `${root}/instance`;
    this.base_port = base_port;
    this.db_path = db_path;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CRYOSPARC_'));
    this.env = { ...Object.fromEntries(inherited), CRYOSPARC_INSTANCE_DIR: this.dir };
  }

  /** @param options.db_path database directory, for instances that share one; @param options.settings further settings */
  static async create(options: { db_path?: string; settings?: Record<string, string> } = {}): Promise<TempInstance> {
    const root = mkdtempSync(`${tmpdir()}/instance-`);
    const instance = new TempInstance(root, await freeBasePort(), options.db_path ?? `${root}/database`);
    mkdirSync(instance.dir);
    mkdirSync(instance.projects_dir);
    mkdirSync(instance.db_path, { recursive: true });
    const settings = {
      CRYOSPARC_LICENSE_ID: `test-${process.pid}`,
      CRYOSPARC_MASTER_HOSTNAME: 'localhost',
      CRYOSPARC_BASE_PORT: String(instance.base_port),
      CRYOSPARC_DB_PATH: instance.db_path,
      ...options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `export ${name}='${value}'\n`);
    writeFileSync(`${instance.dir}/config.sh`, lines.join(''), { mode: 0o600 });
    return instance;
  }

  /** A directory below which tests may create projects. */
  get projects_dir(): string {
    return `${this.root}/projects`;
  }

  get url(): string {
    return `http://localhost:${this.base_port}`;
  }

  get admin_token(): string {
    return readFileSync(`${this.dir}/run/admin.token`, 'utf8').trim();
  }

  supervisorState(): SupervisorState {
    return JSON.parse(readFileSync(`${this.dir}/run/supervisor.json`, 'utf8')) as SupervisorState;
  }

  cryosparcm(...args: string[]): Promise<Ended> {
    return this.run('cryosparcm', args);
  }

  /** Make this machine a worker of the instance, without GPUs. @param ssd options about its SSD */
  connectWorker(ssd: readonly string[] = ['--nossd']): Promise<Ended> {
    const at = ['--worker', 'localhost', '--master', 'localhost', '--port', String(this.base_port)];
    return this.run('cryosparcw', ['connect', ...at, '--nogpu', ...ssd]);
  }

  /** Stop it, if it runs, and delete all its files. */
  async remove(): Promise<void> {
    await this.cryosparcm('stop');
    rmSync(this.root, { recursive: true, force: true });
  }

  private async run(program: string, args: readonly string[]): Promise<Ended> {
    const child = spawn(`${INSTALL_DIR}/bin/${program}`, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status: child.exitCode, stdout, stderr };
  }
}
