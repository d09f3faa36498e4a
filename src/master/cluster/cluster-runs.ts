import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asCsError, CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import type { Job, TargetCluster } from '../../schema/model.ts';
import { ACTIVE_STATUSES } from '../../schema/model.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Resources } from '../core/resources.ts';
import type { Launch } from '../launch/launches.ts';
import { launchOutput, prepareLaunch, startSubmission } from '../launch/spawn.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import { clusterCommand, renderScript, SCRIPT_FILE, sent, submitCommand } from './commands.ts';
import type { Clusters } from './clusters.ts';
import { askEnd, askQueue } from './queue-watch.ts';
import { schedulerOf, submittedId } from './schedulers.ts';
import { type ClusterState, ENDINGS, endingInLog } from './schedulers/scheduler-kind.ts';
import { failureText, runCommand } from './shell-command.ts';

/** Submissions to one cluster at the same time. */
const SUBMIT_AT_ONCE = 4;
const SUBMIT_TIMEOUT_MS = 120_000;
const DELETE_TIMEOUT_MS = 60_000;
/** A scheduler may not list a job yet that it has just taken. */
const LAG_MS = 60_000;
const RESUME_LOOK_MS = 250;
const BACKOFF_MAX = 16;
/** How often the records are looked at for the end of a job that was told to stop. */
const STOPPED_TRIES = 10;

interface Parts {
  accounts: Accounts;
  jobs: Jobs;
  resources: Resources;
  clusters: Clusters;
  settings: Settings;
  log: Log;
}

/** What the runs tell of a job, and are told. */
interface Hooks {
  /** when its process was last heard of; null: it has not reported yet, undefined: it has ended for us */
  heard_ms(launch: Launch): number | null | undefined;
  /** take the outcome that stands in the job's directory. @returns whether there was one */
  takeOutcome(launch: Launch): boolean;
  /** the end of what the job and its script printed */
  logTail(launch: Launch): Promise<string>;
  /** the job never began */
  notStarted(launch: Launch, why: string): Promise<void>;
  /** the job was ended by the cluster */
  ended(launch: Launch, code: string, message: string): void;
}

interface Tracked {
  launch: Launch;
  cluster: string;
  /** null: not taken by the scheduler yet */
  id: string | null;
  since_ms: number;
  ended_ms: number | null;
  state: ClusterState | null;
  submission: Promise<void> | null;
  cancelled: boolean;
}

interface Watch {
  timer: NodeJS.Timeout | null;
  /** rounds in a row that got no answer */
  failures: number;
  round: number;
}

/** Jobs on clusters: submitting them, following them in the cluster's queue, and taking them out of it. */
export class ClusterRuns {
  private readonly parts: Parts;
  private readonly hooks: Hooks;
  private readonly tracked = new Map<string, Tracked>();
  private readonly watches = new Map<string, Watch>();
  private readonly turns = new Map<string, { running: number; waiting: (() => void)[] }>();
  private stopped = false;

  constructor(parts: Parts, hooks: Hooks) {
    this.parts = parts;
    this.hooks = hooks;
  }

  /** Write the script of a job and give it to the cluster. */
  async submit(launch: Launch, cluster: TargetCluster, job: Job, project_dir: string, token: string): Promise<void> {
    const entry = this.track(launch, cluster.name, null);
    entry.submission = this.submitNow(entry, cluster, job, project_dir, token);
    await entry.submission;
  }

  private async submitNow(
    entry: Tracked,
    cluster: TargetCluster,
    job: Job,
    project_dir: string,
    token: string,
  ): Promise<void> {
    const { settings, accounts, clusters } = this.parts;
    this.tell(entry, { message: `is being submitted to cluster ${cluster.name}` });
    await this.turn(cluster.name);
    try {
      if (this.hooks.heard_ms(entry.launch) === undefined) return;
      const job_dir = join(project_dir, job.job_dir);
      const run_args = await prepareLaunch({ settings, job, job_dir, token });
      const creator = accounts.list().find((user) => user.id === job.created_by_user_id);
      const submission = {
        cluster,
        job,
        project_dir,
        job_dir,
        creator: { username: creator?.username ?? '', email: creator?.email ?? '' },
        run_args,
        instance_vars: clusters.instance_vars,
      };
      const script = join(job_dir, SCRIPT_FILE);
      writeFileAtomic(script, renderScript(submission));
      chmodSync(script, 0o755);
      const command = submitCommand(submission);
      const status = await startSubmission(command, job_dir, SUBMIT_TIMEOUT_MS);
      await this.submitted(entry, cluster, job_dir, status, command);
    } finally {
      this.endTurn(cluster.name);
      entry.submission = null;
    }
  }

