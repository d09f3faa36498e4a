import { readFileSync } from 'node:fs';
import { treeMemory_mb } from './process-tree.ts';

/** Largest resident memory that a live process has had, MB; null where /proc does not tell. */
export function peakMemory_mb(pid: number): number | null {
  try {
    const kb = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? null : Number(kb) * 1.024e-3;
  } catch {
    return null;
  }
}

/** Memory that this machine, or this process's control group where that is tighter, can still give, MB. */
export function availableMemory_mb(): number {
  return process.availableMemory() / 1e6;
}

/**
 * Memory of this process's tree and of the machine. Each event asks for it, and reading all of /proc takes tens of
 * milliseconds on a large node: it is read at most once in `max_age_ms`.
 */
export class MemoryGauge {
  private readonly max_age_ms: number;
  private read_at = Number.NEGATIVE_INFINITY;
  private value = { cpumem_mb: 0, avail_mb: 0 };

  constructor(max_age_ms = 2000) {
    this.max_age_ms = max_age_ms;
  }

  read(): { cpumem_mb: number; avail_mb: number } {
    const now = performance.now();
    if (now - this.read_at > this.max_age_ms) {
      this.read_at = now;
      this.value = {
        cpumem_mb: Math.round(treeMemory_mb(process.pid)),
        avail_mb: Math.round(availableMemory_mb()),
      };
    }
    return this.value;
  }
}
