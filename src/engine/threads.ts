import { Worker } from 'node:worker_threads';
import { CsError, type ErrorBody } from '../base/errors.ts';

/** A function that a worker module exports: called once for each step; what it returns is copied to the caller. */
export type ThreadFunction = (step: number, args: unknown) => unknown;

/** `count` calls of the module's function `name`, with steps 0 to count - 1. */
export interface ThreadTask {
  readonly name: string;
  readonly count: number;
  /** the same for each step, copied once to each thread: large arrays in it lie in SharedArrayBuffers */
  readonly args: unknown;
}

export interface ThreadPoolOptions {
  /** given once to the module's function `init` in each thread, before anything else */
  readonly init?: unknown;
  /** ends the threads at once, also amid a step, when aborted */
  readonly signal?: AbortSignal;
}

/** First message to a thread. */
export interface ThreadStart {
  readonly module: string;
  readonly init: unknown;
}

/** Pool → thread: take steps by adding 1 to the counter, tasks one behind the other. */
export interface ThreadRequest {
  readonly counter: Int32Array;
  readonly tasks: readonly ThreadTask[];
}

/** Thread → pool, when no step is left or one failed. */
export type ThreadReply =
  | { readonly results: readonly [number, unknown][] }
  | { readonly error: ErrorBody; readonly stack: string };

interface Pending {
  readonly resolve: (reply: ThreadReply) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads that run functions of one module on shared memory.
 *
 * A step is taken by whichever thread is free (a shared counter), so that steps of unequal cost spread evenly. The main
 * thread only waits: it stays free for signals, progress and heartbeats. One `run` at a time.
 */
export class ThreadPool {
  readonly size: number;
  private readonly workers: Worker[];
  private readonly pending = new Map<Worker, Pending>();
  private readonly signal: AbortSignal | undefined;
  private readonly onAbort = (): void => void this.end(this.signal?.reason);
  /** why no thread works any more */
  private failure: { readonly error: unknown } | null = null;

  /**
   * @param moduleUrl module with the functions, as `new URL('./kernel.ts', import.meta.url)`
   * @param size number of threads, count, at least 1
   */
  constructor(moduleUrl: URL, size: number, options: ThreadPoolOptions = {}) {
    if (!Number.isInteger(size) || size < 1) {
      throw new CsError('bug', 'CS_THREADS', `A pool of ${size} threads: wanted a positive integer.`, { size });
    }
    options.signal?.throwIfAborted();
    this.size = size;
    this.signal = options.signal;
    this.signal?.addEventListener('abort', this.onAbort, { once: true });
    const workerData: ThreadStart = { module: moduleUrl.href, init: options.init };
    this.workers = Array.from({ length: size }, () => this.start(workerData));
  }

  /**
   * Run all steps of the tasks; they are started in order and overlap.
   *
   * @returns per task, what its steps returned, by step
   * @throws CsError the first error of a step, after the others have come to rest; `bug` `CS_THREAD_EXIT` or `resource`
   *   `CS_THREAD_MEMORY` when a thread ended; the signal's reason when aborted
   */
  async run(tasks: readonly ThreadTask[]): Promise<unknown[][]> {
    if (this.failure) throw this.failure.error;
    if (this.pending.size > 0) throw new CsError('bug', 'CS_THREADS', 'The thread pool is at work already.');
    const request: ThreadRequest = { counter: new Int32Array(new SharedArrayBuffer(4)), tasks };
    const replies = await Promise.all(this.workers.map((worker) => this.ask(worker, request)));
    const results = tasks.map((task) => Array.from<unknown>({ length: task.count }));
    for (const reply of replies) {
      if ('error' in reply) throw errorOf(reply);
      for (const [step, result] of reply.results) {
        let [index, first] = [0, 0];
        while (step >= first + tasks[index].count) first += tasks[index++].count;
        results[index][step - first] = result;
      }
    }
    return results;
  }

  /** End all threads. A run that is not done is rejected. */
  async close(): Promise<void> {
    await this.end(new CsError('bug', 'CS_THREADS', 'The thread pool was closed amid its work.'));
  }

  private start(workerData: ThreadStart): Worker {
    const worker = new Worker(new URL('./thread-main.ts', import.meta.url), { workerData });
    worker.on('message', (reply: ThreadReply) => {
      this.pending.get(worker)?.resolve(reply);
      this.pending.delete(worker);
    });
    worker.on('error', (error: NodeJS.ErrnoException) => void this.end(threadError(error)));
    worker.on('exit', (code) => {
      void this.end(
        new CsError('bug', 'CS_THREAD_EXIT', `A compute thread ended with exit code ${code} amid its work.`),
      );
    });
    return worker;
  }

  private ask(worker: Worker, request: ThreadRequest): Promise<ThreadReply> {
    return new Promise((resolve, reject) => {
      this.pending.set(worker, { resolve, reject });
      worker.postMessage(request, []);
    });
  }

  private async end(error: unknown): Promise<void> {
    if (!this.failure) {
      this.failure = { error };
      this.signal?.removeEventListener('abort', this.onAbort);
      for (const { reject } of this.pending.values()) reject(error);
      this.pending.clear();
    }
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

function errorOf(reply: { error: ErrorBody; stack: string }): CsError {
  const error = CsError.fromBody(reply.error);
  // where it was thrown says more than where it came back
  error.stack = reply.stack;
  return error;
}

function threadError(error: NodeJS.ErrnoException): CsError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new CsError('resource', 'CS_THREAD_MEMORY', 'A compute thread ran out of memory.', {}, error);
  }
  return new CsError('bug', 'CS_THREAD_EXIT', `A compute thread failed: ${error.message}`, {}, error);
}
