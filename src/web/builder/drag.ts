import { useSyncExternalStore } from 'react';
import type { Job, Output } from '../../schema/model.ts';

/** The output that is being dragged. Browsers hide a drag's data until it is dropped, but inputs must light up before. */
export interface DraggedOutput {
  source: Job;
  output: Output;
}

let dragged: DraggedOutput | null = null;
const listeners = new Set<() => void>();

export function setDragged(next: DraggedOutput | null): void {
  dragged = next;
  for (const listener of listeners) listener();
}

export function useDragged(): DraggedOutput | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => dragged,
  );
}
