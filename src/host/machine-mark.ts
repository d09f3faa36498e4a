import { readFileSync, readlinkSync } from 'node:fs';
import { processIdentity } from './process-tree.ts';

/** What tells that a process id means the same here as where it was written down. */
export interface MachineMark {
  /** new at each start of the machine; empty where there is no /proc */
  boot_id: string;
  /** process ids count anew in each container */
  pid_namespace: string;
}

export function machineMark(): MachineMark {
  try {
    const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { boot_id, pid_namespace: readlinkSync('/proc/self/ns/pid') };
  } catch {
    return { boot_id: '', pid_namespace: '' };
  }
}

/** Start time of this process, in clock ticks since boot; 0 where there is no /proc. */
export function ownStartTicks(): number {
  return processIdentity(process.pid)?.start_ticks ?? 0;
}
