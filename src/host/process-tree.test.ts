import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test, type TestContext } from 'node:test';
import { isAlive, killTree, processIdentity, type ProcessId, treeMembers, treeMemory_mb } from './process-tree.ts';

/** A shell in a session of its own that runs `script`; it prints a line when it is ready. */
async function startTree(t: TestContext, script: string): Promise<{ root: ProcessId; environment: string }> {
  const environment = `CS_TREE_TEST=${randomUUID()}`;
  const [name, value] = environment.split('=');
  const child = spawn('bash', ['-c', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, [name]: value },
  });
  const root = processIdentity(child.pid ?? 0) ?? assert.fail('the shell should be running');
  t.after(() => killTree({ root, environment }, 0));
  await once(child.stdout, 'data');
  return { root, environment };
}

test('a process is known by number and start time, so that a reused number is another process', async (t) => {
  const { root } = await startTree(t, 'echo ready; sleep 60');
  assert.ok(isAlive(root));
  assert.ok(!isAlive({ ...root, start_ticks: root.start_ticks - 1 }));
  assert.equal(processIdentity(2 ** 22 + 1), null);
});

test('a process whose name holds parentheses and spaces is read right', async (t) => {
  const dir = mkdtempSync(`${tmpdir()}/cs-tree-`);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const { root } = await startTree(
    t,
    `ln -s "$(command -v sleep)" '${dir}/a) R 1 (b'; echo ready; exec '${dir}/a) R 1 (b' 60`,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.match(readFileSync(`/proc/${root.pid}/comm`, 'utf8'), /a\) R 1 \(b/);
  assert.ok(isAlive(root));
});

test('members are found by descent, by session, and by mark when both are gone', async (t) => {
  const script = 'sleep 61 & (sleep 62 &) ; (setsid bash -c "sleep 63 & sleep 64" &) ; sleep 0.3; echo ready; sleep 65';
  const mark = await startTree(t, script);
  const names = treeMembers(mark)
    .map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim())
    .filter((line) => line.startsWith('sleep'))
    .sort((a, b) => a.localeCompare(b));
  assert.deepEqual(names, ['sleep 61', 'sleep 62', 'sleep 63', 'sleep 64', 'sleep 65']);
  const unmarked = treeMembers({ ...mark, environment: 'CS_TREE_TEST=other' }).length;
  assert.equal(
    treeMembers(mark).length - unmarked,
    3,
    'shell and sleeps that left the session are found by mark alone',
  );
});

test('killing a tree ends members that ignore SIGTERM, and after the root has died', async (t) => {
  const mark = await startTree(
    t,
    '(trap "" TERM; sleep 61 & sleep 62) & (setsid sleep 63 &); sleep 0.2; echo ready; sleep 64',
  );
  const members = treeMembers(mark);
  assert.ok(members.length >= 5);
  process.kill(mark.root.pid, 'SIGKILL');
  assert.deepEqual(await killTree(mark, 200), []);
  assert.deepEqual(members.filter(isAlive), []);
});

test('a tree that ends at SIGTERM is not waited for longer', async (t) => {
  const mark = await startTree(t, 'echo ready; sleep 60');
  const started = performance.now();
  assert.deepEqual(await killTree(mark, 60_000), []);
  assert.ok(performance.now() - started < 30_000, 'half of the grace');
});

test('a root whose number has been taken over by another process is left alone', async (t) => {
  const { root } = await startTree(t, 'echo ready; sleep 60');
  const stale = { root: { ...root, start_ticks: root.start_ticks - 1 }, environment: 'CS_TREE_TEST=none' };
  assert.deepEqual(treeMembers(stale), []);
  await killTree(stale, 0);
  assert.ok(isAlive(root));
});

test('memory of a tree is that of this process and its children', async (t) => {
  const own_mb = treeMemory_mb(process.pid);
  assert.ok(
    own_mb > 0.5 * (process.memoryUsage.rss() / 1e6) && own_mb < 2 * (process.memoryUsage.rss() / 1e6),
    `${own_mb} MB`,
  );
  const ballast = `const b = Buffer.alloc(150e6, 1); console.log(b.length); setTimeout(() => {}, 60e3)`;
  const child = spawn(process.execPath, ['-e', ballast], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  assert.ok(treeMemory_mb(process.pid) - own_mb > 150, 'the child’s 150 MB count');
});
