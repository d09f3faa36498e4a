import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { INSTALL_DIR } from '../../host/version.ts';
import type { JobEvent } from '../../schema/events.ts';
import type { Claim } from '../messages.ts';
import { FakeMaster } from './fake-master.ts';

const JOBS_DIR = fileURLToPath(new URL('./jobs/', import.meta.url));

/** One launched job of type `rehearsal`: a project directory, its master, and `bin/cryosparcw run` as the launcher starts it. */
export class Rehearsal {
  readonly root: string;
  readonly job_dir: string;
  readonly master: FakeMaster;
  /** a path outside of the job directory that the ending may use */
  readonly path: string;
  stderr = '';
  private process: ChildProcess | null = null;
  private exit: Promise<number | null> = Promise.resolve(null);

  private constructor(claim: Partial<Claim>, root: string, job_dir: string) {
    this.root = root;
    this.job_dir = job_dir;
    this.path = `${root}/extra`;
    const { params = {}, ...rest } = claim;
    this.master = new FakeMaster({
      project_uid: 'P1',
      project_dir: root,
      job_uid: 'J2',
      job_dir,
      type: 'rehearsal',
      params: { path: this.path, ...params },
      inputs: {},
      allocation: { lane: 'default', target: 't', hostname: 'h', slots: { CPU: [0], GPU: [], RAM: [0] }, ssd: false },
      heartbeat_s: 1,
      memory_mb: 8000,
      cache_path: null,
      cache_quota_mb: null,
      cache_reserve_mb: 0,
      ...rest,
    });
  }

  static async launch(ending: string, options: { claim?: Partial<Claim>; job_dir?: string } = {}): Promise<Rehearsal> {
    const root = mkdtempSync(`${tmpdir()}/cs-engine-`);
    const job_dir = options.job_dir ?? `${root}/J2`;
    mkdirSync(job_dir, { recursive: true });
    const { params, ...claim } = options.claim ?? {};
    const rehearsal = new Rehearsal({ ...claim, params: { ending, ...params } }, root, job_dir);
    await rehearsal.master.listen();
    rehearsal.writeLaunchFile();
    return rehearsal;
  }

  writeLaunchFile(): void {
    const { url: api_url, token } = this.master;
    const launch = { token, api_url, project_uid: 'P1', job_uid: 'J2' };
    writeFileSync(`${this.job_dir}/.launch.json`, JSON.stringify(launch), { mode: 0o600 });
  }

  start(): ChildProcess {
    const args = ['run', '--project', 'P1', '--job', 'J2', '--master_hostname', '127.0.0.1'];
    args.push(
      '--master_command_core_port',
      String(this.master.port),
      '--job_dir',
      this.job_dir,
      '--jobs_dir',
      JOBS_DIR,
    );
    const child = spawn(`${INSTALL_DIR}/bin/cryosparcw`, args, {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, CRYOSPARC_LICENSE_ID: 'not-for-jobs' },
    });
    child.stderr?.on('data', (text) => (this.stderr += String(text)));
    this.process = child;
    this.exit = once(child, 'close').then(([code]) => code as number | null);
    return child;
  }

  /** Exit status of `cryosparcw run`; null when a signal ended it. */
  async ended(): Promise<number | null> {
    return await this.exit;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** The event log as it stands on disk, the last state of each event. */
  get log(): JobEvent[] {
    const events = new Map<number, JobEvent>();
    for (const line of readFileSync(`${this.job_dir}/events.jsonl`, 'utf8').split('\n').filter(Boolean)) {
      const event = JSON.parse(line) as JobEvent;
      events.set(event.id, event);
    }
    return [...events.values()];
  }

  /** Process numbers that the ending told in its event log. */
  async pids(): Promise<number[]> {
    const told = (): string | undefined =>
      this.master.events.flatMap((e) => (e.type === 'text' ? (/^pids (\[.*\])/.exec(e.text)?.[1] ?? []) : []))[0];
    await this.master.until('the job tells its pids', () => told() !== undefined);
    return JSON.parse(told() ?? '[]') as number[];
  }

  read(name: string): string {
    return existsSync(`${this.job_dir}/${name}`) ? readFileSync(`${this.job_dir}/${name}`, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process?.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await this.exit;
    }
    await this.master.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
