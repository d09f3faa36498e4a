import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAMS = [
  '/usr/sbin/munged',
  '/usr/sbin/slurmctld',
  '/usr/sbin/slurmd',
  '/usr/bin/sbatch',
  '/usr/sbin/mungekey',
];

/** For `test(name, { skip: withoutSlurm() })`: false where SLURM is installed, else the reason to skip. */
export function withoutSlurm(): false | string {
  const missing = PROGRAMS.filter((path) => !existsSync(path));
  if (missing.length > 0) return `not installed: ${missing.join(', ')} (Debian: slurm-wlm, munge)`;
  return userInfo().uid === 0 ? false : 'slurmd runs other programs only as root';
}

/** A SLURM of one node with its state in a temporary directory, on free loopback ports. */
export class TempSlurm {
  readonly dir: string;
  /** to be in the environment of all that talks to it */
  readonly conf: string;
  private daemons: ChildProcess[] = [];

  private constructor(dir: string) {
    this.dir = dir;
    this.conf = `${dir}/slurm.conf`;
  }

  static async start(): Promise<TempSlurm> {
    const slurm = new TempSlurm(mkdtempSync(`${tmpdir()}/slurm-`));
    try {
      await slurm.boot();
    } catch (error) {
      const logs = slurm.logs();
      slurm.stop();
      throw new Error(`SLURM does not start: ${String(error)}\n${logs}`, { cause: error });
    }
    return slurm;
  }

  private async boot(): Promise<void> {
    const { dir } = this;
    chmodSync(dir, 0o755);
    for (const name of ['state', 'spool', 'munge']) mkdirSync(`${dir}/${name}`, { mode: 0o755 });
    execFileSync('/usr/sbin/mungekey', ['--create', `--keyfile=${dir}/munge/key`]);
    chmodSync(`${dir}/munge/key`, 0o600);
    const socket = `${dir}/munge/socket`;
    const munge = ['--foreground', '--force', `--key-file=${dir}/munge/key`, `--socket=${socket}`];
    munge.push(`--pid-file=${dir}/munge/pid`, `--log-file=${dir}/munge/log`, `--seed-file=${dir}/munge/seed`);
    this.daemon('/usr/sbin/munged', munge);
    const name = hostname().split('.')[0] ?? '';
    const [control, node] = await freePorts(2);
    const user = userInfo().username;
    writeFileSync(
      this.conf,
      `ClusterName=test
SlurmctldHost=${name}(127.0.0.1)
SlurmUser=${user}
SlurmdUser=${user}
SlurmctldPort=${control}
SlurmdPort=${node}
AuthType=auth/munge
AuthInfo=socket=${socket}
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
StateSaveLocation=${dir}/state
SlurmdSpoolDir=${dir}/spool
SlurmctldPidFile=${dir}/slurmctld.pid
SlurmdPidFile=${dir}/slurmd.pid
SlurmctldLogFile=${dir}/slurmctld.log
SlurmdLogFile=${dir}/slurmd.log
SchedulerParameters=sched_interval=2,batch_sched_delay=0
NodeName=${name} NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes=${name} Default=YES MaxTime=INFINITE State=UP
`,
    );
    await until('the socket of munged', () => existsSync(socket));
    this.daemon('/usr/sbin/slurmctld', ['-D', '-c', '-f', this.conf]);
    this.daemon('/usr/sbin/slurmd', ['-D', '-c', '-f', this.conf]);
    await until(`an idle node (${dir})`, () => /idle/.test(this.run('sinfo', '-h', '-o', '%T').stdout));
  }

  /** A command of SLURM on this instance of it. */
  run(program: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(program, args, {
      env: { ...process.env, SLURM_CONF: this.conf },
      encoding: 'utf8',
      timeout: 10_000,
    });
  }

  /** End the controller alone: its commands do not get an answer any more. */
  stopController(): void {
    this.daemons.find((d) => d.spawnfile.endsWith('slurmctld'))?.kill('SIGKILL');
  }

  stop(): void {
    if (this.run('scancel', '--signal=KILL', '--full', '--user', userInfo().username).status === 0) {
      this.run('squeue', '-h');
    }
    for (const daemon of this.daemons.toReversed()) daemon.kill('SIGKILL');
    this.daemons = [];
    for (const pid of this.steps()) process.kill(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Processes that run steps of jobs; they outlive the daemons. */
  private steps(): number[] {
    return readdirSync('/proc').flatMap((name) => {
      try {
        if (readFileSync(`/proc/${name}/comm`, 'utf8') !== 'slurmstepd\n') return [];
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`SLURM_CONF=${this.conf}`) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
  }

  /** The ends of the daemons' logs, for a failing test. */
  logs(): string {
    const names = ['slurmctld.log', 'slurmd.log', 'munge/log'].filter((name) => existsSync(`${this.dir}/${name}`));
    return names.map((name) => `${name}:\n${readFileSync(`${this.dir}/${name}`, 'utf8').slice(-2000)}`).join('\n');
  }

  private daemon(program: string, args: string[]): void {
    const env = { ...process.env, SLURM_CONF: this.conf };
    this.daemons.push(spawn(program, args, { stdio: 'ignore', env }));
  }
}

async function until(what: string, ask: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !ask(); await sleep(100)) {
    if (Date.now() > end) throw new Error(`waited 20 s in vain for ${what}`);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
