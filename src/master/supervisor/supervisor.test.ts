import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, processIdentity, type ProcessId } from '../../host/process-tree.ts';
import { holdLock } from './instance-lock.ts';
import { ManagedProcess, type ProcessStatus, type Program, type RestartPolicy } from './managed-process.ts';
import { RotatingLog } from './rotating-log.ts';
import { Supervisor, type SupervisorState } from './supervisor.ts';

const entry = fileURLToPath(new URL('testing-program.ts', import.meta.url));
const policy: RestartPolicy = {
  first_pause_ms: 20,
  longest_pause_ms: 60,
  healthy_ms: 60_000,
  give_up_after: 4,
  ready_ms: 20_000,
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(`${tmpdir()}/supervisor-`);
});
afterEach(() => rmSync(dir, { recursive: true }));

function program(name: string, mode: string): Program {
  return { name, entry, args: [`${dir}/${name}.notes`, mode], env: process.env, stop_ms: 5000 };
}

function notes(name: string): string[] {
  return readFileSync(`${dir}/${name}.notes`, 'utf8').trimEnd().split('\n');
}

/** Every status a process goes through, and a way to wait for one. */
function watched(
  mode: string,
  changes: Partial<RestartPolicy> = {},
): {
  process: ManagedProcess;
  seen: ProcessStatus[];
  until: (wanted: (s: ProcessStatus) => boolean) => Promise<ProcessStatus>;
} {
  const seen: ProcessStatus[] = [];
  const waiting = new Set<() => void>();
  const process = new ManagedProcess(
    program('p', mode),
    { ...policy, ...changes },
    {
      changed: () => {
        seen.push(process.status());
        for (const look of waiting) look();
      },
      output: () => undefined,
    },
  );
  const until = (wanted: (s: ProcessStatus) => boolean): Promise<ProcessStatus> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (wanted(process.status())) resolve(process.status());
      };
      waiting.add(look);
      look();
    });
  return { process, seen, until };
}

test('a process that is killed is started again', async () => {
  const { process: watchedProcess, until } = watched('serves');
  watchedProcess.start();
  const { pid } = await until((s) => s.state === 'RUNNING');
  process.kill(pid!, 'SIGKILL');
  const backoff = await until((s) => s.state === 'BACKOFF');
  assert.match(backoff.message, /killed by SIGKILL: serving/);
  const again = await until((s) => s.state === 'RUNNING');
  assert.notEqual(again.pid, pid);
  assert.equal(again.restarts, 1);
  await watchedProcess.stop();
  assert.equal(watchedProcess.status().state, 'STOPPED');
  assert.equal(processIdentity(again.pid!), null);
  assert.deepEqual(notes('p').at(-1), 'stop');
});

test('one that fails again and again is given up after a number of quick failures, with its last words', async () => {
  const { process, seen, until } = watched('fails');
  process.start();
  const end = await until((s) => s.state === 'FATAL');
  assert.equal(end.restarts, policy.give_up_after);
  assert.equal(end.message, 'exit status 3: the words of its failure');
  assert.equal(notes('p').length, policy.give_up_after + 1);
  assert.deepEqual(
    seen.map((s) => s.state),
    [...Array.from({ length: policy.give_up_after }, () => ['STARTING', 'BACKOFF']).flat(), 'STARTING', 'FATAL'],
  );
});

test('the pause before a restart doubles up to its bound', async () => {
  const { process, seen, until } = watched('fails', { first_pause_ms: 40, longest_pause_ms: 160, give_up_after: 5 });
  const times: number[] = [];
  const push = seen.push.bind(seen);
  seen.push = (...items) => {
    times.push(performance.now());
    return push(...items);
  };
  process.start();
  await until((s) => s.state === 'FATAL');
  const pauses = seen.flatMap((s, i) => (s.state === 'BACKOFF' ? [(times[i + 1] ?? 0) - (times[i] ?? 0)] : []));
  // a timer never fires early (by more than its own millisecond)
  [40, 80, 160, 160, 160].forEach((least, i) => {
    assert.ok((pauses[i] ?? 0) >= least - 2, `pause ${i} was ${pauses[i]} ms, wanted at least ${least}`);
  });
});