  private async submitted(
    entry: Tracked,
    cluster: TargetCluster,
    job_dir: string,
    status: number | null,
    command: string,
  ): Promise<void> {
    const said = await launchOutput(job_dir);
    // the next master finds the answer in its file
    if (this.stopped) return;
    const id = status === 0 ? submittedId(schedulerOf(cluster), said) : null;
    if (id === null) {
      const why =
        status === 0
          ? `The cluster's answer to "${command}" names no job.`
          : `The cluster did not take it: "${command}" ended with status ${status ?? 'none'}.`;
      throw new CsError('external', 'CS_CLUSTER_SUBMIT', why, { command });
    }
    if (this.hooks.heard_ms(entry.launch) === undefined) {
      // it was killed meanwhile
      this.delete(cluster, id);
      return;
    }
    this.accepted(entry, id);
  }

  private accepted(entry: Tracked, id: string): void {
    entry.id = id;
    entry.since_ms = Date.now();
    this.tell(entry, { id, message: `submitted to cluster ${entry.cluster} as ${id}` });
    this.wake(entry.cluster);
  }

  /** The submission of a job, while it goes on: its process can be quicker than the command that submits it. */
  async settled({ project_uid, job_uid }: Launch): Promise<void> {
    await this.tracked.get(`${project_uid} ${job_uid}`)?.submission?.catch(() => {});
  }

  /** Take up a job that was on a cluster when the master last stood. */
  async resume(launch: Launch, cluster: TargetCluster, job: Job, job_dir: string): Promise<void> {
    const entry = this.track(launch, cluster.name, job.cluster_job_id);
    if (entry.id !== null || launch.state !== 'launched') return this.wake(cluster.name);
    // the master ended in the middle of submitting: the answer stands in a file, or comes there soon
    for (const end = Date.now() + LAG_MS; Date.now() < end && !this.stopped; ) {
      const id = submittedId(schedulerOf(cluster), await launchOutput(job_dir));
      if (id !== null) return this.accepted(entry, id);
      if (this.hooks.heard_ms(launch) !== null) return;
      await sleep(RESUME_LOOK_MS, undefined, { ref: false });
    }
    if (this.stopped) return;
    await this.hooks.notStarted(launch, `The master was restarted while it was submitted to cluster ${cluster.name}.`);
  }

  forget({ project_uid, job_uid }: Launch): void {
    this.tracked.delete(`${project_uid} ${job_uid}`);
  }

  /** Take a job out of the cluster's queue, or end it there. */
  cancel(launch: Launch): void {
    const entry = this.tracked.get(`${launch.project_uid} ${launch.job_uid}`);
    const cluster = entry && this.parts.resources.cluster(entry.cluster);
    if (!entry || entry.id === null || !cluster || entry.cancelled) return;
    entry.cancelled = true;
    this.delete(cluster, entry.id);
  }

  private delete(cluster: TargetCluster, id: string): void {
    try {
      const command = clusterCommand(cluster, 'qdel_cmd_tpl', id);
      void runCommand(command, DELETE_TIMEOUT_MS).then((ran) => {
        if (ran.status !== 0) this.parts.log.warn(failureText(command, ran, DELETE_TIMEOUT_MS));
      });
    } catch (error) {
      this.parts.log.warn(`cluster ${cluster.name}: ${asCsError(error).message}`);
    }
  }

  /** Why a job is not heard of any more, if the cluster knows. */
  async reasonOf(launch: Launch): Promise<{ code: string; message: string } | null> {
    const entry = this.tracked.get(`${launch.project_uid} ${launch.job_uid}`);
    const cluster = entry && this.parts.resources.cluster(entry.cluster);
    if (!entry?.id || !cluster) return null;
    const state = await askEnd(cluster, entry.id, (command) => sent(cluster, command));
    return state?.phase === 'ended' ? ending(cluster, entry.id, await this.refined(launch, state)) : null;
  }

