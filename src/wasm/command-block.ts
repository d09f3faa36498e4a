/**
 * The command block: how the engine hands work to its threads, in shared memory (indices of 32-bit words).
 * A command is written, then GENERATION is raised; each participant takes items by adding 1 to NEXT until none is left,
 * then takes 1 off RUNNING.
 */
export const WORD = {
  generation: 0,
  operation: 1,
  items: 2,
  next: 3,
  running: 4,
  stop: 5,
  participants: 6,
  scratch: 7,
  scratchBytes: 8,
  errorLength: 9,
} as const;

/** Values of WORD.stop. */
export const STOP = { no: 0, aborted: 1, failed: 2 } as const;

export const BLOCK_ADDRESS = 4096;
/** first word of a command's arguments, and how many there may be */
export const ARGUMENTS = 16;
export const ARGUMENTS_COUNT = 48;
/** where a thread leaves the message of its error, and the room for it, bytes */
export const ERROR_ADDRESS = BLOCK_ADDRESS + 512;
export const ERROR_BYTES = 1024;
/** bytes at the start of the memory that the allocator leaves alone: the command block, and from 16384 constants of the kernels */
export const RESERVED_BYTES = 65536;

export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** number of this thread, from 0 */
  readonly thread: number;
}