test('a failure after a healthy time counts as a first one: such a process is never given up', async () => {
  const { process, until } = watched('brief', { healthy_ms: 0 });
  process.start();
  await until((s) => s.restarts > policy.give_up_after + 2);
  assert.notEqual(process.status().state, 'FATAL');
  await process.stop();
});

test('programs start in order, stop the other way round, and their state is on disk', async () => {
  const log = new RotatingLog(`${dir}/supervisord.log`);
  const self = {
    ...processIdentity(process.pid)!,
    hostname: 'here',
    version: 'v1',
    started_at: new Date().toISOString(),
  };
  const supervisor = new Supervisor([program('first', 'serves'), program('second', 'serves')], {
    run_dir: dir,
    policy,
    self,
    log,
  });
  assert.equal(await supervisor.start(), null);
  const state = JSON.parse(readFileSync(`${dir}/supervisor.json`, 'utf8')) as SupervisorState;
  assert.deepEqual(
    state.processes.map((p) => [p.name, p.state]),
    [
      ['first', 'RUNNING'],
      ['second', 'RUNNING'],
    ],
  );
  const before = supervisor.status().map((p) => p.pid);
  await supervisor.restart();
  const after = supervisor.status();
  assert.ok(after.every((p) => p.state === 'RUNNING' && !before.includes(p.pid)));
  await supervisor.stop();
  for (const { pid } of state.processes) assert.equal(processIdentity(pid!), null);
  assert.equal(readFileSync(`${dir}/first.log`, 'utf8'), 'serving\nserving\n');
  log.close();
});

test('a program that fails at the first start is reported, and what follows it is not started', async () => {
  const log = new RotatingLog(`${dir}/supervisord.log`);
  const self = {
    ...processIdentity(process.pid)!,
    hostname: 'here',
    version: 'v1',
    started_at: new Date().toISOString(),
  };
  const supervisor = new Supervisor([program('first', 'fails'), program('second', 'serves')], {
    run_dir: dir,
    policy,
    self,
    log,
  });
  const failed = await supervisor.start();
  assert.match(failed?.message ?? '', /the words of its failure/);
  await supervisor.stop();
  assert.equal(supervisor.status()[1]?.state, 'STOPPED');
  assert.throws(() => notes('second'), /ENOENT/);
  log.close();
});

test('children of a supervisor that is killed end by themselves', async () => {
  const script = `${dir}/parent.ts`;
  const url = JSON.stringify(new URL('managed-process.ts', import.meta.url).href);
  writeFileSync(
    script,
    `import { ManagedProcess } from ${url};
     const p = new ManagedProcess(${JSON.stringify(program('child', 'serves'))}, ${JSON.stringify(policy)}, {
       changed: () => { if (p.status().state === 'RUNNING') process.stdout.write(String(p.status().pid)); },
       output: () => undefined,
     });
     p.start();`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const child: ProcessId = processIdentity(Number(chunk.toString()))!;
  assert.ok(isAlive(child));
  parent.kill('SIGKILL');
  const end = Date.now() + 10_000;
  while (isAlive(child) && Date.now() < end) await sleep(20);
  assert.ok(!isAlive(child));
});

test('the lock is held by one process at a time, and free again when its holder was killed', async () => {
  const path = `${dir}/supervisor.lock`;
  const url = JSON.stringify(new URL('instance-lock.ts', import.meta.url).href);
  const code = `import { holdLock } from ${url}; holdLock(${JSON.stringify(path)}); console.log('held'); setInterval(() => {}, 1e6);`;
  const holder = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  assert.throws(() => holdLock(path), { code: 'CS_ALREADY_RUNNING' });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  holdLock(path).release();
});

test('a log that is full is put aside, and only so many are kept', () => {
  const path = `${dir}/x.log`;
  const log = new RotatingLog(path, { max_bytes: 10, kept: 2 });
  for (const line of ['one-one-one\n', 'two-two-two\n', 'three-three\n', 'four-four-four\n']) log.write(line);
  log.close();
  const read = (name: string): string => readFileSync(name, 'utf8');
  assert.deepEqual(
    [read(path), read(`${path}.1`), read(`${path}.2`)],
    ['four-four-four\n', 'three-three\n', 'two-two-two\n'],
  );
  assert.throws(() => read(`${path}.3`), /ENOENT/);
});
