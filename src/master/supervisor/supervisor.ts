import type { ErrorBody } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import type { ProcessId } from '../../host/process-tree.ts';
import { ManagedProcess, type ProcessStatus, type Program, type RestartPolicy } from './managed-process.ts';
import { RotatingLog } from './rotating-log.ts';

/** `run/supervisor.json`: who supervises, and how its processes are. */
export interface SupervisorState {
  readonly supervisor: ProcessId & { readonly hostname: string; readonly version: string; readonly started_at: string };
  readonly processes: readonly ProcessStatus[];
}

export interface SupervisorOptions {
  readonly run_dir: string;
  readonly policy: RestartPolicy;
  readonly self: SupervisorState['supervisor'];
  readonly log: RotatingLog;
}

/** Keeps a list of programs running, each started when the one before it is ready; stops them the other way round. */
export class Supervisor {
  private readonly processes: ManagedProcess[];
  private readonly options: SupervisorOptions;
  private readonly waiting = new Set<() => void>();
  private lastStates = '';
  private stopped = false;

  constructor(programs: readonly Program[], options: SupervisorOptions) {
    this.options = options;
    this.processes = programs.map((program) => {
      const output = new RotatingLog(`${options.run_dir}/${program.name}.log`);
      return new ManagedProcess(program, options.policy, {
        changed: () => this.changed(),
        output: (chunk) => output.write(chunk),
      });
    });
  }

  status(): ProcessStatus[] {
    return this.processes.map((p) => p.status());
  }

  /**
   * Start all, in order.
   * @returns why the first that ended before it was ready did so (what follows it is then not started), else null
   */
  async start(): Promise<ErrorBody | null> {
    for (const process of this.processes) {
      if (this.stopped)
        return { kind: 'conflict', code: 'CS_STOPPED', message: 'The instance was stopped while it started.' };
      process.start();
      const status = await this.settled(process);
      if (status.state !== 'RUNNING') return process.failure() ?? didNotStart(status);
    }
    return null;
  }

  /** Stop all, for good. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.stopAll();
  }

  private async stopAll(): Promise<void> {
    for (const process of this.processes.toReversed()) await process.stop();
  }

  /** Stop and start again; a program that then fails is restarted like any other. */
  async restart(): Promise<void> {
    await this.stopAll();
    for (const process of this.processes) {
      if (this.stopped) return;
      process.start();
      await this.settled(process);
    }
  }

  private settled(process: ManagedProcess): Promise<ProcessStatus> {
    return new Promise((resolve) => {
      const look = (): void => {
        const status = process.status();
        if (status.state === 'STARTING') return;
        this.waiting.delete(look);
        resolve(status);
      };
      this.waiting.add(look);
      look();
    });
  }

  private changed(): void {
    const processes = this.status();
    const states = processes.map((p) => `${p.name} ${p.state}${p.message === '' ? '' : ` (${p.message})`}`).join(', ');
    if (states !== this.lastStates) this.options.log.line('INFO', states);
    this.lastStates = states;
    const state: SupervisorState = { supervisor: this.options.self, processes };
    try {
      writeFileAtomic(`${this.options.run_dir}/supervisor.json`, `${JSON.stringify(state, null, 1)}\n`);
    } catch (error) {
      // the file informs only; a full disk must not stop the supervision
      this.options.log.line('ERROR', `Cannot write supervisor.json: ${(error as Error).message}`);
    }
    for (const look of this.waiting) look();
  }
}

function didNotStart({ name, message }: ProcessStatus): ErrorBody {
  return { kind: 'external', code: 'CS_START', message: `${name} did not start: ${message}` };
}
