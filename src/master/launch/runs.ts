import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { asCsError, CsError } from '../../base/errors.ts';
import { isAlive, processIdentity } from '../../host/process-tree.ts';
import { VERSION } from '../../host/version.ts';
import type { ApiInput, ApiOutput } from '../../schema/api.ts';
import { ACTIVE_STATUSES, type Allocation, type Job } from '../../schema/model.ts';
import type { Builder } from '../core/builder.ts';
import type { Bus } from '../core/bus.ts';
import { appendError, readTail } from '../core/job-log.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Clusters } from '../cluster/clusters.ts';
import { ClusterRuns } from '../cluster/cluster-runs.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Lifecycle, Outcome } from '../core/lifecycle.ts';
import type { Projects } from '../core/projects.ts';
import type { Resources } from '../core/resources.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';
import { isOwnHost, type Settings } from '../settings.ts';
import { claimAnswer } from './claim.ts';
import type { Launch, Launches } from './launches.ts';
import { judge, type LiveRun, localMonitor, signalRun } from './live-run.ts';
import { failure, KILLED, readOutcome } from './outcome.ts';
import { Progress, type Report } from './progress.ts';
import { launchOutput, startProcess } from './spawn.ts';

/** Look at processes of this machine, and at silent jobs, this often while there are any. */
const WATCH_MS = 1000;
/** of the outcome of a process that was sent SIGTERM */
const STOPPED_CODE = 'CS_STOPPED';
const SCRIPT_OUTPUT_BYTES = 2000;
const PATIENCE_MS = 10_000;

interface Parts {
  db: Database;
  bus: Bus;
  projects: Projects;
  jobs: Jobs;
  builder: Builder;
  lifecycle: Lifecycle;
  resources: Resources;
  launches: Launches;
  accounts: Accounts;
  clusters: Clusters;
  settings: Settings;
  log: Log;
}

/** Jobs between their launch and their outcome: starting, hearing from, killing and missing them. */
export class Runs {
  private readonly parts: Parts;
  private readonly live = new Map<string, LiveRun>();
  private readonly progress: Progress;
  private readonly onClusters: ClusterRuns;
  private timer: NodeJS.Timeout | null = null;
  private watched_ms = 0;
  private abandoned = false;

  constructor(parts: Parts) {
    this.parts = parts;
    this.progress = new Progress(parts.db, parts.jobs, (error) => parts.log.error('progress is not stored:', error));
    this.onClusters = new ClusterRuns(parts, {
      heard_ms: (launch) => this.heardOf(launch),
      takeOutcome: (launch) => this.takeOutcome(launch),
      logTail: (launch) => this.logTail(launch),
      notStarted: (launch, why) => this.notStartedOnCluster(launch, why),
      ended: (launch, code, message) => this.finish(launch, failure('external', code, message)),
    });
  }

  /** Take up the jobs that ran when this process last stood; each gets a whole heartbeat period to be heard again. */
  resume(): void {
    const open = this.parts.launches.open();
    for (const launch of open) this.takeUp(launch);
    for (const job of this.parts.jobs.live()) {
      if (!ACTIVE_STATUSES.includes(job.status) || this.live.has(keyOf(toRef(job)))) continue;
      const lost = failure('bug', 'CS_LAUNCH_LOST', 'The job was active without a launch.');
      this.parts.lifecycle.end(job.project_uid, job.uid, lost);
    }
  }

  private takeUp(launch: Launch): void {
    this.follow(launch);
    const job = this.parts.jobs.find(launch.project_uid, launch.job_uid);
    const cluster = this.parts.resources.cluster(job?.resources_allocated?.target ?? '');
    const dir = this.jobDir(launch);
    if (!job || !cluster || dir === null) return;
    this.onClusters
      .resume(launch, cluster, job, dir)
      .catch((error: unknown) => this.parts.log.error(`${job.project_uid} ${job.uid} on ${cluster.name}:`, error));
  }

  /** Write down that a job starts on its slots. @returns what starts the process, once that is on disk */
  begin(job: Job, allocation: Allocation): () => void {
    const token = this.parts.launches.create(job.project_uid, job.uid);
    const launched = this.parts.jobs.save({
      ...job,
      status: 'launched',
      queue_status: 'launched',
      queue_message: null,
      resources_allocated: allocation,
      launched_at: new Date().toISOString(),
    });
    return () => {
      const launch = this.parts.launches.byToken(token);
      if (!launch) return;
      const run = this.follow(launch);
      this.start(run, launched, allocation, token).catch((error: unknown) =>
        this.launchFailed(launch, asCsError(error).message),
      );
    };
  }

  /** A job on a cluster can begin before the command that submitted it has told its number: wait for that. */
  async settled(launch: Launch): Promise<Launch> {
    await this.onClusters.settled(launch);
    return this.parts.launches.again(launch) ?? launch;
  }

