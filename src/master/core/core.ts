import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectory, writeFileAtomic } from '../../host/fs-atomic.ts';
import type { JobSpec } from '../../schema/job.ts';
import { Accounts } from '../accounts/accounts.ts';
import { Credentials, secretHash } from '../accounts/credentials.ts';
import { LoginThrottle } from '../accounts/throttle.ts';
import { Database } from '../db/database.ts';
import { Exchange } from '../exchange/exchange.ts';
import { Launches } from '../launch/launches.ts';
import { Runs } from '../launch/runs.ts';
import type { Log } from '../log.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Settings } from '../settings.ts';
import { Clusters } from '../cluster/clusters.ts';
import { Builder } from './builder.ts';
import { Bus } from './bus.ts';
import { Connector } from './connector.ts';
import { Dumper } from './dump.ts';
import { Jobs } from './jobs.ts';
import { Maintenance } from './maintenance.ts';
import type { LockOwner } from './moving/project-lock.ts';
import { ProjectMoves } from './moving/project-moves.ts';
import { Lifecycle } from './lifecycle.ts';
import { Projects } from './projects.ts';
import { Refresher } from './refresher.ts';
import { Resources } from './resources.ts';
import { Workspaces } from './workspaces.ts';

/** Time that the processes of jobs have to end when the instance stops: a monitor gives its job 5 s. */
const STOP_JOBS_MS = 10_000;

interface Options {
  settings: Settings;
  specs: ReadonlyMap<string, JobSpec>;
  log: Log;
  databaseLog: Log;
  /** called before every write to the database */
  fence?: () => void;
}

/** All parts of the master, put together once. The caller holds the lease of the database directory. */
export class Core {
  readonly settings: Settings;
  readonly specs: ReadonlyMap<string, JobSpec>;
  readonly log: Log;
  readonly db: Database;
  readonly bus = new Bus();
  readonly credentials: Credentials;
  readonly accounts: Accounts;
  readonly dumper: Dumper;
  /** what the locks of project directories say of this instance */
  readonly owner: LockOwner;
  readonly projects: Projects;
  readonly moves: ProjectMoves;
  readonly workspaces: Workspaces;
  readonly jobs: Jobs;
  readonly refresher: Refresher;
  readonly connector: Connector;
  readonly builder: Builder;
  readonly maintenance: Maintenance;
  readonly resources: Resources;
  readonly clusters: Clusters;
  readonly lifecycle: Lifecycle;
  readonly exchange: Exchange;
  readonly launches: Launches;
  readonly runs: Runs;
  readonly scheduler: Scheduler;
  /** real paths below which no file is ever given out */
  readonly privateDirs: readonly string[];
  private readonly adminToken: Buffer;

  constructor({ settings, specs, log, databaseLog, fence }: Options) {
    this.settings = settings;
    this.specs = specs;
    this.log = log;
    const db = new Database(settings.db_path, databaseLog, fence);
    const { bus } = this;
    this.db = db;
    this.credentials = new Credentials(db);
    this.accounts = new Accounts(db, this.credentials, new LoginThrottle());
    this.owner = lockOwner(db, settings);
    this.dumper = new Dumper(db, log, this.owner.instance_id);
    this.projects = new Projects(db, bus, this.dumper, this.owner);
    this.moves = new ProjectMoves(this);
    this.workspaces = new Workspaces(db, bus, this.projects);
    this.jobs = new Jobs(db, bus, this.projects, this.workspaces, this.dumper);
    this.refresher = new Refresher(this.jobs, specs);
    this.connector = new Connector(db, this.jobs, this.refresher);
    this.builder = new Builder(db, this.jobs, this.refresher, this.connector);
    this.maintenance = new Maintenance(db, bus);
    this.resources = new Resources(db, bus, settings);
    this.clusters = new Clusters(this);
    this.launches = new Launches(db);
    this.lifecycle = new Lifecycle(db, bus, this.jobs, this.refresher, this.resources, this.launches);
    this.exchange = new Exchange(this);
    this.runs = new Runs(this);
    this.scheduler = new Scheduler(this, this.runs);
    const run = join(settings.instance_dir, 'run');
    makeDirectory(run);
    const token = randomBytes(32).toString('base64url');
    writeFileAtomic(join(run, 'admin.token'), `${token}\n`, { mode: 0o600 });
    this.adminToken = secretHash(token);
    this.privateDirs = [settings.db_path, run].map((dir) => realpathSync(dir));
  }

  /** Take up what ran before, dump what was not dumped, look at the queue. */
  start(): void {
    this.resources.fixOwnPath(existsSync);
    this.runs.resume();
    this.dumper.wake(0);
    this.scheduler.kick();
  }

  /** Whether a token is that of `cryosparcm` on this machine, written anew at each start. */
  isAdminToken(token: string): boolean {
    return timingSafeEqual(secretHash(token), this.adminToken);
  }

  /**
   * End what runs. The API goes on meanwhile: a monitor that can tell its outcome ends at once. Queued jobs stay queued.
   * Monitors on other machines get the signal, but are not waited for.
   */
  async stopJobs(): Promise<void> {
    this.scheduler.stop();
    const running = this.runs.stopAll('The instance was stopped.');
    const end = Date.now() + STOP_JOBS_MS;
    while (running.some((isRunning) => isRunning()) && Date.now() < end) await sleep(50);
  }

  /** Write what is marked, close the database. */
  async close(): Promise<void> {
    this.dumper.stop();
    await this.dumper.flush();
    this.dumper.stop();
    this.db.close();
  }
}

/** The instance as the locks of its projects name it; its id is made once and kept with the database. */
function lockOwner(db: Database, { master_hostname, base_port, instance_dir }: Settings): LockOwner {
  db.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('instance_id', ?)", randomUUID());
  const row = db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'instance_id'");
  return { instance_id: row?.value ?? '', hostname: master_hostname, base_port, instance_dir };
}
