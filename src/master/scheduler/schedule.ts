import type { Allocation, Job, JobStatus, TargetCluster, TargetNode } from '../../schema/model.ts';
import { capacityOf, type Demand, demandOn, freeSlots, type FreeSlots, KINDS, lacking, place } from './slots.ts';
import { cannotEverStart, waitsForSlots } from './words.ts';

export interface ScheduleState {
  /** queued jobs, first served first: by priority, then time of queueing */
  queued: readonly Job[];
  /** jobs that hold slots */
  active: readonly Job[];
  targets: readonly TargetNode[];
  /** clusters take any number of jobs: their own schedulers queue them */
  clusters?: readonly TargetCluster[];
  /** status of another job of the same project; undefined when it is gone */
  statusOf: (project_uid: string, job_uid: string) => JobStatus | undefined;
  isPaused: (project_uid: string) => boolean;
  /** the instance is being maintained: nothing starts */
  maintenance?: boolean;
}

export type QueueStatus = NonNullable<Job['queue_status']>;

export interface Decision {
  job: Job;
  /** what it gets; null: it goes on waiting */
  allocation: Allocation | null;
  queue_status: QueueStatus;
  /** why it waits, in words */
  message: string | null;
}

/** A target as the decisions so far leave it. */
export interface TargetState {
  target: TargetNode;
  free: FreeSlots;
  holders: Job[];
  /** the first job that waits for this target: later ones may not take what it lacks */
  reservedFor: Job | null;
}

/**
 * Decide which queued jobs start now and where, and say of each other one why it waits. Pure: the same state gives the
 * same decisions.
 *
 * Gates, in order: inputs ready, project not paused, no maintenance, slots. A job that finds no free slots reserves the target where
 * it lacks least: jobs behind it may use that target only with slots that it does not lack and will not need, so
 * that small jobs fill gaps and never starve a big one.
 */
export function schedule(state: ScheduleState): Decision[] {
  const targets = state.targets.map((target): TargetState => {
    const holders = state.active.filter((job) => job.resources_allocated?.target === target.name);
    return { target, free: freeSlots(target, holders), holders, reservedFor: null };
  });
  return state.queued.map((job) => {
    const gate = inputGate(job, state) ?? pauseGate(job, state) ?? maintenanceGate(state);
    if (gate) return { job, allocation: null, ...gate };
    const cluster = state.clusters?.find(({ lane }) => job.queued_to_hostname === null && lane === job.queued_to_lane);
    return cluster ? toCluster(job, cluster) : placeJob(job, targets);
  });
}

type Gate = { queue_status: QueueStatus; message: string };

function inputGate(job: Job, state: ScheduleState): Gate | null {
  const parents = job.parents.map((uid) => ({ uid, status: state.statusOf(job.project_uid, uid) }));
  const wait = (message: string): Gate => ({ queue_status: 'waiting_inputs', message });
  const broken = parents.filter(({ status }) => status === undefined || status === 'failed' || status === 'killed');
  if (broken.length > 0) {
    const list = broken.map(({ uid, status }) => `${uid} (${status ?? 'deleted'})`).join(', ');
    return wait(`waits for ${list}: clear and run it again, or kill this job and connect another`);
  }
  const unfinished = parents.filter(({ status }) => status !== 'completed');
  if (unfinished.length > 0)
    return wait(`waits for ${unfinished.map(({ uid, status }) => `${uid} (${status})`).join(', ')}`);
  if (job.build_errors.length > 0) return wait(`cannot start: ${job.build_errors.join(' ')}`);
  return null;
}

function pauseGate(job: Job, state: ScheduleState): Gate | null {
  if (!state.isPaused(job.project_uid)) return null;
  return { queue_status: 'project_paused', message: `project ${job.project_uid} is paused` };
}

function maintenanceGate(state: ScheduleState): Gate | null {
  if (state.maintenance !== true) return null;
  return { queue_status: 'waiting_maintenance', message: 'the instance is in maintenance mode' };
}

/** What the cluster's script asks for; which CPUs and GPUs they are is up to its own scheduler. */
function toCluster(job: Job, cluster: TargetCluster): Decision {
  const { cpu, gpu, ram, ssd } = job.resources_needed;
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const { name, lane, cache_path } = cluster;
  const slots = { CPU: count(cpu), GPU: count(gpu), RAM: count(ram) };
  const allocation: Allocation = { lane, target: name, hostname: name, slots, ssd: ssd && cache_path !== null };
  return { job, allocation, queue_status: 'launched', message: null };
}

function placeJob(job: Job, targets: TargetState[]): Decision {
  const demand: Demand = job.resources_needed;
  const eligible = targets.filter(({ target }) =>
    job.queued_to_hostname === null ? target.lane === job.queued_to_lane : target.hostname === job.queued_to_hostname,
  );
  const wait = (message: string): Decision => ({ job, allocation: null, queue_status: 'waiting_resources', message });
  const capable = eligible.filter(({ target }) => lacking(demandOn(target, demand), capacityOf(target)).length === 0);
  if (capable.length === 0) return wait(cannotEverStart(job, eligible));

  // a job that would use an SSD goes to a worker that has one, if there is room
  const wish = ({ target }: TargetState): number => Number(demandOn(target, demand).ssd);
  for (const state of capable.toSorted((a, b) => wish(b) - wish(a))) {
    const wanted = demandOn(state.target, demand);
    const slots = place(wanted, state.free, job.queued_to_gpu, reserveOf(state));
    if (!slots) continue;
    for (const kind of KINDS) state.free[kind] = state.free[kind].filter((id) => !slots[kind].includes(id));
    state.holders.push(job);
    const { target } = state;
    const allocation: Allocation = {
      lane: target.lane,
      target: target.name,
      hostname: target.hostname,
      slots,
      ssd: wanted.ssd,
    };
    return { job, allocation, queue_status: 'launched', message: null };
  }
  const open = capable.filter((state) => state.reservedFor === null);
  const best = open.sort((a, b) => shortage(demand, a) - shortage(demand, b))[0];
  if (best) best.reservedFor = job;
  return wait(waitsForSlots(job, capable, best));
}

/** Slots of each kind that must stay free on a target for the job that it is reserved for. */
function reserveOf(state: TargetState): Record<(typeof KINDS)[number], number> | null {
  if (!state.reservedFor) return null;
  const { cpu, gpu, ram } = demandOn(state.target, state.reservedFor.resources_needed);
  return { CPU: cpu, GPU: gpu, RAM: ram };
}

function shortage(wanted: Demand, { target, free }: TargetState): number {
  return lacking(demandOn(target, wanted), {
    CPU: free.CPU.length,
    GPU: free.GPU.length,
    RAM: free.RAM.length,
  }).reduce((sum, { wanted, has }) => sum + (wanted - has) / wanted, 0);
}