  /**
   * Why the cluster told a job to stop: its process only knows that it was. Waits for the scheduler to have it in its
   * records. @returns null when it is not for the scheduler to know
   */
  async whyStopped(launch: Launch): Promise<{ code: string; message: string } | null> {
    const entry = this.tracked.get(`${launch.project_uid} ${launch.job_uid}`);
    const cluster = entry && this.parts.resources.cluster(entry.cluster);
    if (!entry?.id || !cluster) return null;
    for (let i = 0; i < STOPPED_TRIES && !this.stopped; i++) {
      const state = await askEnd(cluster, entry.id, (command) => sent(cluster, command));
      if (state?.phase === 'ended') return ending(cluster, entry.id, await this.refined(launch, state));
      await sleep(this.parts.settings.cluster_poll_s * 1000, undefined, { ref: false });
    }
    return null;
  }

  stop(): void {
    this.stopped = true;
    for (const { timer } of this.watches.values()) if (timer) clearTimeout(timer);
    this.watches.clear();
    this.tracked.clear();
  }

  private track(launch: Launch, cluster: string, id: string | null): Tracked {
    const entry: Tracked = {
      launch,
      cluster,
      id,
      since_ms: Date.now(),
      ended_ms: null,
      state: null,
      submission: null,
      cancelled: false,
    };
    this.tracked.set(`${launch.project_uid} ${launch.job_uid}`, entry);
    return entry;
  }

  /** Ask the cluster soon, unless it is asked already. */
  private wake(name: string): void {
    const watch = this.watches.get(name) ?? { timer: null, failures: 0, round: 0 };
    this.watches.set(name, watch);
    if (watch.timer || this.stopped) return;
    const wait_s = this.parts.settings.cluster_poll_s * Math.min(BACKOFF_MAX, 2 ** watch.failures);
    watch.timer = setTimeout(() => {
      this.poll(name, watch)
        .catch((error: unknown) => this.parts.log.error(`asking cluster ${name} failed:`, error))
        .finally(() => {
          watch.timer = null;
          if ([...this.tracked.values()].some((entry) => entry.cluster === name)) this.wake(name);
        });
    }, wait_s * 1000);
  }

  private async poll(name: string, watch: Watch): Promise<void> {
    const cluster = this.parts.resources.cluster(name);
    const entries = [...this.tracked.values()].filter((entry) => entry.cluster === name && entry.id !== null);
    if (!cluster || entries.length === 0) return;
    const ids = entries.flatMap(({ id }) => id ?? []);
    const { states, asked, failure } = await askQueue(cluster, ids, watch.round);
    watch.round += asked.length;
    watch.failures = failure === null ? 0 : watch.failures + 1;
    if (this.stopped) return;
    const answered = new Set(asked);
    for (const entry of entries) {
      // it may have ended while we asked
      if (this.tracked.get(`${entry.launch.project_uid} ${entry.launch.job_uid}`) !== entry) continue;
      const state = states.get(entry.id ?? '');
      if (state) await this.note(entry, cluster, state);
      else if (failure !== null) {
        const last = entry.state ? `; its last known state is ${entry.state.word}` : '';
        this.tell(entry, { message: `the scheduler of cluster ${name} does not answer${last}: ${failure}` });
      } else if (answered.has(entry.id ?? '')) await this.missing(entry, cluster);
    }
  }

  /** The scheduler answers, but does not name the job: it has ended, or is not listed yet. */
  private async missing(entry: Tracked, cluster: TargetCluster): Promise<void> {
    if (entry.state === null && entry.ended_ms === null && Date.now() - entry.since_ms < this.lag_ms) {
      const known = await askEnd(cluster, entry.id ?? '', (command) => sent(cluster, command));
      if (known) await this.note(entry, cluster, known);
      return;
    }
    await this.note(entry, cluster, { phase: 'ended', word: 'UNKNOWN', reason: '' });
  }

  private get lag_ms(): number {
    return Math.max(LAG_MS, 2 * this.parts.settings.cluster_grace_s * 1000);
  }