  /** @throws CsError `CS_LAUNCH_CLAIMED`, `CS_VERSION_MISMATCH` (the job has failed then) */
  claim(launch: Launch, { version, hostname, pid }: ApiInput<'runs.claim'>): ApiOutput<'runs.claim'> {
    const { db, jobs, launches, projects, settings, lifecycle } = this.parts;
    const { project_uid, job_uid } = launch;
    // the same process may ask again: the answer to its first claim may have been lost
    const again = launch.state === 'claimed' && launch.pid === pid && launch.hostname === hostname;
    if (launch.state !== 'launched' && !again) {
      const runs = `runs already on ${launch.hostname} (process ${launch.pid})`;
      const why = launch.state === 'claimed' ? runs : 'has been withdrawn or has ended';
      throw new CsError('conflict', 'CS_LAUNCH_CLAIMED', `This launch of ${project_uid} ${job_uid} ${why}.`);
    }
    if (version !== VERSION) {
      const text = `Worker ${hostname} has version ${version}, the master ${VERSION}. Run "install.sh" of version ${VERSION} on the worker, then "cryosparcw connect --update".`;
      lifecycle.end(project_uid, job_uid, failure('conflict', 'CS_VERSION_MISMATCH', text));
      throw new CsError('conflict', 'CS_VERSION_MISMATCH', text, { worker: version, master: VERSION });
    }
    const job = jobs.require(project_uid, job_uid);
    const project = projects.find(project_uid);
    const allocation = job.resources_allocated;
    if (!project || !allocation) {
      throw new CsError('bug', 'CS_LAUNCH_LOST', `${project_uid} ${job_uid} has no project or no slots.`);
    }
    const answer = this.answerOrFail(() => claimAnswer(this.parts, project, job, allocation), launch);
    if (!again) {
      const onNode = this.parts.resources.target(allocation.target) !== undefined;
      const local = onNode && isOwnHost(settings, allocation.hostname) ? processIdentity(pid) : null;
      db.transaction(() => {
        launches.claim(launch, hostname, pid, local?.start_ticks ?? null);
        jobs.save({
          ...job,
          status: 'started',
          queue_message: null,
          started_at: new Date().toISOString(),
          version_run: version,
        });
      });
      this.follow(launches.current(project_uid, job_uid) ?? launch);
    }
    return answer;
  }

  /** A launch that is over for us is told to kill what still runs of it. */
  report(launch: Launch, report: Report): ApiOutput<'runs.report'> {
    const run = this.live.get(keyOf(launch));
    if (launch.state === 'ended' || !run?.launch.token_hash.equals(launch.token_hash)) return { action: 'kill' };
    run.heard_ms = Date.now();
    const { project_uid, job_uid } = launch;
    const events = report.events ?? [];
    if (events.length > 0) this.parts.bus.jobLogs.send({ project_uid, job_uid, events });
    this.progress.note(launch, report);
    return { action: run.kill_asked_ms === null ? 'continue' : 'kill' };
  }

  /** The outcome, from the job's process, from the file that it left, or ours. The first one counts. */
  finish(launch: Launch, outcome: Outcome): boolean {
    const { project_uid, job_uid } = launch;
    const current = this.parts.launches.current(project_uid, job_uid);
    if (!current?.token_hash.equals(launch.token_hash)) return false;
    this.progress.flush();
    this.parts.lifecycle.end(project_uid, job_uid, outcome);
    if (outcome.status === 'killed') this.onClusters.cancel(launch);
    const stopped = outcome.status === 'failed' && outcome.errors?.[0]?.code === STOPPED_CODE;
    if (stopped && this.live.get(keyOf(launch))?.cluster) this.nameStop(launch);
    else this.onClusters.forget(launch);
    this.live.delete(keyOf(launch));
    if (this.live.size === 0) this.unwatch();
    return true;
  }

  /** Tell a job to stop; if it goes on for `patience_ms`, ask its process, and then end it by force. */
  kill(job: Job, patience_ms = PATIENCE_MS): void {
    const run = this.live.get(keyOf(toRef(job)));
    if (!run) {
      this.parts.lifecycle.end(job.project_uid, job.uid, KILLED);
      return;
    }
    run.kill_asked_ms ??= Date.now();
    run.patience_ms = patience_ms;
    this.parts.launches.requestKill(run.launch);
    if (run.launch.state === 'launched') this.killByForce(run);
  }

  /** Hear and watch no more; the jobs go on and are taken up by `resume` of the next one. */
  abandon(): void {
    this.abandoned = true;
    this.unwatch();
    this.progress.stop();
    this.onClusters.stop();
    this.live.clear();
  }

