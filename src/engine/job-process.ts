import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CsError } from '../base/errors.ts';
import { fileError } from '../host/fs-errors.ts';
import { peakMemory_mb } from '../host/memory.ts';
import { killTree, processIdentity, type TreeMark } from '../host/process-tree.ts';
import type { Claim, MainMessage, Outcome, StartMessage } from './messages.ts';
import { pause } from './pause.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Time that a job has to end by itself after SIGTERM, ms. */
const GRACE_MS = 5000;
/** Time that main has to exit after it told its outcome, ms. */
const EXIT_MS = 10_000;
/** Time for the channel to close after main has exited, ms. */
const CLOSE_MS = 1000;

/** How main ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The process of a job (`main.ts`) with all that it starts, as its monitor holds it. */
export class JobProcess {
  /** settles when main is gone; it never rejects */
  readonly exited: Promise<Exit>;
  outcome: Outcome | null = null;
  peak_mb = 0;

  private readonly child: ChildProcess;
  private readonly mark: TreeMark;

  /**
   * Start main in a session and process group of its own, its output appended to `<job_dir>/job.log`.
   * @throws CsError when the log cannot be opened or the process not started
   */
  static async start(
    claim: Claim,
    jobs_url: string | undefined,
    onMessage: (m: MainMessage) => void,
  ): Promise<JobProcess> {
    const log = openLog(`${claim.job_dir}/job.log`);
    const name = 'CRYOSPARC_RUN_ID';
    const id = randomUUID();
    const { CRYOSPARC_LICENSE_ID: _secret, ...environment } = process.env;
    const heap_mb = Math.max(1024, Math.round(claim.memory_mb));
    try {
      const child = spawn(process.execPath, [`--max-old-space-size=${heap_mb}`, MAIN], {
        cwd: claim.job_dir,
        detached: true,
        stdio: ['ignore', log, log, 'ipc'],
        env: { ...environment, [name]: id },
      });
      await once(child, 'spawn');
      const start: StartMessage = {
        type: 'start',
        claim,
        monitor_pid: process.pid,
        mark: `${name}=${id}`,
        ...(jobs_url === undefined ? {} : { jobs_url }),
      };
      const job = new JobProcess(child, start.mark, onMessage);
      child.send(start, () => {
        // a main that died before it could listen is seen by its exit
      });
      return job;
    } catch (error) {
      const message = `The job's process cannot be started: ${error instanceof Error ? error.message : String(error)}.`;
      throw new CsError('resource', 'CS_SPAWN', message, {}, error);
    } finally {
      closeSync(log);
    }
  }

  private constructor(child: ChildProcess, environment: string, onMessage: (m: MainMessage) => void) {
    const pid = child.pid ?? 0;
    this.child = child;
    this.mark = { root: processIdentity(pid) ?? { pid, start_ticks: 0 }, environment };
    child.on('message', (message: MainMessage) => {
      if (message.type === 'outcome') this.outcome = message.outcome;
      onMessage(message);
    });
    child.on('error', () => {
      // sending or signalling a process that is gone: its exit is what counts
    });
    // 'close' comes after the last message was read from the channel, 'exit' may come before; a process that main
    // started may hold the channel open, then 'close' is not waited for
    this.exited = new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      child.once('exit', (code, signal) => {
        timer = setTimeout(() => resolve({ code, signal }), CLOSE_MS);
      });
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.mark.root.pid;
  }

  /** Note the memory that main has taken at most, for the words about its death. */
  noteMemory(): void {
    this.peak_mb = Math.max(this.peak_mb, peakMemory_mb(this.pid) ?? 0);
  }

  /** End main and all that it started: SIGTERM, 5 s, SIGKILL. */
  async kill(): Promise<void> {
    this.noteMemory();
    await killTree(this.mark, GRACE_MS);
  }

  /** After main's outcome or death: nothing that it started may live on. */
  async sweep(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new AbortController();
      void this.exited.then(() => gone.abort());
      await pause(EXIT_MS, gone.signal);
    }
    await killTree(this.mark, 0);
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o644);
  } catch (error) {
    throw fileError(error, 'Log file', path);
  }
}
