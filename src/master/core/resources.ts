import { CsError } from '../../base/errors.ts';
import { VERSION } from '../../host/version.ts';
import type { ApiInput, ApiOutput } from '../../schema/api.ts';
import type { Job, Lane, TargetCluster, TargetNode } from '../../schema/model.ts';
import { ACTIVE_STATUSES } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import { isOwnHost, type Settings } from '../settings.ts';
import type { Bus } from './bus.ts';

const DEFAULT_LANE = 'default';
const OF_TYPE = "json_extract(doc, '$.type')";
const CACHE_RESERVE_MB = 10_000;

/** Lanes (queues) and targets (machines that serve one lane each). */
export class Resources {
  private readonly db: Database;
  private readonly bus: Bus;
  private readonly settings: Settings;

  constructor(db: Database, bus: Bus, settings: Settings) {
    this.db = db;
    this.bus = bus;
    this.settings = settings;
  }

  lanes(): Lane[] {
    return this.db.docs<Lane>('SELECT doc FROM lanes ORDER BY position');
  }

  targets(): TargetNode[] {
    return this.db.docs<TargetNode>(`SELECT doc FROM targets WHERE ${OF_TYPE} = 'node' ORDER BY name`);
  }

  target(name: string): TargetNode | undefined {
    return this.db.docs<TargetNode>(`SELECT doc FROM targets WHERE ${OF_TYPE} = 'node' AND name = ?`, name)[0];
  }

  clusters(): TargetCluster[] {
    return this.db.docs<TargetCluster>(`SELECT doc FROM targets WHERE ${OF_TYPE} = 'cluster' ORDER BY name`);
  }

  cluster(name: string): TargetCluster | undefined {
    return this.db.docs<TargetCluster>(`SELECT doc FROM targets WHERE ${OF_TYPE} = 'cluster' AND name = ?`, name)[0];
  }

  saveCluster(cluster: TargetCluster): void {
    this.store(cluster);
    this.changed();
  }

  removeCluster(name: string): void {
    this.db.run('DELETE FROM targets WHERE name = ?', name);
    this.changed();
  }

  addLane(lane: Lane): Lane {
    return this.db.transaction(() => {
      if (this.lane(lane.name))
        throw new CsError('conflict', 'CS_LANE_EXISTS', `There is a lane "${lane.name}" already.`);
      const doc = { ...lane, title: lane.title || lane.name };
      const position = (this.db.get<{ n: number | null }>('SELECT max(position) AS n FROM lanes')?.n ?? 0) + 1;
      this.db.run('INSERT INTO lanes (name, position, doc) VALUES (?, ?, ?)', doc.name, position, JSON.stringify(doc));
      this.changed();
      return doc;
    });
  }

  removeLane(name: string): void {
    this.db.transaction(() => {
      if (!this.lane(name)) throw new CsError('notFound', 'CS_LANE_UNKNOWN', `There is no lane "${name}".`);
      const members = [...this.targets(), ...this.clusters()].filter((target) => target.lane === name);
      if (members.length > 0) {
        const list = members.map((target) => target.hostname).join(', ');
        throw new CsError('conflict', 'CS_LANE_IN_USE', `Lane "${name}" serves ${list}; remove or move them first.`);
      }
      this.db.run('DELETE FROM lanes WHERE name = ?', name);
      this.changed();
    });
  }

  /** @throws CsError `CS_LANE_UNKNOWN`, `CS_NO_LANE` when there is none at all */
  requireLane(name: string | undefined): Lane {
    const lane = name === undefined ? this.lanes()[0] : this.lane(name);
    if (lane) return lane;
    if (name === undefined) {
      throw new CsError(
        'conflict',
        'CS_NO_LANE',
        'There is no lane to queue to: connect a worker with "cryosparcw connect".',
      );
    }
    const known = this.lanes().map((l) => l.name);
    throw new CsError(
      'notFound',
      'CS_LANE_UNKNOWN',
      `There is no lane "${name}". Lanes: ${known.join(', ') || 'none'}.`,
      { lane: name },
    );
  }

  requireTarget(hostname: string): TargetNode {
    const target = this.target(hostname);
    if (target) return target;
    const known = this.targets().map((t) => t.hostname);
    throw new CsError(
      'notFound',
      'CS_TARGET_UNKNOWN',
      `No worker "${hostname}" is connected. Workers: ${known.join(', ') || 'none'}.`,
      { hostname },
    );
  }

