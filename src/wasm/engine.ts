import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { asCsError, CsError } from '../base/errors.ts';
import { Arena } from './arena.ts';
import {
  ARGUMENTS,
  ARGUMENTS_COUNT,
  BLOCK_ADDRESS,
  ERROR_ADDRESS,
  RESERVED_BYTES,
  STOP,
  type ThreadData,
  WORD,
} from './command-block.ts';
import { hasRelaxedSimd, instantiate, type Kernels, loadKernels } from './kernels.ts';

/** One operation over many items, as the kernels take it. Made by the classes of this folder, run by the engine. */
export interface Command {
  /** one of OPERATION */
  readonly operation: number;
  /** work items, count */
  readonly items: number;
  /** the operation's arguments: 32-bit words, addresses or counts; real numbers by `floatBits` */
  readonly args: readonly number[];
  /** work space of a thread, bytes */
  readonly scratch_bytes: number;
}

export interface EngineOptions {
  /** threads that compute, count, at least 1 */
  readonly threads: number;
  /** most memory that arrays may take, bytes; at most 4 GiB, the default */
  readonly memory_bytes?: number;
  /** whether to use fused multiply-add; default: where the runtime has it */
  readonly relaxed?: boolean;
}

/** How often to look whether the other threads are done before sleeping. */
const SPINS = 2000;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The 32 bits of a real number, for `Command.args`. */
export function floatBits(value: number): number {
  float[0] = value;
  return bits[0];
}

/**
 * CPU kernels over one shared memory. Large arrays live in `arena`, so that no thread copies them; commands go to the
 * threads through shared words, not messages.
 *
 * `run` blocks, the calling thread taking part: for work of milliseconds and for programs that do nothing else.
 * `runAsync` leaves the caller free for events: for long work in a job's process. One run at a time.
 */
export class Engine {
  readonly threads: number;
  readonly arena: Arena;
  readonly relaxed: boolean;
  private readonly kernels: Kernels;
  private readonly block: Int32Array;
  private readonly workers: Worker[];
  private scratch = 0;
  private scratch_bytes = 0;
  private busy = false;
  private failure: CsError | null = null;

  private constructor(options: EngineOptions, module: WebAssembly.Module, relaxed: boolean) {
    this.threads = options.threads;
    this.relaxed = relaxed;
    this.arena = new Arena(RESERVED_BYTES, options.memory_bytes ?? 2 ** 32);
    this.kernels = instantiate(module, this.arena.memory);
    this.block = new Int32Array(this.arena.memory.buffer, BLOCK_ADDRESS, ARGUMENTS + ARGUMENTS_COUNT);
    const url = new URL('./engine-thread.ts', import.meta.url);
    this.workers = Array.from({ length: this.threads }, (_, thread) => {
      const workerData: ThreadData = { module, memory: this.arena.memory, thread };
      return new Worker(url, { workerData, name: `kernels ${thread}` });
    });
  }

