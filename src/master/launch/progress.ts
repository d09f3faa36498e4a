import type { ApiInput } from '../../schema/api.ts';
import { ACTIVE_STATUSES, type Job } from '../../schema/model.ts';
import type { Jobs } from '../core/jobs.ts';
import type { Database } from '../db/database.ts';

const FLUSH_MS = 1000;
const HEARTBEAT_SAVE_MS = 10_000;

export type Report = ApiInput<'runs.report'>;

interface News {
  project_uid: string;
  job_uid: string;
  heard_ms: number;
  report: Report;
}

/** Progress and heartbeats on their way to the database: those of a second, of all jobs, in one commit. */
export class Progress {
  private readonly db: Database;
  private readonly jobs: Jobs;
  private readonly onError: (error: unknown) => void;
  private readonly news = new Map<string, News>();
  private readonly known = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(db: Database, jobs: Jobs, onError: (error: unknown) => void) {
    this.db = db;
    this.jobs = jobs;
    this.onError = onError;
  }

  note({ project_uid, job_uid }: { project_uid: string; job_uid: string }, report: Report): void {
    const key = `${project_uid} ${job_uid}`;
    const before = this.news.get(key)?.report;
    const merged: Report = {
      running: report.running ?? true,
      progress: report.progress ?? before?.progress ?? null,
      ui_tile_image: report.ui_tile_image ?? before?.ui_tile_image ?? null,
    };
    this.news.set(key, { project_uid, job_uid, heard_ms: Date.now(), report: merged });
    // the first report makes the job `running`, which nobody should have to wait for
    const first = !this.known.has(key);
    this.known.add(key);
    if (first) this.attempt();
    else this.timer ??= setTimeout(() => this.attempt(), FLUSH_MS);
  }

  flush(): void {
    this.db.transaction(() => {
      for (const news of this.news.values()) this.write(news);
    });
    this.news.clear();
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private attempt(): void {
    this.stop();
    try {
      this.flush();
    } catch (error) {
      this.onError(error);
    }
  }

  private write({ project_uid, job_uid, heard_ms, report }: News): void {
    const job = this.jobs.find(project_uid, job_uid);
    if (!job || !ACTIVE_STATUSES.includes(job.status)) return;
    const beat = heard_ms - Date.parse(job.heartbeat_at ?? '1970-01-01') >= HEARTBEAT_SAVE_MS;
    const next: Job = {
      ...job,
      progress: report.progress ?? job.progress,
      ui_tile_image: report.ui_tile_image ?? job.ui_tile_image,
      heartbeat_at: beat ? new Date(heard_ms).toISOString() : job.heartbeat_at,
    };
    const moved = next.progress?.fraction !== job.progress?.fraction || next.progress?.text !== job.progress?.text;
    if (report.running && job.status === 'started') {
      this.jobs.save({ ...next, status: 'running', running_at: new Date().toISOString() });
    } else if (beat || moved || next.ui_tile_image !== job.ui_tile_image) {
      this.jobs.saveTransient(next);
    }
  }
}