  /** Register a machine, or change how it is registered; what is not named stays as it is. */
  connect(input: ApiInput<'worker.connect'>): TargetNode {
    const { hostname, version } = input;
    if (version !== VERSION) {
      throw new CsError(
        'conflict',
        'CS_VERSION_MISMATCH',
        `Worker ${hostname} has version ${version}, the master ${VERSION}. Run "install.sh" of version ${VERSION} on the worker, then connect it again.`,
        { worker: version, master: VERSION },
      );
    }
    return this.db.transaction(() => {
      const old = this.target(hostname);
      if (old && !input.update) {
        throw new CsError(
          'conflict',
          'CS_TARGET_EXISTS',
          `Worker ${hostname} is connected already; add --update to change how.`,
          { hostname },
        );
      }
      if (!old && input.update) {
        throw new CsError(
          'notFound',
          'CS_TARGET_UNKNOWN',
          `Worker ${hostname} is not connected yet; leave out --update.`,
          { hostname },
        );
      }
      const target = merged(input, old ?? this.blank(hostname));
      if (!this.lane(target.lane)) {
        if (input.lane !== undefined && !input.newlane && input.lane !== DEFAULT_LANE) this.refuseNewLane(input.lane);
        this.addLane({ name: target.lane, title: '', desc: '', type: 'node' });
      }
      if (this.cluster(target.name) || this.lane(target.lane)?.type === 'cluster') {
        const text = `"${this.cluster(target.name) ? target.name : target.lane}" is a cluster; a worker needs another name and lane.`;
        throw new CsError('conflict', 'CS_TARGET_EXISTS', text, { hostname });
      }
      this.store(target);
      this.changed();
      return target;
    });
  }

  removeTarget(hostname: string): void {
    const target = this.requireTarget(hostname);
    this.db.transaction(() => {
      this.db.run('DELETE FROM targets WHERE name = ?', target.name);
      this.changed();
    });
  }

  /** An installation that has been moved: this machine's own target gets the new path of `cryosparcw`. */
  fixOwnPath(exists: (path: string) => boolean): void {
    for (const target of this.targets()) {
      if (target.ssh_str || !isOwnHost(this.settings, target.hostname) || exists(target.worker_bin_path)) continue;
      const doc = { ...target, worker_bin_path: `${this.settings.install_dir}/bin/cryosparcw` };
      this.db.run('UPDATE targets SET doc = ? WHERE name = ?', JSON.stringify(doc), target.name);
    }
  }

  /** Which slots of each target are held, and by whom. */
  usage(live: readonly Job[]): ApiOutput<'resources.usage'> {
    return this.targets().map(({ name }) => {
      const held = live.filter(
        (job) => ACTIVE_STATUSES.includes(job.status) && job.resources_allocated?.target === name,
      );
      const slots = (kind: 'CPU' | 'GPU' | 'RAM'): number[] =>
        held.flatMap((job) => job.resources_allocated?.slots[kind] ?? []);
      return {
        name,
        used: { CPU: slots('CPU'), GPU: slots('GPU'), RAM: slots('RAM') },
        jobs: held.map((job) => ({ project_uid: job.project_uid, job_uid: job.uid })),
      };
    });
  }

  private store(target: TargetNode | TargetCluster): void {
    this.db.run(
      'INSERT INTO targets (name, lane, doc) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET lane = ?2, doc = ?3',
      target.name,
      target.lane,
      JSON.stringify(target),
    );
  }

  private lane(name: string): Lane | undefined {
    return this.db.docs<Lane>('SELECT doc FROM lanes WHERE name = ?', name)[0];
  }

  private refuseNewLane(name: string): void {
    const known = this.lanes().map((lane) => lane.name);
    throw new CsError(
      'notFound',
      'CS_LANE_UNKNOWN',
      `There is no lane "${name}" (lanes: ${known.join(', ') || 'none'}); add --newlane to create it.`,
    );
  }

  private blank(hostname: string): TargetNode {
    return {
      name: hostname,
      hostname,
      lane: this.lane(DEFAULT_LANE)?.name ?? DEFAULT_LANE,
      type: 'node',
      title: `Worker ${hostname}`,
      ssh_str: isOwnHost(this.settings, hostname) ? '' : hostname,
      worker_bin_path: '',
      cache_path: null,
      cache_quota_mb: null,
      cache_reserve_mb: CACHE_RESERVE_MB,
      resource_slots: { CPU: [0], GPU: [], RAM: [0] },
      resource_fixed: { SSD: false },
      gpus: [],
      version: VERSION,
    };
  }

  private changed(): void {
    this.db.afterCommit(() => {
      this.bus.push('resources', null, {});
      this.bus.scheduling.send();
    });
  }
}

function merged(input: ApiInput<'worker.connect'>, old: TargetNode): TargetNode {
  const count = (n: number | undefined, was: number[]): number[] =>
    n === undefined ? was : Array.from({ length: n }, (_, i) => i);
  const gpus = input.gpus ?? old.gpus;
  const cache_path = input.cache_path === undefined ? old.cache_path : input.cache_path;
  return {
    ...old,
    lane: input.lane ?? old.lane,
    ssh_str: input.ssh_str ?? old.ssh_str,
    worker_bin_path: input.worker_bin_path,
    version: input.version,
    cache_path,
    cache_quota_mb: input.cache_quota_mb === undefined ? old.cache_quota_mb : input.cache_quota_mb,
    cache_reserve_mb: input.cache_reserve_mb ?? old.cache_reserve_mb,
    resource_slots: {
      CPU: count(input.cpus, old.resource_slots.CPU),
      GPU: gpus.map((g) => g.id),
      RAM: count(input.rams, old.resource_slots.RAM),
    },
    resource_fixed: { SSD: cache_path !== null },
    gpus,
  };
}
