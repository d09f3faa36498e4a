import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { CsError } from '../base/errors.ts';
import { ThreadPool } from './threads.ts';

const dir = mkdtempSync(join(tmpdir(), 'threads-'));
after(() => rmSync(dir, { recursive: true }));
const module = pathToFileURL(join(dir, 'functions.ts'));
writeFileSync(
  module,
  `import { threadId } from 'node:worker_threads';
   import { CsError } from ${JSON.stringify(new URL('../base/errors.ts', import.meta.url).href)};
   let factor = 0;
   export function init(value: number): void { factor = value; }
   export function square(step: number, { out }: { out: Float64Array }): void { out[step] += factor * step * step; }
   export function twice(step: number): number { return 2 * step; }
   export function where(step: number, gate: Int32Array): number {
     // each thread takes one step and waits for the other: both must be at work at once
     Atomics.add(gate, 0, 1);
     Atomics.notify(gate, 0);
     while (Atomics.load(gate, 0) < 2) Atomics.wait(gate, 0, 1, 1000);
     return threadId;
   }
   export function fail(step: number): void {
     if (step === 3) throw new CsError('input', 'CS_TEST', 'step 3 found 7, wanted 8', { step });
   }
   export function spin(): void { for (;;); }
   export function leave(): void { process.exit(3); }
  `,
);

async function withPool<T>(size: number, body: (pool: ThreadPool) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const pool = new ThreadPool(module, size, { init: 2, ...(signal && { signal }) });
  try {
    return await body(pool);
  } finally {
    await pool.close();
  }
}

test('each step of each task runs once, on shared memory, and results come back in order', async () => {
  await withPool(3, async (pool) => {
    const out = new Float64Array(new SharedArrayBuffer(8 * 1000));
    const tasks = [
      { name: 'square', count: 1000, args: { out } },
      { name: 'twice', count: 5, args: null },
      { name: 'twice', count: 0, args: null },
    ];
    assert.deepEqual((await pool.run(tasks)).slice(1), [[0, 2, 4, 6, 8], []]);
    assert.deepEqual(
      out,
      Float64Array.from({ length: 1000 }, (_, i) => 2 * i * i),
    );
    await pool.run(tasks);
    assert.equal(out[999], 4 * 999 * 999, 'the pool can be used again');
  });
});

test('steps run at the same time in different threads', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const [[first, second]] = await withPool(2, (pool) => pool.run([{ name: 'where', count: 2, args: gate }]));
  assert.notEqual(first, second);
});

test('an error of a step comes back as it was thrown, and the pool goes on', async () => {
  await withPool(2, async (pool) => {
    await assert.rejects(pool.run([{ name: 'fail', count: 100, args: null }]), (error: unknown) => {
      assert.ok(error instanceof CsError);
      assert.deepEqual([error.kind, error.code, error.message], ['input', 'CS_TEST', 'step 3 found 7, wanted 8']);
      assert.match(error.stack ?? '', /functions\.ts/);
      return true;
    });
    assert.deepEqual(await pool.run([{ name: 'twice', count: 2, args: null }]), [[0, 2]]);
    await assert.rejects(pool.run([{ name: 'absent', count: 1, args: null }]), /exports no function "absent"/);
  });
});

test('a thread that ends makes a clear error of the run and of those after it', async () => {
  await withPool(2, async (pool) => {
    await assert.rejects(pool.run([{ name: 'leave', count: 1, args: null }]), { code: 'CS_THREAD_EXIT' });
    await assert.rejects(pool.run([{ name: 'twice', count: 1, args: null }]), { code: 'CS_THREAD_EXIT' });
  });
});

test('a module that does not load makes a clear error', async () => {
  const pool = new ThreadPool(pathToFileURL(join(dir, 'absent.ts')), 1);
  await assert.rejects(pool.run([{ name: 'twice', count: 1, args: null }]), /absent\.ts/);
  await pool.close();
});

test('an abort ends threads amid an endless step, with its reason', async () => {
  const control = new AbortController();
  await withPool(
    2,
    async (pool) => {
      const running = pool.run([{ name: 'spin', count: 2, args: null }]);
      setTimeout(() => control.abort(new CsError('conflict', 'CS_KILLED', 'The job was killed.')), 150);
      await assert.rejects(running, { code: 'CS_KILLED' });
      await assert.rejects(pool.run([{ name: 'twice', count: 1, args: null }]), { code: 'CS_KILLED' });
    },
    control.signal,
  );
  assert.throws(() => new ThreadPool(module, 1, { signal: control.signal }), { code: 'CS_KILLED' });
});
