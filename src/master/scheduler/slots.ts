import type { Allocation, Job, TargetNode } from '../../schema/model.ts';

export const KINDS = ['CPU', 'GPU', 'RAM'] as const;
export type Kind = (typeof KINDS)[number];

/** What a job asks for; RAM in slots of 8 GB. */
export type Demand = Job['resources_needed'];
/** Ids of the slots that nobody holds. */
export type FreeSlots = Record<Kind, number[]>;

export interface Lack {
  kind: Kind;
  wanted: number;
  has: number;
}

export function freeSlots(target: TargetNode, holders: readonly Job[]): FreeSlots {
  const free = (kind: Kind): number[] => {
    const held = new Set(holders.flatMap((job) => job.resources_allocated?.slots[kind] ?? []));
    return target.resource_slots[kind].filter((id) => !held.has(id));
  };
  return { CPU: free('CPU'), GPU: free('GPU'), RAM: free('RAM') };
}

export function capacityOf(target: TargetNode): Record<Kind, number> {
  const { CPU, GPU, RAM } = target.resource_slots;
  return { CPU: CPU.length, GPU: GPU.length, RAM: RAM.length };
}

/**
 * CPUs and the SSD are wishes: a job adapts its threads, so a machine with fewer gives all that it has, and without an
 * SSD cache it reads its files from where they are. The rest is a need.
 */
export function demandOn(target: TargetNode, demand: Demand): Demand {
  const { resource_slots, resource_fixed } = target;
  return { ...demand, cpu: Math.min(demand.cpu, resource_slots.CPU.length), ssd: demand.ssd && resource_fixed.SSD };
}

export function wantedOf(demand: Demand, kind: Kind): number {
  return { CPU: demand.cpu, GPU: demand.gpu, RAM: demand.ram }[kind];
}

/** What `has` does not have of a demand. */
export function lacking(demand: Demand, has: Record<Kind, number>): Lack[] {
  const lacks = KINDS.map((kind): Lack => ({ kind, wanted: wantedOf(demand, kind), has: has[kind] }));
  return lacks.filter(({ wanted, has }) => has < wanted);
}

/**
 * Slots for a demand out of the free ones, lowest ids first, or null when they do not suffice.
 * @param gpus exactly these GPUs; null: any
 * @param reserve number of slots of each kind that another job waits for: of a kind that it lacks nothing may be
 *   taken, of the others only what is left beside it
 */
export function place(
  demand: Demand,
  free: FreeSlots,
  gpus: readonly number[] | null,
  reserve: Record<Kind, number> | null,
): Allocation['slots'] | null {
  const slots: Allocation['slots'] = { CPU: [], GPU: [], RAM: [] };
  for (const kind of KINDS) {
    const wanted = wantedOf(demand, kind);
    if (wanted > 0 && free[kind].length - wanted < (reserve?.[kind] ?? 0)) return null;
    slots[kind] = kind === 'GPU' && gpus ? [...gpus] : free[kind].slice(0, wanted);
    if (!slots[kind].every((id) => free[kind].includes(id))) return null;
  }
  return slots;
}