  private async note(entry: Tracked, cluster: TargetCluster, state: ClusterState): Promise<void> {
    const { id, launch } = entry;
    const heard_ms = this.hooks.heard_ms(launch);
    if (heard_ms === undefined) return this.forget(launch);
    if (state.phase !== 'ended') {
      entry.ended_ms = null;
      entry.state = state;
      const why = state.reason === '' ? state.word : state.reason;
      const waiting =
        state.phase === 'pending'
          ? `pending in the cluster's queue as ${id}: ${why}`
          : `started by the cluster as ${id}, waits for its first report`;
      return this.tell(entry, { message: heard_ms === null ? waiting : null, status: state.word });
    }
    entry.ended_ms ??= Date.now();
    entry.state = state;
    if (this.hooks.takeOutcome(launch)) return;
    // who reports is alive, whatever the scheduler says
    if (heard_ms !== null && heard_ms > entry.ended_ms) entry.ended_ms = heard_ms;
    if (Date.now() - entry.ended_ms < this.parts.settings.cluster_grace_s * 1000) return;
    const detail = state.word === 'UNKNOWN' ? await askEnd(cluster, id ?? '', (c) => sent(cluster, c)) : state;
    if (detail && detail.phase !== 'ended') return this.note(entry, cluster, detail);
    const known = await this.refined(launch, detail ?? state);
    if (this.hooks.heard_ms(launch) === undefined || this.hooks.takeOutcome(launch)) return;
    const { code, message } = ending(cluster, id ?? '', known);
    this.tell(entry, { message: null, status: known.word });
    if (heard_ms === null) await this.hooks.notStarted(launch, message);
    else this.hooks.ended(launch, code, message);
  }

  /** A scheduler can say less in its records than in the output of the job. */
  private async refined(launch: Launch, state: ClusterState): Promise<ClusterState> {
    if (!['FAILED', 'CANCELLED', 'COMPLETED', 'UNKNOWN'].includes(state.word)) return state;
    const word = endingInLog(await this.hooks.logTail(launch));
    if (word === null) return state;
    return { ...state, word, reason: [state.word, state.reason].filter((t) => t !== '' && t !== 'UNKNOWN').join(', ') };
  }

  /** What people see of it. */
  private tell({ launch }: Tracked, news: { message?: string | null; id?: string; status?: string }): void {
    const job = this.parts.jobs.find(launch.project_uid, launch.job_uid);
    if (!job || !ACTIVE_STATUSES.includes(job.status)) return;
    const next: Job = {
      ...job,
      queue_message: news.message === undefined ? job.queue_message : news.message,
      cluster_job_id: news.id ?? job.cluster_job_id,
      cluster_job_status: news.status ?? job.cluster_job_status,
    };
    if (news.id !== undefined) this.parts.jobs.save(next);
    else if (next.queue_message !== job.queue_message || next.cluster_job_status !== job.cluster_job_status) {
      this.parts.jobs.saveTransient(next);
    }
  }

  private async turn(cluster: string): Promise<void> {
    const turns = this.turns.get(cluster) ?? { running: 0, waiting: [] };
    this.turns.set(cluster, turns);
    if (turns.running >= SUBMIT_AT_ONCE) await new Promise<void>((resolve) => turns.waiting.push(resolve));
    else turns.running++;
  }

  private endTurn(cluster: string): void {
    const turns = this.turns.get(cluster);
    const next = turns?.waiting.shift();
    if (next) next();
    else if (turns) turns.running--;
  }
}

function ending(cluster: TargetCluster, id: string, { word, reason }: ClusterState): { code: string; message: string } {
  const what = ENDINGS[word] ?? 'it is not in its queue any more, and left no outcome';
  const said = [word === 'UNKNOWN' ? '' : word, reason].filter((t) => t !== '').join(', ');
  const message = `Cluster ${cluster.name} ended the job (${id}): ${what}.${said === '' ? '' : ` Its scheduler says: ${said}.`}`;
  return { code: word === 'UNKNOWN' || !(word in ENDINGS) ? 'CS_CLUSTER_LOST' : `CS_CLUSTER_${word}`, message };
}
