import { fork, type ChildProcess } from 'node:child_process';
import type * as z from 'zod';
import type { ErrorBody } from '../../base/errors.ts';
import type { processStatus } from '../../schema/model.ts';

export type ProcessStatus = z.output<typeof processStatus>;

/**
 * A TypeScript entry point that sends `{ ready: true }` once it serves, or `{ error }` before it exits because it cannot,
 * and that exits when its IPC channel breaks.
 */
export interface Program {
  readonly name: string;
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** time between SIGTERM and SIGKILL */
  readonly stop_ms: number;
}

export interface RestartPolicy {
  /** pause before the first restart; it doubles with every further quick failure */
  readonly first_pause_ms: number;
  readonly longest_pause_ms: number;
  /** a process that ran this long was healthy: its next failure counts as a first one */
  readonly healthy_ms: number;
  /** quick failures in a row after which it is given up */
  readonly give_up_after: number;
  /** time to become ready */
  readonly ready_ms: number;
}

export const RESTART_POLICY: RestartPolicy = {
  first_pause_ms: 500,
  longest_pause_ms: 30_000,
  healthy_ms: 60_000,
  give_up_after: 20,
  ready_ms: 300_000,
};

export interface ProcessEvents {
  /** every change of `status()` */
  changed(): void;
  output(chunk: Uint8Array): void;
}

/** Last words of a process, kept to explain its end. */
const LAST_WORDS_BYTES = 4000;

/** One watched process: started, restarted with growing pauses when it fails, given up after many quick failures. */
export class ManagedProcess {
  readonly program: Program;
  private readonly policy: RestartPolicy;
  private readonly events: ProcessEvents;
  private state: ProcessStatus['state'] = 'STOPPED';
  private since: string | null = null;
  private restarts = 0;
  private failures = 0;
  private message = '';
  private child: ChildProcess | null = null;
  private started_ms = 0;
  private lastWords = '';
  private error: ErrorBody | null = null;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(program: Program, policy: RestartPolicy, events: ProcessEvents) {
    this.program = program;
    this.policy = policy;
    this.events = events;
  }

  status(): ProcessStatus {
    const { state, since, restarts, message } = this;
    return { name: this.program.name, state, pid: this.child?.pid ?? null, since, restarts, message };
  }

  /** Why it last ended, if it could say so itself. */
  failure(): ErrorBody | null {
    return this.error;
  }

  /** Start it, and keep it running from now on. */
  start(): void {
    this.stopping = false;
    this.failures = 0;
    this.spawn();
  }

  /** SIGTERM, after `stop_ms` SIGKILL; resolves when it is gone and will not be restarted. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child !== null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), this.program.stop_ms);
      await gone;
      clearTimeout(timer);
    }
    this.enter('STOPPED', '');
  }

  private spawn(): void {
    const { entry, args = [], env } = this.program;
    const child = fork(entry, [...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child = child;
    this.started_ms = performance.now();
    this.lastWords = '';
    this.error = null;
    child.stdout?.on('data', (chunk: Buffer) => this.hear(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.hear(chunk));
    child.on('message', (message: { ready?: boolean; error?: ErrorBody }) => {
      this.error = message.error ?? null;
      if (message.ready !== true) return;
      clearTimeout(this.timer);
      this.enter('RUNNING', '');
    });
    // `close` comes after the last output; `error` means that there was no process at all
    child.once('close', (code, signal) => this.ended(child, signal ? `killed by ${signal}` : `exit status ${code}`));
    child.once('error', (error) => {
      if (child.pid === undefined) this.ended(child, error.message);
    });
    this.timer = setTimeout(() => child.kill('SIGKILL'), this.policy.ready_ms);
    this.enter('STARTING', this.message);
  }

  private hear(chunk: Buffer): void {
    this.events.output(chunk);
    this.lastWords = (this.lastWords + chunk.toString('utf8')).slice(-LAST_WORDS_BYTES);
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    this.child = null;
    clearTimeout(this.timer);
    if (this.stopping) return;
    const ran_ms = performance.now() - this.started_ms;
    this.failures = ran_ms >= this.policy.healthy_ms ? 1 : this.failures + 1;
    const words = this.error?.message ?? lastLine(this.lastWords);
    this.message = words === '' ? how : `${how}: ${words}`;
    if (this.failures > this.policy.give_up_after) {
      this.enter('FATAL', this.message);
      return;
    }
    const pause_ms = Math.min(this.policy.first_pause_ms * 2 ** (this.failures - 1), this.policy.longest_pause_ms);
    this.timer = setTimeout(() => {
      this.restarts++;
      this.spawn();
    }, pause_ms);
    this.enter('BACKOFF', this.message);
  }

  private enter(state: ProcessStatus['state'], message: string): void {
    if (state !== this.state || this.since === null) this.since = new Date().toISOString();
    this.state = state;
    this.message = message;
    this.events.changed();
  }
}

/** The last line that says something: the error's own words, not the stack below it. */
function lastLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.findLast((line) => line !== '' && !/^\s|^Node\.js v|^}/.test(line)) ?? '';
}
