import { parentPort, workerData } from 'node:worker_threads';
import { asCsError } from '../base/errors.ts';
import type { ThreadFunction, ThreadReply, ThreadRequest, ThreadStart } from './threads.ts';

/**
 * What runs in each thread of a `ThreadPool`: it loads the module once, then takes steps of each request until the
 * shared counter has passed the last one.
 */
const { module, init } = workerData as ThreadStart;
const port = parentPort;
if (!port) throw new Error('thread-main.ts runs as a worker thread only');

const loading = load();
port.on('message', (request: ThreadRequest) => {
  void serve(request).then((reply) => port.postMessage(reply));
});

async function load(): Promise<Record<string, ThreadFunction>> {
  const functions = (await import(module)) as { init?: (value: unknown) => unknown };
  if (init !== undefined) await functions.init?.(init);
  return functions as Record<string, ThreadFunction>;
}

async function serve({ counter, tasks }: ThreadRequest): Promise<ThreadReply> {
  const results: [number, unknown][] = [];
  try {
    const functions = await loading;
    for (;;) {
      const step = Atomics.add(counter, 0, 1);
      let first = 0;
      const task = tasks.find((t) => step < first + t.count || ((first += t.count), false));
      if (!task) return { results };
      const call = functions[task.name];
      if (!call) throw new Error(`${module} exports no function "${task.name}"`);
      const result = await call(step - first, task.args);
      if (result !== undefined) results.push([step, result]);
    }
  } catch (error) {
    // the other threads find no step left, and finish the one that they are at
    Atomics.store(counter, 0, 2 ** 30);
    const { stack } = asCsError(error);
    return { error: asCsError(error).toBody(), stack: stack ?? '' };
  }
}