  /**
   * @throws CsError `bug` `CS_THREADS` for a wrong count of threads, `resource` `CS_KERNELS_MISSING` without a build
   */
  static async start(options: EngineOptions): Promise<Engine> {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      const message = `An engine of ${options.threads} threads: wanted a positive integer.`;
      throw new CsError('bug', 'CS_THREADS', message, { threads: options.threads });
    }
    const relaxed = options.relaxed ?? hasRelaxedSimd();
    const engine = new Engine(options, await loadKernels(relaxed), relaxed);
    try {
      await Promise.all(engine.workers.map((worker) => once(worker, 'message')));
    } catch (error) {
      await engine.stop();
      throw asCsError(error);
    }
    for (const worker of engine.workers) {
      worker.on('error', (error) => engine.fail(asCsError(error)));
      worker.on('exit', (code) =>
        engine.fail(new CsError('bug', 'CS_THREAD_EXIT', `A compute thread ended (${code}).`)),
      );
      // an idle engine does not keep the process alive
      worker.unref();
    }
    return engine;
  }

  /** An array of zeros in the shared memory; give it back with `arena.free`. @param count numbers */
  zeros(count: number): Float32Array {
    return this.arena.floats(count).fill(0);
  }

  /** A copy of an array in the shared memory. */
  copyIn(values: ArrayLike<number>): Float32Array {
    const array = this.arena.floats(values.length);
    array.set(values);
    return array;
  }

  /** Run commands one after the other on all threads, this one included, and wait. */
  run(commands: readonly Command[]): void {
    this.begin();
    try {
      for (const command of commands) {
        // this thread stands in for the last worker
        this.post(command, this.threads - 1);
        try {
          this.kernels.work(BLOCK_ADDRESS, this.threads - 1);
        } catch (error) {
          Atomics.store(this.block, WORD.stop, STOP.aborted);
          this.rest();
          throw asCsError(error);
        }
        this.rest();
        this.check();
      }
    } finally {
      this.busy = false;
    }
  }

  /**
   * Run commands one after the other on all threads while this one goes on with its events.
   * @throws the signal's reason when aborted: threads stop before their next item, results are then undefined
   */
  async runAsync(commands: readonly Command[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.begin();
    const onAbort = (): void => void Atomics.store(this.block, WORD.stop, STOP.aborted);
    signal?.addEventListener('abort', onAbort);
    for (const worker of this.workers) worker.ref();
    try {
      for (const command of commands) {
        this.post(command, this.threads);
        signal?.throwIfAborted();
        for (let left = this.running(); left > 0 && !this.failure; left = this.running()) {
          const wait = Atomics.waitAsync(this.block, WORD.running, left, 1000);
          if (wait.async) await wait.value;
        }
        signal?.throwIfAborted();
        this.check();
      }
    } finally {
      // on abort the threads finish their items first
      if (this.running() > 0 && !this.failure) this.rest();
      signal?.removeEventListener('abort', onAbort);
      for (const worker of this.workers) worker.unref();
      this.busy = false;
    }
  }

  /** End the threads. The memory stays readable. */
  async stop(): Promise<void> {
    this.failure ??= new CsError('bug', 'CS_ENGINE_STOPPED', 'The compute engine was stopped.');
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private begin(): void {
    if (this.failure) throw this.failure;
    if (this.busy)
      throw new CsError('bug', 'CS_ENGINE_BUSY', 'The compute engine runs one list of commands at a time.');
    this.busy = true;
  }

  private running(): number {
    return Atomics.load(this.block, WORD.running);
  }

  private post(command: Command, participants: number): void {
    const { block } = this;
    if (command.args.length > ARGUMENTS_COUNT)
      throw new CsError('bug', 'CS_COMMAND', 'A command has too many arguments.');
    this.reserve(command.scratch_bytes);
    block[WORD.operation] = command.operation;
    block[WORD.items] = command.items;
    block[WORD.participants] = participants;
    block[WORD.scratch] = this.scratch;
    block[WORD.scratchBytes] = this.scratch_bytes;
    command.args.forEach((value, i) => (block[ARGUMENTS + i] = value));
    Atomics.store(block, WORD.next, 0);
    Atomics.store(block, WORD.stop, STOP.no);
    Atomics.store(block, WORD.running, participants);
    Atomics.add(block, WORD.generation, 1);
    Atomics.notify(block, WORD.generation);
  }

  /** Wait until no thread works. */
  private rest(): void {
    for (let i = 0; i < SPINS && this.running() > 0; i++);
    for (let left = this.running(); left > 0; left = this.running()) Atomics.wait(this.block, WORD.running, left, 1000);
  }

  private check(): void {
    if (this.failure) throw this.failure;
    if (Atomics.load(this.block, WORD.stop) !== STOP.failed) return;
    const text = new Uint8Array(this.arena.memory.buffer, ERROR_ADDRESS, Atomics.load(this.block, WORD.errorLength));
    const stack = Buffer.from(text).toString();
    const message = `A compute thread failed: ${stack.split('\n')[0]}`;
    throw new CsError('bug', 'CS_KERNEL', message, { operation: this.block[WORD.operation], stack });
  }

  private reserve(bytes: number): void {
    if (bytes <= this.scratch_bytes) return;
    if (this.scratch !== 0) this.arena.release(this.scratch);
    this.scratch = 0;
    this.scratch_bytes = 0;
    // a page apart and a line off, so that threads do not meet in the same cache sets
    const each = Math.ceil(bytes / 4096) * 4096 + 64;
    this.scratch = this.arena.allocate(each * this.threads);
    this.scratch_bytes = each;
  }

  private fail(error: CsError): void {
    this.failure ??= error;
  }
}
