import type { Lane } from '../../schema/model.ts';

const LANE_KEY = 'last-lane';

/** The lane that this browser queued to last, if it still exists, else the first; null when there is none. */
export function lastLane(lanes: readonly Lane[]): string | null {
  const last = localStorage.getItem(LANE_KEY);
  return lanes.find((l) => l.name === last)?.name ?? lanes[0]?.name ?? null;
}

export function rememberLane(name: string): void {
  localStorage.setItem(LANE_KEY, name);
}
