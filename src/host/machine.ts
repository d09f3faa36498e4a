import { availableParallelism, hostname, totalmem } from 'node:os';

/** Size of one RAM slot of the scheduler, bytes. */
const RAM_SLOT_BYTES = 8e9;

const LOOPBACK_NAMES = new Set(['localhost', 'localhost.localdomain', '127.0.0.1', '::1']);

/** Whether a host name, full or short, is that of this machine. */
export function isThisMachine(name: string): boolean {
  const own = hostname();
  return LOOPBACK_NAMES.has(name) || name === own || name === own.split('.')[0] || name.split('.')[0] === own;
}

/** CPU threads that this process may use (its affinity and control group count). */
export function cpuCount(): number {
  return availableParallelism();
}

/** Number of 8 GB slots in this machine's memory, or its control group's where that is tighter; at least 1. */
export function ramSlots(memory_bytes: number = machineMemory_bytes()): number {
  return Math.max(1, Math.floor(memory_bytes / RAM_SLOT_BYTES));
}

/** Memory of this machine, or of this process's control group where that is tighter, bytes. */
export function machineMemory_bytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
