import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildWasm } from '../../tools/build-wasm.ts';
import { Arena } from './arena.ts';
import { Engine } from './engine.ts';
import { RealFft } from './fft.ts';
import { withEngine } from './testing.ts';

before(async () => {
  await buildWasm();
});

test('released memory is used again, and neighbours are joined', () => {
  const arena = new Arena(4096, 2 ** 24);
  const [a, b, c] = [arena.allocate(1000), arena.allocate(1000), arena.allocate(1000)];
  assert.equal(arena.inUse_bytes, 3 * 1024);
  arena.release(a);
  arena.release(b);
  assert.equal(arena.allocate(2048), a);
  arena.release(c);
  arena.release(a);
  assert.equal(arena.inUse_bytes, 0);
  assert.equal(arena.peak_bytes, 3 * 1024);
  assert.equal(arena.allocate(64), 4096);
  assert.throws(() => arena.release(12), { code: 'CS_ARENA_ADDRESS' });
});

test('arrays never overlap and stay valid while the memory grows', () => {
  const arena = new Arena(4096, 2 ** 28);
  const arrays = Array.from({ length: 40 }, (_, i) => arena.floats(1 + 5000 * i).fill(i));
  for (const array of arrays.filter((_, i) => i % 3 === 0)) arena.free(array);
  const later = Array.from({ length: 20 }, (_, i) => arena.floats(3000 * (i + 1)).fill(100 + i));
  arrays.forEach((array, i) => assert.ok(i % 3 === 0 || array.every((v) => v === i), `array ${i} was overwritten`));
  later.forEach((array, i) =>
    assert.ok(
      array.every((v) => v === 100 + i),
      `later array ${i} was overwritten`,
    ),
  );
});

test('too large a request names the bytes wanted, in use and allowed', () => {
  const arena = new Arena(4096, 1_000_000);
  arena.allocate(64);
  const wanted = {
    kind: 'resource',
    code: 'CS_OUT_OF_MEMORY',
    message: /1000000 bytes wanted, 64 in use, limit 1000000/,
  };
  assert.throws(() => arena.allocate(1_000_000), wanted);
});

test('a failing kernel surfaces as an error and leaves the engine usable', async () => {
  await withEngine({}, async (engine) => {
    const wrong = { operation: 99, items: 4, args: [], scratch_bytes: 0 };
    await assert.rejects(engine.runAsync([wrong]), { code: 'CS_KERNEL', message: /unreachable/ });
    assert.throws(() => engine.run([wrong]), { message: /unreachable/ });
    const fft = new RealFft(engine, [4]);
    const spectrum = engine.zeros(6);
    engine.run(fft.forward(engine.copyIn([1, 0, 0, 0]), spectrum));
    assert.deepEqual([...spectrum], [1, 0, 1, 0, 1, 0]);
  });
});

test('an aborted run rejects with the reason before all items are done', async () => {
  await withEngine({}, async (engine) => {
    const fft = new RealFft(engine, [256, 256]);
    const count = 64;
    const commands = fft.forward(engine.zeros(count * fft.realLength), engine.zeros(count * fft.spectrumLength), count);
    const many = Array.from({ length: 200 }, () => commands).flat();
    const abort = new AbortController();
    const reason = new Error('enough');
    setImmediate(() => abort.abort(reason));
    await assert.rejects(engine.runAsync(many, abort.signal), reason);
    engine.run(commands);
  });
});

test('only one list of commands runs at a time, and none after the end', async () => {
  const engine = await Engine.start({ threads: 2 });
  const fft = new RealFft(engine, [64, 64]);
  const one = fft.forward(engine.zeros(fft.realLength), engine.zeros(fft.spectrumLength));
  // long enough to be still running when the second list comes
  const commands = Array.from({ length: 5000 }, () => one).flat();
  const first = engine.runAsync(commands);
  assert.throws(() => engine.run(commands), { code: 'CS_ENGINE_BUSY' });
  await first;
  await engine.stop();
  assert.throws(() => engine.run(commands), { code: 'CS_ENGINE_STOPPED' });
  await assert.rejects(Engine.start({ threads: 0 }), { code: 'CS_THREADS' });
});