  /** The instance stops: what runs has failed for that reason, its processes are asked to end. @returns those here */
  stopAll(reason: string): (() => boolean)[] {
    const monitors = [...this.live.values()].map((run) => {
      this.signal(run, 'SIGTERM');
      this.attempt(() => this.finish(run.launch, failure('external', 'CS_INSTANCE_STOPPED', reason)));
      return localMonitor(run.launch);
    });
    this.abandon();
    return monitors.flatMap((monitor) => (monitor ? [() => isAlive(monitor)] : []));
  }

  /** A job that cannot be described to its process has failed, for that reason. */
  private answerOrFail<T>(make: () => T, { project_uid, job_uid }: Launch): T {
    try {
      return make();
    } catch (error) {
      const { kind, code, message } = asCsError(error);
      this.parts.lifecycle.end(project_uid, job_uid, failure(kind, code, message));
      throw error;
    }
  }

  private async start(run: LiveRun, job: Job, allocation: Allocation, token: string): Promise<void> {
    const { resources, settings, projects } = this.parts;
    const target = resources.target(allocation.target);
    const job_dir = this.jobDir(run.launch);
    const cluster = resources.cluster(allocation.target);
    const project = projects.find(job.project_uid);
    if (cluster && project) return this.onClusters.submit(run.launch, cluster, job, project.project_dir, token);
    if (!target || !job_dir) {
      throw new CsError('notFound', 'CS_TARGET_UNKNOWN', `Worker ${allocation.target} is no longer connected.`);
    }
    run.process = await startProcess({ settings, target, job, job_dir, token });
    const code = await run.process.ended;
    run.process = null;
    if (this.abandoned) return;
    const launch = this.parts.launches.current(run.launch.project_uid, run.launch.job_uid);
    if (!launch?.token_hash.equals(run.launch.token_hash)) return;
    if (launch.state === 'launched') {
      await this.launchFailed(launch, `Its process ended with code ${code ?? 'none'} before it took over the job.`);
    } else if (localMonitor(launch)) {
      this.attempt(() => this.monitorGone(launch));
    }
    // over ssh the connection may end while the job goes on: only its silence tells
  }

  private async launchFailed(launch: Launch, why: string): Promise<void> {
    if (this.abandoned) return;
    const dir = this.jobDir(launch);
    const output = dir === null ? '' : await launchOutput(dir);
    const message = `The job could not be started. ${why} ${output}`.trim();
    this.attempt(() => {
      const ours = this.finish(launch, failure('external', 'CS_LAUNCH_FAILED', message));
      if (!ours || dir === null) return;
      rmSync(join(dir, '.launch.json'), { force: true });
      appendError(dir, message).catch((error: unknown) =>
        this.parts.log.warn(`event log of ${launch.job_uid}: ${asCsError(error).message}`),
      );
    });
  }

  private async logTail(launch: Launch): Promise<string> {
    const dir = this.jobDir(launch);
    return dir === null ? '' : readTail(join(dir, 'job.log'), SCRIPT_OUTPUT_BYTES).catch(() => '');
  }

  /** The cluster told it to stop: its owner wants to know why, not by which signal. */
  private nameStop(launch: Launch): void {
    const { project_uid, job_uid } = launch;
    const name = async (): Promise<void> => {
      const why = await this.onClusters.whyStopped(launch);
      const job = this.parts.jobs.find(project_uid, job_uid);
      // it may have been cleared and run again meanwhile
      if (!why || this.abandoned || job?.status !== 'failed' || job.errors_run[0]?.code !== STOPPED_CODE) return;
      this.parts.jobs.save({ ...job, errors_run: [{ kind: 'external', ...why }] });
    };
    name()
      .catch((error: unknown) => this.parts.log.warn(`${project_uid} ${job_uid}: ${asCsError(error).message}`))
      .finally(() => this.onClusters.forget(launch));
  }

  /** What its script printed before our process took over stands in the job's log. */
  private async notStartedOnCluster(launch: Launch, why: string): Promise<void> {
    const log = await this.logTail(launch);
    await this.launchFailed(launch, log.trim() === '' ? why : `${why} Its log ends with: ${log.trim()}`);
  }

  /** The monitor of a claimed job does not exist any more: its outcome may stand in its file. */
  private monitorGone(launch: Launch): void {
    if (this.takeOutcome(launch)) return;
    const text = `The job's process ${launch.pid} on ${launch.hostname} is gone; it was killed, or the machine restarted.`;
    this.finish(launch, failure('external', 'CS_MONITOR_GONE', text));
  }

  /** End a job with the outcome that stands in its directory. @returns whether there was one */
  private takeOutcome(launch: Launch): boolean {
    const dir = this.jobDir(launch);
    const outcome = dir === null ? null : readOutcome(join(dir, '.finish.json'));
    return outcome !== null && this.finish(launch, outcome);
  }

