import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { totalmem } from 'node:os';
import { test } from 'node:test';
import { cpuCount, machineMemory_bytes, ramSlots } from './machine.ts';
import { availableMemory_mb, MemoryGauge, peakMemory_mb } from './memory.ts';

test('RAM slots are 8 GB each, at least one, and never more than the memory holds', () => {
  const table = [
    [1e9, 1],
    [8e9, 1],
    [15.9e9, 1],
    [16e9, 2],
    [67.4e9, 8],
    [256e9, 32],
  ];
  for (const [bytes, slots] of table) assert.equal(ramSlots(bytes), slots, `${bytes} bytes`);
});

test('this machine has CPUs and memory, and not more than the kernel says', () => {
  assert.ok(cpuCount() >= 1);
  assert.ok(machineMemory_bytes() > 1e8 && machineMemory_bytes() <= totalmem());
  assert.ok(availableMemory_mb() > 10 && availableMemory_mb() * 1e6 <= totalmem());
  assert.ok(new MemoryGauge().read().cpumem_mb > 10);
});

test('the peak memory of a process stays after it gave memory back; of none it is unknown', async (t) => {
  const script = 'let b = Buffer.alloc(200e6, 1); b = null; gc(); console.log("ready"); setTimeout(() => {}, 60e3)';
  const child = spawn(process.execPath, ['--expose-gc', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok((peakMemory_mb(child.pid ?? 0) ?? 0) > 200);
  assert.equal(peakMemory_mb(2 ** 22 + 1), null);
});
