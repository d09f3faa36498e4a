import { randomBytes } from 'node:crypto';
import { secretHash } from '../accounts/credentials.ts';
import { numOf } from '../core/uids.ts';
import type { Database } from '../db/database.ts';

/** One start of a job on a target. */
export interface Launch {
  readonly token_hash: Buffer;
  readonly project_uid: string;
  readonly job_uid: string;
  /** launched: not heard of yet; claimed: its process reports; ended: the job has an outcome */
  readonly state: 'launched' | 'claimed' | 'ended';
  readonly launched_ms: number;
  readonly hostname: string | null;
  /** of the monitor, on `hostname` */
  readonly pid: number | null;
  /** start time of that process, known when it runs on this machine */
  readonly start_ticks: number | null;
  readonly kill_requested: boolean;
}

interface Row {
  token_hash: Uint8Array;
  project_num: number;
  job_num: number;
  state: Launch['state'];
  launched_ms: number;
  hostname: string | null;
  pid: number | null;
  start_ticks: number | null;
  kill_requested: number;
}

/** Launches and the tokens that their processes show. */
export class Launches {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  /** @returns the token, which is not stored */
  create(project_uid: string, job_uid: string): string {
    const token = randomBytes(32).toString('base64url');
    const keys = [numOf(project_uid), numOf(job_uid)];
    this.end(project_uid, job_uid);
    this.db.run(
      "INSERT INTO launches (token_hash, project_num, job_num, state, launched_ms) VALUES (?, ?, ?, 'launched', ?)",
      secretHash(token),
      ...keys,
      Date.now(),
    );
    return token;
  }

  byToken(token: string): Launch | undefined {
    const row = this.db.get<Row>('SELECT * FROM launches WHERE token_hash = ?', secretHash(token));
    return row && toLaunch(row);
  }

  /** The same launch as it now stands. */
  again({ token_hash }: Launch): Launch | undefined {
    const row = this.db.get<Row>('SELECT * FROM launches WHERE token_hash = ?', token_hash);
    return row && toLaunch(row);
  }

  /** The launch of a job that has not ended, if there is one. */
  current(project_uid: string, job_uid: string): Launch | undefined {
    const row = this.db.get<Row>(
      "SELECT * FROM launches WHERE project_num = ? AND job_num = ? AND state <> 'ended'",
      numOf(project_uid),
      numOf(job_uid),
    );
    return row && toLaunch(row);
  }

  /** All that have not ended. */
  open(): Launch[] {
    return this.db.all<Row>("SELECT * FROM launches WHERE state <> 'ended'").map(toLaunch);
  }

  claim(launch: Launch, hostname: string, pid: number, start_ticks: number | null): void {
    this.db.run(
      "UPDATE launches SET state = 'claimed', hostname = ?, pid = ?, start_ticks = ? WHERE token_hash = ?",
      hostname,
      pid,
      start_ticks,
      launch.token_hash,
    );
  }

  /** The job has an outcome: its launch is over. */
  end(project_uid: string, job_uid: string): void {
    const keys = [numOf(project_uid), numOf(job_uid)];
    this.db.run("UPDATE launches SET state = 'ended' WHERE project_num = ? AND job_num = ?", ...keys);
  }

  requestKill(launch: Launch): void {
    this.db.run('UPDATE launches SET kill_requested = 1 WHERE token_hash = ?', launch.token_hash);
  }
}

function toLaunch(row: Row): Launch {
  const { project_num, job_num, token_hash, kill_requested, ...rest } = row;
  return {
    ...rest,
    token_hash: Buffer.from(token_hash),
    project_uid: `P${project_num}`,
    job_uid: `J${job_num}`,
    kill_requested: kill_requested === 1,
  };
}
