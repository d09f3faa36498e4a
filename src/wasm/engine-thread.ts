import { parentPort, workerData } from 'node:worker_threads';
import { BLOCK_ADDRESS, ERROR_ADDRESS, ERROR_BYTES, STOP, type ThreadData, WORD } from './command-block.ts';
import { instantiate } from './kernels.ts';

/** How often to look for the next command before sleeping: a few tens of microseconds, longer than a wake-up takes. */
const SPINS = 2000;

const { module, memory, thread } = workerData as ThreadData;
const kernels = instantiate(module, memory);
const block = new Int32Array(memory.buffer, BLOCK_ADDRESS, 16);
let seen = Atomics.load(block, WORD.generation);
parentPort?.postMessage('ready', []);

for (;;) {
  for (let i = 0; i < SPINS && Atomics.load(block, WORD.generation) === seen; i++);
  Atomics.wait(block, WORD.generation, seen);
  const generation = Atomics.load(block, WORD.generation);
  if (generation === seen) continue;
  seen = generation;
  if (thread >= Atomics.load(block, WORD.participants)) continue;
  try {
    kernels.work(BLOCK_ADDRESS, thread);
  } catch (error) {
    const text = Buffer.from(String(error instanceof Error ? error.stack : error)).subarray(0, ERROR_BYTES);
    new Uint8Array(memory.buffer, ERROR_ADDRESS, ERROR_BYTES).set(text);
    Atomics.store(block, WORD.errorLength, text.length);
    Atomics.store(block, WORD.stop, STOP.failed);
  }
  if (Atomics.sub(block, WORD.running, 1) === 1) Atomics.notify(block, WORD.running);
}
