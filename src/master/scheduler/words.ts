import type { Job } from '../../schema/model.ts';
import type { TargetState } from './schedule.ts';
import { capacityOf, type Demand, demandOn, type Lack, lacking } from './slots.ts';

const UNITS: Record<Lack['kind'], [string, string]> = {
  CPU: ['CPU', 'CPUs'],
  GPU: ['GPU', 'GPUs'],
  RAM: ['RAM slot (8 GB)', 'RAM slots (8 GB each)'],
};

/** Why no target could take the job even if it were idle. */
export function cannotEverStart(job: Job, eligible: readonly TargetState[]): string {
  if (eligible.length === 0) {
    return job.queued_to_hostname === null
      ? `lane ${job.queued_to_lane} has no workers: connect one with "cryosparcw connect"`
      : `worker ${job.queued_to_hostname} is not connected`;
  }
  const place = placeName(job);
  const first = eligible
    .map(({ target }) => lacking(demandOn(target, job.resources_needed), capacityOf(target)))
    .sort((a, b) => a.length - b.length)[0];
  const lack = first?.[0];
  if (!lack) return `${place} cannot run this job`;
  const most = Math.max(...eligible.map(({ target }) => capacityOf(target)[lack.kind]));
  return `needs ${amount(lack.kind, lack.wanted)}; ${whereNone(job)} has so many (at most ${most}): it will never start`;
}

/** What is held by whom, for a job that has to wait. @param best the target that now waits for it, if any */
export function waitsForSlots(job: Job, capable: readonly TargetState[], best: TargetState | undefined): string {
  const state = best ?? capable[0];
  if (!state) return `waits for ${placeName(job)}`;
  const lacks = lacksNow(job.resources_needed, state);
  const { hostname } = state.target;
  if (lacks.length === 0) {
    const gpus = job.queued_to_gpu;
    const busy = gpus?.filter((id) => !state.free.GPU.includes(id)) ?? [];
    if (busy.length > 0)
      return `needs GPU ${busy.join(', ')} of ${hostname}, held by ${names(state.holders.filter((h) => usesGpu(h, busy)))}`;
    const first = state.reservedFor;
    return first && first !== job
      ? `${hostname} is kept for ${nameOf(first)}, which is before it in the queue`
      : `waits for ${hostname}`;
  }
  const parts = lacks.map(({ kind, wanted, has }) => {
    const total = state.target.resource_slots[kind].length;
    return `needs ${amount(kind, wanted)}, ${placeName(job)} has ${has} of ${total} free on ${hostname}`;
  });
  const held = state.holders.length > 0 ? ` (held by ${names(state.holders)})` : '';
  return `${parts.join('; ')}${held}`;
}

function lacksNow(demand: Demand, state: TargetState): Lack[] {
  const { free } = state;
  return lacking(demandOn(state.target, demand), {
    CPU: free.CPU.length,
    GPU: free.GPU.length,
    RAM: free.RAM.length,
  });
}

function usesGpu(job: Job, ids: readonly number[]): boolean {
  return job.resources_allocated?.slots.GPU.some((id) => ids.includes(id)) ?? true;
}

function amount(kind: Lack['kind'], n: number): string {
  return `${n} ${UNITS[kind][n === 1 ? 0 : 1]}`;
}

function placeName(job: Job): string {
  return job.queued_to_hostname === null ? `lane ${job.queued_to_lane}` : `worker ${job.queued_to_hostname}`;
}

function whereNone(job: Job): string {
  return job.queued_to_hostname === null
    ? `no worker of lane ${job.queued_to_lane}`
    : `not even worker ${job.queued_to_hostname}`;
}

function names(jobs: readonly Job[]): string {
  const shown = jobs.slice(0, 4).map(nameOf).join(', ');
  return jobs.length > 4 ? `${shown} and ${jobs.length - 4} more` : shown;
}

function nameOf(job: Job): string {
  return `${job.project_uid} ${job.uid}`;
}
