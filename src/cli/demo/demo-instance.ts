import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { CsError } from '../../base/errors.ts';
import { INSTALL_DIR } from '../../host/version.ts';
import { freeBasePort } from '../free-ports.ts';
import { Instance } from '../instance.ts';

/** The demo's own instance: in a temporary directory, on free ports of loopback, made and driven by our own commands. */
export class DemoInstance {
  readonly root: string;
  readonly email = 'demo@localhost.localdomain';
  readonly password = randomBytes(9).toString('base64url');
  readonly url: string;
  /** its API, once it runs */
  readonly api: Instance;
  private readonly env: NodeJS.ProcessEnv;
  private readonly base_port: number;

  private constructor(root: string, base_port: number) {
    this.root = root;
    this.base_port = base_port;
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CRYOSPARC_'));
    this.env = { ...Object.fromEntries(inherited), CRYOSPARC_INSTANCE_DIR: this.instance_dir };
    this.url = `http://localhost:${base_port}`;
    this.api = Instance.open({
      ...this.env,
      CRYOSPARC_INSTALL_DIR: INSTALL_DIR,
      CRYOSPARC_LICENSE_ID: 'demo',
      CRYOSPARC_MASTER_HOSTNAME: 'localhost',
      CRYOSPARC_BASE_PORT: String(base_port),
      CRYOSPARC_DB_PATH: `${this.instance_dir}/database`,
    });
  }

  static async create(): Promise<DemoInstance> {
    const instance = new DemoInstance(mkdtempSync(`${tmpdir()}/cryosparc-demo-`), await freeBasePort());
    mkdirSync(instance.projects_dir);
    return instance;
  }

  get instance_dir(): string {
    return `${this.root}/instance`;
  }

  get projects_dir(): string {
    return `${this.root}/projects`;
  }

  /** Install, start, connect this machine as a worker, create the user. */
  async start(signal: AbortSignal): Promise<void> {
    const root = process.getuid?.() === 0 ? ['--allowroot'] : [];
    const at = ['--hostname', 'localhost', '--port', String(this.base_port), '--license', 'demo'];
    const where = ['--instance-dir', this.instance_dir, '--yes', '--nopath', '--standalone', '--nossd'];
    await this.run(`${INSTALL_DIR}/install.sh`, [...root, ...at, ...where], signal);
    const user = ['--email', this.email, '--password', this.password, '--firstname', 'Demo'];
    await this.run(`${INSTALL_DIR}/bin/cryosparcm`, ['createuser', ...user], signal);
  }

  /** Stop everything and delete all files. */
  async remove(): Promise<void> {
    await this.run(`${INSTALL_DIR}/bin/cryosparcm`, ['stop']).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
    });
    rmSync(this.root, { recursive: true, force: true });
  }

  /** How somebody gets rid of an instance that was kept. */
  removalHint(): string {
    return `CRYOSPARC_INSTANCE_DIR=${this.instance_dir} ${INSTALL_DIR}/bin/cryosparcm stop && rm -rf ${this.root}`;
  }

  /** Run one of our commands quietly; what it said is shown when it fails. */
  private async run(program: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
    const options = { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] as const };
    // a group of its own: Ctrl-C reaches the demo alone, which then ends everything in order
    const child = spawn(program, args, { ...options, stdio: [...options.stdio], detached: true });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    const abort = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    };
    signal?.addEventListener('abort', abort, { once: true });
    // `exit`, not `close`: the supervisor that `start` leaves behind may still hold the pipe
    const [status] = (await once(child, 'exit')) as [number | null];
    signal?.removeEventListener('abort', abort);
    signal?.throwIfAborted();
    if (status === 0) return;
    throw new CsError('external', 'CS_DEMO', `${program} ${args[0]} failed:\n${Buffer.concat(said).toString().trim()}`);
  }
}
