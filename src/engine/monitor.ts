import { appendFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { asCsError } from '../base/errors.ts';
import { writeFileAtomic } from '../host/fs-atomic.ts';
import { failed, outcomeOfDeath } from './death.ts';
import { EventLog } from './event-log.ts';
import { KILLED } from './job-error.ts';
import { JobProcess } from './job-process.ts';
import { readLaunchFile } from './launch-file.ts';
import { type Answer, MasterLink } from './master-link.ts';
import type { Claim, MainMessage, Outcome } from './messages.ts';
import { pause } from './pause.ts';
import { PendingEvents } from './pending-events.ts';

/** How long the outcome is offered to a master that is away. */
const DAY_MS = 24 * 3600 * 1000;

export interface MonitorOptions {
  readonly project_uid: string;
  readonly job_uid: string;
  /** default `<job_dir>/.launch.json` */
  readonly launch_file: string;
  /** directory of job types other than the installation's own, as file URL */
  readonly jobs_url?: string;
}

/** `lost`: the master did not take the outcome (it withdrew the launch, or was away for too long). */
export type MonitorResult = Outcome['status'] | 'lost';

/**
 * Run one launched job to its end: claim it, fork main, send heartbeats with its events, kill it when the master says
 * so, and tell the outcome until it is acknowledged. The outcome also stands in `<job_dir>/.finish.json`.
 *
 * @throws CsError when the job could not be claimed; nothing was started then
 */
export async function runMonitor(options: MonitorOptions): Promise<MonitorResult> {
  const launch = readLaunchFile(options.launch_file, options.project_uid, options.job_uid);
  const master = new MasterLink(launch);
  const claim = await master.claim();
  rmSync(options.launch_file, { force: true });
  rmSync(`${claim.job_dir}/.finish.json`, { force: true });
  return await new Monitor(master, claim, options.jobs_url).run();
}

const STOPPED =
  'The job was stopped from outside by SIGTERM or SIGINT: a shutdown of the machine or the instance, the limit of a batch system, or an administrator.';

class Monitor {
  private readonly master: MasterLink;
  private readonly claim: Claim;
  private readonly jobs_url: string | undefined;
  private readonly events_path: string;
  private readonly pending = new PendingEvents();
  private progress: { fraction: number; text: string } | null = null;
  private tile: string | null = null;
  private killed = false;
  /** the master knows this launch no more */
  private withdrawn = false;
  private away = false;
  /** signal that asked this monitor to stop */
  private readonly stop = new AbortController();

  constructor(master: MasterLink, claim: Claim, jobs_url: string | undefined) {
    this.master = master;
    this.claim = claim;
    this.jobs_url = jobs_url;
    this.events_path = `${claim.job_dir}/events.jsonl`;
  }

  async run(): Promise<MonitorResult> {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => this.stop.abort());
    // the launcher's terminal or ssh connection may go away, the job stays
    process.on('SIGHUP', () => {});
    let outcome: Outcome;
    try {
      const job = await JobProcess.start(this.claim, this.jobs_url, (message) => this.hear(message));
      await this.follow(job);
      if (this.withdrawn) return 'lost';
      outcome = await this.outcomeOf(job);
    } catch (error) {
      const { kind, code, message } = asCsError(error);
      outcome = failed(kind, code, message);
      this.appendEvent('error', message);
    }
    return await this.finish(outcome);
  }

  private hear(message: MainMessage): void {
    if (message.type === 'tile') this.tile = message.path;
    if (message.type !== 'event') return;
    this.pending.add(message.event);
    if (message.event.type === 'progress') {
      this.progress = { fraction: message.event.fraction, text: message.event.text };
    }
  }

  private get ending(): boolean {
    return this.killed || this.withdrawn || this.stop.signal.aborted;
  }

  /** Heartbeats, until main has told its outcome, is gone, or is to be ended. */
  private async follow(job: JobProcess): Promise<void> {
    const wake = new AbortController();
    void job.exited.then(() => wake.abort());
    const wakeups = AbortSignal.any([wake.signal, this.stop.signal]);
    const interval_ms = Math.min(1000, this.claim.heartbeat_s * 300);
    while (!wake.signal.aborted && !job.outcome && !this.ending) {
      job.noteMemory();
      await this.report();
      if (!this.ending) await pause(interval_ms, wakeups);
    }
    if (this.ending) await job.kill();
    await job.sweep();
  }

  private async report(): Promise<Answer> {
    const events = this.pending.take();
    if (events.length > 0) await this.flushToDisk();
    const answer = await this.master.report({
      running: true,
      progress: this.progress,
      events,
      ui_tile_image: this.tile,
    });
    switch (answer.kind) {
      case 'ok':
        if (this.away) this.note('The master answers again.');
        this.away = false;
        this.killed ||= answer.kill;
        break;
      case 'unreachable':
        this.pending.putBack(events);
        this.noteAway(answer.error);
        break;
      case 'rejected':
        // the events stand in the log file; sending them again would be refused again
        this.note(`The master did not take a report: ${answer.error.message}`);
        break;
      case 'refused':
        this.note(`The master has withdrawn this launch: ${answer.error.message}`);
        this.withdrawn = true;
    }
    return answer;
  }

  private noteAway(error: Error): void {
    if (!this.away) this.note(`${error.message} It will be tried again.`);
    this.away = true;
  }

  /** The event log is on disk (also for readers on other machines) before the master hears of its events. */
  private async flushToDisk(): Promise<void> {
    try {
      const file = await open(this.events_path, 'r+');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      this.note(`Cannot flush ${this.events_path}: ${asCsError(error).message}`);
    }
  }

  private async outcomeOf(job: JobProcess): Promise<Outcome> {
    const told = job.outcome;
    // a job that was done before the request reached it stays done
    if (told && told.status !== 'killed') return told;
    if (this.killed) {
      this.appendEvent('warning', KILLED.message);
      return { status: 'killed', errors: [], outputs: told?.outputs ?? [] };
    }
    const outcome =
      told || this.stop.signal.aborted
        ? failed('external', 'CS_STOPPED', STOPPED)
        : outcomeOfDeath(await job.exited, job.peak_mb, this.claim.memory_mb, `${this.claim.job_dir}/job.log`);
    for (const { message } of outcome.errors) this.appendEvent('error', message);
    return { ...outcome, outputs: told?.outputs ?? [] };
  }

  private async finish(outcome: Outcome): Promise<MonitorResult> {
    try {
      writeFileAtomic(`${this.claim.job_dir}/.finish.json`, `${JSON.stringify(outcome)}\n`);
    } catch (error) {
      this.note(asCsError(error).message);
    }
    const giveUp = this.stopSoon();
    const end = Date.now() + DAY_MS;
    for (let pause_ms = 500; ; pause_ms = Math.min(pause_ms * 2, 30_000)) {
      const answer = (await this.tellPending()) ?? (await this.master.finish(outcome, giveUp));
      if (answer.kind === 'ok') return outcome.status;
      if (answer.kind !== 'unreachable' || giveUp.aborted || Date.now() > end) {
        this.note(`The master did not take the outcome "${outcome.status}": ${answer.error.message}`);
        return 'lost';
      }
      this.noteAway(answer.error);
      await pause(pause_ms, giveUp);
    }
  }

  /** The last events, before the outcome. @returns why they could not be told, or null */
  private async tellPending(): Promise<Exclude<Answer, { kind: 'ok' }> | null> {
    while (this.pending.size > 0) {
      const answer = await this.report();
      if (answer.kind === 'unreachable' || answer.kind === 'refused') return answer;
    }
    return null;
  }

  /** A monitor that was told to stop has 5 s to deliver the outcome; it also stands in its file. */
  private stopSoon(): AbortSignal {
    const soon = new AbortController();
    const arm = (): void => void setTimeout(() => soon.abort(), 5000).unref();
    if (this.stop.signal.aborted) arm();
    else this.stop.signal.addEventListener('abort', arm);
    return soon.signal;
  }

  /** An event in the job's name, after main has gone. A log that cannot be written does not change the outcome. */
  private appendEvent(type: 'warning' | 'error', text: string): void {
    try {
      const log = new EventLog(this.events_path, (event) => this.pending.add(event));
      log.append({ type, flags: [], text });
      log.close();
    } catch (error) {
      this.note(asCsError(error).message);
    }
  }

  /** A line of job.log. */
  private note(text: string): void {
    try {
      appendFileSync(`${this.claim.job_dir}/job.log`, `${new Date().toISOString()} monitor: ${text}\n`);
    } catch {
      // a full disk or a removed directory: the outcome is told all the same
    }
  }
}
