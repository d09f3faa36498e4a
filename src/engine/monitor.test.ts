import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Dataset } from '../data/dataset.ts';
import { readDataset, writeDataset } from '../data/cs-file.ts';
import { isAlive, type ProcessId, processIdentity } from '../host/process-tree.ts';
import { eventSchema } from '../schema/events.ts';
import { Rehearsal } from './testing/rehearsal.ts';

/** Identities of processes that must be alive now. */
function identities(pids: readonly number[]): ProcessId[] {
  return pids.map((pid) => {
    const id = processIdentity(pid);
    assert.ok(id, `process ${pid} should be running`);
    return id;
  });
}

async function allGone(processes: readonly ProcessId[], within_ms: number): Promise<void> {
  const end = Date.now() + within_ms;
  while (processes.some(isAlive) && Date.now() < end) await sleep(50);
  assert.deepEqual(processes.filter(isAlive), [], 'processes that survived');
}

/** A file system of 256 kB, unmounted after the test; null, and the test skipped, where none can be mounted. */
function mountTinyDisk(t: TestContext): string | null {
  const disk = mkdtempSync(`${tmpdir()}/cs-tiny-disk-`);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    rmSync(disk, { recursive: true });
    t.skip(`no tiny disk can be mounted here: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
  t.after(() => {
    execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });
  return disk;
}

describe('a launched job', { concurrency: 4 }, () => {
  test('completes: outputs, passthrough, events and progress reach disk and master, the token stays secret', async () => {
    const inputs = {
      particles: [
        {
          connection: { job_uid: 'J1', output: 'imported', results: {} },
          results: ['blob', 'location'].map((name) => ({
            name,
            source: name,
            dtype: name,
            metafile: 'J1/J1_imported.cs',
          })),
        },
      ],
    };
    await using job = await Rehearsal.launch('completes', { claim: { inputs } });
    execFileSync('mkdir', [`${job.root}/J1`]);
    const source = Dataset.create(BigUint64Array.of(11n, 12n), ['blob', 'location']);
    source.f4('location/center_x_frac').set([0.25, 0.75]);
    source.text('blob/path').fill('J1/imported/a.mrcs');
    writeDataset(`${job.root}/J1/J1_imported.cs`, source);

    job.start();
    assert.equal(await job.ended(), 0, job.read('job.log') + job.stderr);

    const [outcome] = job.master.outcomes;
    assert.equal(job.master.outcomes.length, 1);
    assert.equal(outcome.status, 'completed');
    const [output] = outcome.outputs;
    assert.equal(output.num_items, 2);
    assert.deepEqual(output.summary, { mean_df_A: 12_000, skipped: 1 });
    assert.deepEqual(
      output.results.map((r) => `${r.name} ${r.passthrough}`).sort((a, b) => a.localeCompare(b)),
      ['blob true', 'ctf false', 'location true'],
    );
    assert.match(output.image ?? '', /^J2\/assets\/.*\.png$/);
    assert.equal(readDataset(`${job.job_dir}/J2_particles.cs`).f4('ctf/df1_A')[1], 12_000);
    const forwarded = readDataset(`${job.job_dir}/J2_passthrough_particles.cs`);
    assert.deepEqual([...forwarded.f4('location/center_x_frac')], [0.25, 0.75]);

    const onDisk = job.log;
    for (const event of onDisk) eventSchema.parse(event);
    assert.deepEqual(job.master.events, onDisk, 'the master heard of every event');
    const progress = onDisk.filter((e) => e.type === 'progress');
    assert.equal(progress.length, 1);
    assert.equal(progress[0].fraction, 1);
    assert.equal(job.master.reports.at(-1)?.progress?.fraction, 1);
    assert.ok(job.read('events.jsonl').split('\n').length < 40, 'a hundred quick steps are not a hundred lines');
    assert.equal(job.master.reports.at(-1)?.ui_tile_image, output.image);
    assert.ok(onDisk.some((e) => e.type === 'warning' && e.text.includes('Figure "broken" cannot be drawn')));

    assert.deepEqual(JSON.parse(job.read('.finish.json')), outcome);
    assert.ok(!existsSync(`${job.job_dir}/.launch.json`), 'the launch file is deleted');
    for (const name of ['job.log', 'events.jsonl', '.finish.json']) {
      assert.ok(!job.read(name).includes(job.master.token), `no token in ${name}`);
    }
  });

  test('that refuses its parameters fails with its own words', async () => {
    await using job = await Rehearsal.launch('refuses');
    job.start();
    assert.equal(await job.ended(), 1);
    const errors = [{ kind: 'input', code: 'CS_PARAM_RANGE', message: 'Resolution (25 Å) must be finer than 4 Å.' }];
    assert.deepEqual(job.master.outcomes, [{ status: 'failed', errors, outputs: [] }]);
    assert.ok(job.log.some((e) => e.type === 'error' && e.text === errors[0].message));
    assert.ok(!/\n\s+at /.test(job.read('job.log')), 'no stack for what the user can mend');
  });

  for (const [ending, message] of [
    ['bug', /reading 'length'/],
    ['rejection', /nobody waits for this/],
  ] as const) {
    test(`that fails by a ${ending} says so and leaves the stack in job.log`, async () => {
      await using job = await Rehearsal.launch(ending);
      job.start();
      assert.equal(await job.ended(), 1);
      const [{ status, errors }] = job.master.outcomes;
      assert.equal(status, 'failed');
      assert.equal(errors[0].kind, 'bug');
      assert.match(errors[0].message, message);
      assert.ok(job.log.some((e) => e.type === 'error' && e.text.startsWith('This is a bug')));
      assert.match(job.read('job.log'), /rehearsal\/run\.ts:\d+/);
    });
  }

  test('that cannot read a file names it', async () => {
    await using job = await Rehearsal.launch('reads_missing');
    job.start();
    assert.equal(await job.ended(), 1);
    const [{ errors }] = job.master.outcomes;
    assert.equal(errors[0].kind, 'input');
    assert.ok(errors[0].message.includes(job.path), errors[0].message);
  });

  test('whose input dataset is missing names the file', async () => {
    const results = [{ name: 'blob', source: 'blob', dtype: 'blob', metafile: 'J1/gone.cs' }];
    const inputs = { particles: [{ connection: { job_uid: 'J1', output: 'imported', results: {} }, results }] };
    await using job = await Rehearsal.launch('completes', { claim: { inputs } });
    job.start();
    assert.equal(await job.ended(), 1);
    const [{ errors }] = job.master.outcomes;
    assert.equal(errors[0].kind, 'input');
    assert.match(errors[0].message, /J1\/gone\.cs/);
  });

  test('of an unknown type or with wrong parameters fails in words', async () => {
    await using unknown = await Rehearsal.launch('completes', { claim: { type: '../../etc' } });
    await using wrong = await Rehearsal.launch('no_such_ending');
    unknown.start();
    wrong.start();
    assert.deepEqual([await unknown.ended(), await wrong.ended()], [1, 1]);
    assert.equal(unknown.master.outcomes[0].errors[0].code, 'CS_JOB_TYPE');
    assert.match(wrong.master.outcomes[0].errors[0].message, /ending: /);
  });

  test('that exits by itself is a failure that names the exit code', async () => {
    await using job = await Rehearsal.launch('exits');
    job.start();
    assert.equal(await job.ended(), 1);
    assert.match(job.master.outcomes[0].errors[0].message, /exit code 3/);
    assert.ok(
      job.log.some((e) => e.type === 'error' && e.text.includes('exit code 3')),
      'the monitor writes it into the log',
    );
  });

  test('killed while busy in all threads leaves no process, not even one that left its session', async () => {
    await using job = await Rehearsal.launch('busy');
    job.start();
    const processes = identities(await job.pids());
    assert.equal(processes.length, 3);
    job.master.kill = true;
    assert.equal(await job.ended(), 4);
    assert.deepEqual(processes.filter(isAlive), [], 'gone before the outcome is told');
    assert.deepEqual(job.master.outcomes, [{ status: 'killed', errors: [], outputs: [] }]);
    assert.ok(job.log.some((e) => e.type === 'warning' && e.text === 'The job was killed.'));
  });

  test('killed while it waits ends at once', async () => {
    await using job = await Rehearsal.launch('waits');
    job.start();
    await job.pids();
    job.master.kill = true;
    assert.equal(await job.ended(), 4);
    assert.equal(job.master.outcomes[0].status, 'killed');
  });

  test('that leaves a child behind completes, and the child is ended', async () => {
    await using job = await Rehearsal.launch('leaves_child');
    job.start();
    assert.equal(await job.ended(), 0);
    const pid = Number(readFileSync(job.path, 'utf8'));
    assert.ok(pid > 1);
    assert.equal(processIdentity(pid), null);
  });

  test('whose main process is killed with SIGKILL fails with the signal and its memory in words', async () => {
    await using job = await Rehearsal.launch('waits');
    job.start();
    const [main] = await job.pids();
    process.kill(main, 'SIGKILL');
    assert.equal(await job.ended(), 1);
    const [error] = job.master.outcomes[0].errors;
    assert.equal(error.kind, 'resource');
    assert.match(error.message, /killed by signal SIGKILL: out of memory is the usual cause.*up to \d+ MB/);
    assert.ok(job.log.some((e) => e.type === 'error' && e.text === error.message));
  });

  test('does not outlive its monitor, even when all its threads are busy', async () => {
    await using job = await Rehearsal.launch('busy');
    const monitor = job.start();
    const processes = identities(await job.pids());
    monitor.kill('SIGKILL');
    await allGone(processes, 10_000);
    assert.deepEqual(job.master.outcomes, []);
  });

  test('whose monitor gets SIGTERM is ended and fails as stopped from outside', async () => {
    await using job = await Rehearsal.launch('waits');
    const monitor = job.start();
    const processes = identities(await job.pids());
    monitor.kill('SIGTERM');
    assert.equal(await job.ended(), 1);
    assert.deepEqual(processes.filter(isAlive), []);
    assert.equal(job.master.outcomes[0].errors[0].code, 'CS_STOPPED');
  });

  test('goes on while the master is away, and tells events and outcome when it is back', async () => {
    await using job = await Rehearsal.launch('completes');
    job.start();
    await job.master.until('the claim', () => job.master.claims === 1);
    await job.master.close();
    const end = Date.now() + 15_000;
    while (job.read('.finish.json') === '' && Date.now() < end) await sleep(50);
    assert.equal((JSON.parse(job.read('.finish.json')) as { status: string }).status, 'completed');
    await job.master.listen();
    assert.equal(await job.ended(), 0);
    assert.equal(job.master.outcomes[0].status, 'completed');
    assert.match(job.read('job.log'), /connection refused/);
    assert.deepEqual(job.master.events, job.log, 'what was written meanwhile is told, too');
  });

  test('whose launch the master has withdrawn is ended without an outcome', async () => {
    await using job = await Rehearsal.launch('waits');
    job.start();
    const processes = identities(await job.pids());
    job.master.refuse = { kind: 'denied', code: 'CS_TOKEN', message: 'This launch is over.' };
    assert.equal(await job.ended(), 5);
    assert.deepEqual(processes.filter(isAlive), []);
    assert.deepEqual(job.master.outcomes, []);
    assert.equal(job.read('.finish.json'), '');
  });

  test('that takes more memory than it was given is warned about in the log', async () => {
    await using job = await Rehearsal.launch('waits', { claim: { memory_mb: 10 } });
    job.start();
    const warned = (): boolean =>
      job.master.events.some((e) => e.type === 'warning' && /uses \d+ MB of memory; it was given 10 MB/.test(e.text));
    await job.master.until('the warning', warned);
    job.master.kill = true;
    await job.ended();
  });

  test('on a full disk fails with the name of the file, and the outcome arrives', async (t) => {
    const disk = mountTinyDisk(t);
    if (disk === null) return;
    await using job = await Rehearsal.launch('fills_disk', { job_dir: `${disk}/J2` });
    job.start();
    assert.equal(await job.ended(), 1);
    const [error] = job.master.outcomes[0].errors;
    assert.deepEqual([error.kind, error.code], ['resource', 'CS_DISK_FULL']);
    assert.ok(error.message.includes(`${disk}/J2/events.jsonl`), error.message);
  });

  test('that fails while the disk is full still tells why it failed, then that the disk is full', async (t) => {
    const disk = mountTinyDisk(t);
    if (disk === null) return;
    await using job = await Rehearsal.launch('refuses_on_full_disk', { job_dir: `${disk}/J2` });
    job.start();
    assert.equal(await job.ended(), 1);
    const codes = job.master.outcomes[0].errors.map((e) => e.code);
    assert.deepEqual(codes, ['CS_PARAM_RANGE', 'CS_DISK_FULL']);
  });
});

describe('a launch that cannot be claimed', { concurrency: 4 }, () => {
  test('a second time is refused with the master’s words, and the first one goes on', async () => {
    await using job = await Rehearsal.launch('waits');
    job.start();
    const processes = identities(await job.pids());
    job.writeLaunchFile();
    const first = job.pid;
    job.start();
    assert.equal(await job.ended(), 3);
    assert.match(job.stderr, /P1 J2 was not started: This launch has been claimed already\. \[CS_CLAIMED\]/);
    assert.equal(processes.filter(isAlive).length, processes.length);
    process.kill(first, 'SIGKILL');
    await allGone(processes, 10_000);
  });

  test('without its file, or with a damaged one, says so without showing the token', async () => {
    await using job = await Rehearsal.launch('completes');
    execFileSync('truncate', ['-s', '40', `${job.job_dir}/.launch.json`]);
    job.start();
    assert.equal(await job.ended(), 3);
    assert.match(job.stderr, /\.launch\.json is not JSON \(40 characters\)/);
    assert.ok(!job.stderr.includes('secret'));
    rmSync(`${job.job_dir}/.launch.json`);
    job.start();
    assert.equal(await job.ended(), 3);
    assert.match(job.stderr, /There is no .*\.launch\.json/);
  });
});