  /** When the process of a launch was last heard of; null: not yet, undefined: the launch is over. */
  private heardOf(launch: Launch): number | null | undefined {
    const run = this.live.get(keyOf(launch));
    if (!run?.launch.token_hash.equals(launch.token_hash)) return undefined;
    return run.launch.state === 'launched' ? null : run.heard_ms;
  }

  /** A job on a cluster that is not heard of any more: its outcome may have reached its directory, or the scheduler knows. */
  private async lostOnCluster(launch: Launch, fallback: string): Promise<void> {
    const known = await this.onClusters.reasonOf(launch).catch(() => null);
    if (this.abandoned || this.heardOf(launch) === undefined || this.takeOutcome(launch)) return;
    this.onClusters.cancel(launch);
    this.finish(launch, failure('external', known?.code ?? 'CS_HEARTBEAT_LOST', known?.message ?? fallback));
  }

  private follow(launch: Launch): LiveRun {
    const old = this.live.get(keyOf(launch));
    const same = old?.launch.token_hash.equals(launch.token_hash) ? old : null;
    const now_ms = Date.now();
    const target = this.parts.jobs.find(launch.project_uid, launch.job_uid)?.resources_allocated?.target;
    const run: LiveRun = same ?? {
      launch,
      cluster: this.parts.resources.cluster(target ?? '') !== undefined,
      process: null,
      heard_ms: 0,
      kill_asked_ms: null,
      patience_ms: PATIENCE_MS,
      done: null,
    };
    run.launch = launch;
    run.heard_ms = now_ms;
    if (launch.kill_requested) run.kill_asked_ms ??= now_ms;
    this.live.set(keyOf(launch), run);
    this.watched_ms = now_ms;
    this.timer ??= setInterval(() => this.attempt(() => this.watch()), WATCH_MS);
    return run;
  }

  private unwatch(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private watch(): void {
    const now_ms = Date.now();
    // if this process or the machine stood still, the jobs could not be heard: that time does not count
    const still_ms = now_ms - this.watched_ms - WATCH_MS;
    this.watched_ms = now_ms;
    for (const run of this.live.values()) {
      if (still_ms > WATCH_MS) run.heard_ms += still_ms;
      const verdict = judge(run, now_ms, this.parts.settings);
      if (verdict === run.done) continue;
      run.done = verdict;
      this.act(run, verdict, now_ms);
    }
  }

  private act(run: LiveRun, verdict: ReturnType<typeof judge>, now_ms: number): void {
    const { heartbeat_s, launch_timeout_s } = this.parts.settings;
    const { launch } = run;
    switch (verdict) {
      case 'late':
        this.signal(run, 'SIGKILL');
        void this.launchFailed(launch, `It did not report within ${launch_timeout_s} s.`);
        break;
      case 'gone':
        this.monitorGone(launch);
        break;
      case 'silent': {
        const silence = `Nothing was heard of the job for ${Math.round((now_ms - run.heard_ms) / 1000)} s (limit ${heartbeat_s} s)`;
        const text = `${silence}; ${launch.hostname} or its network may be down.`;
        if (run.cluster) {
          void this.lostOnCluster(launch, text).catch((error: unknown) => this.parts.log.error('lost job:', error));
          break;
        }
        this.signal(run, 'SIGTERM');
        this.finish(launch, failure('external', 'CS_HEARTBEAT_LOST', text));
        break;
      }
      case 'ask':
        this.signal(run, 'SIGTERM');
        break;
      case 'force':
        this.killByForce(run);
        break;
      case 'fine':
        break;
    }
  }

  private killByForce(run: LiveRun): void {
    this.signal(run, 'SIGKILL');
    this.finish(run.launch, KILLED);
  }

  private signal(run: LiveRun, name: 'SIGTERM' | 'SIGKILL'): void {
    const { jobs, resources, log } = this.parts;
    if (run.cluster) return this.onClusters.cancel(run.launch);
    const allocation = jobs.find(run.launch.project_uid, run.launch.job_uid)?.resources_allocated;
    signalRun(run, name, allocation ? resources.target(allocation.target) : undefined, log);
  }

  private jobDir(launch: Launch): string | null {
    const project = this.parts.projects.find(launch.project_uid);
    return project ? join(project.project_dir, launch.job_uid) : null;
  }

  /** Timers and process events have no caller to tell: what fails (a full disk) is logged and comes up again. */
  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.parts.log.error('following the running jobs failed:', error);
    }
  }
}

function keyOf({ project_uid, job_uid }: { project_uid: string; job_uid: string }): string {
  return `${project_uid} ${job_uid}`;
}

function toRef(job: Job): { project_uid: string; job_uid: string } {
  return { project_uid: job.project_uid, job_uid: job.uid };
}
