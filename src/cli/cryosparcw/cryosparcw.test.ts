import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { describe, test, type TestContext } from 'node:test';
import { CsError } from '../../base/errors.ts';
import { cpuCount, ramSlots } from '../../host/machine.ts';
import { INSTALL_DIR, VERSION } from '../../host/version.ts';
import { api, type ApiInput } from '../../schema/api.ts';
import type { TargetNode } from '../../schema/model.ts';
import { connect, connectRequest } from './connect.ts';
import { parseOptions } from './options.ts';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

async function cryosparcw(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  program = `${INSTALL_DIR}/bin/cryosparcw`,
): Promise<Ended> {
  const child = spawn(program, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended: Ended = { status: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (ended.stdout += String(text)));
  child.stderr.on('data', (text) => (ended.stderr += String(text)));
  ended.status = await new Promise((resolve) => child.once('close', resolve));
  return ended;
}

function temporary(t: TestContext): string {
  const dir = mkdtempSync(`${tmpdir()}/cs-worker-`);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const GPUS = [0, 1].map((id) => ({
  id,
  vendor: 'NVIDIA' as const,
  name: `GPU ${id}`,
  mem: 8e9,
  driver: '1',
  pci_address: `0000:0${id}:00.0`,
}));
const HOSTS = ['--worker', 'node1', '--master', 'head'];

function request(...args: string[]): ApiInput<'worker.connect'> {
  const made = connectRequest(parseOptions(connect.options, [...HOSTS, ...args]), GPUS);
  api['worker.connect'].input.parse(made);
  return made;
}

describe('what connect tells the master', () => {
  test('a new worker offers all that it has', () => {
    const made = request('--nossd');
    assert.equal(made.hostname, 'node1');
    assert.equal(made.cpus, cpuCount());
    assert.equal(made.rams, ramSlots());
    assert.deepEqual(
      made.gpus,
      GPUS.map(({ id, name, mem }) => ({ id, name, mem })),
    );
    assert.equal(made.cache_path, null);
    assert.match(made.ssh_str ?? '', /^.+@node1$/);
    assert.equal(made.worker_bin_path, `${INSTALL_DIR}/bin/cryosparcw`);
  });

  test('options choose a part of it', (t) => {
    const ssd = temporary(t);
    const args = ['--gpus', '1', '--cpus=3', '--rams', '2', '--lane', 'fast', '--newlane', '--sshstr', 'em@n1'];
    const made = request(...args, '--ssdpath', `${ssd}/`, '--ssdquota', '5000', '--ssdreserve', '1');
    assert.deepEqual(
      made.gpus?.map((g) => g.id),
      [1],
    );
    assert.deepEqual([made.cpus, made.rams, made.lane, made.newlane, made.ssh_str], [3, 2, 'fast', true, 'em@n1']);
    assert.deepEqual([made.cache_path, made.cache_quota_mb, made.cache_reserve_mb], [ssd, 5000, 1]);
    assert.deepEqual(request('--nossd', '--nogpu').gpus, []);
  });

  test('the master’s own machine needs no ssh', () => {
    for (const [worker, master] of [
      ['head', 'head'],
      ['node1', hostname()],
      ['node1', 'localhost'],
    ]) {
      const made = connectRequest(
        parseOptions(connect.options, ['--worker', worker, '--master', master, '--nossd']),
        [],
      );
      assert.equal(made.ssh_str, undefined, `${worker} ${master}`);
    }
  });

  test('an update tells only what is given', () => {
    const { hostname: _h, version: _v, worker_bin_path: _w, ...rest } = request('--update', '--cpus', '2');
    assert.deepEqual(rest, { update: true, newlane: false, cpus: 2 });
  });

  for (const [args, message] of [
    [[], /--ssdpath <ssd_path> .* or --nossd/],
    [['--nossd', '--nogpu', '--gpus', '0'], /--nogpu and --gpus contradict/],
    [['--nossd', '--ssdquota', '5'], /--nossd and --ssdquota contradict/],
    [['--nossd', '--gpus', '0,2'], /GPU 2; this machine has GPUs 0, 1/],
    [['--nossd', '--gpus', '1,1'], /GPU 1 twice/],
    [['--nossd', '--newlane'], /--newlane needs --lane/],
    [['--nossd', '--cpus', '0'], /--cpus is 0/],
    [['--ssdpath', 'scratch'], /"scratch", wanted an absolute path/],
    [['--ssdpath', '/no/such/place'], /\/no\/such\/place does not exist/],
    [['--ssdpath', '/proc'], /\/proc is not writable/],
    [['--ssdpath', '/dev/null'], /\/dev\/null is not a directory/],
    [['--ssdpath', tmpdir(), '--ssdreserve', '999999999999'], /--ssdreserve is 999999999999 MB, but the disk/],
  ] as const) {
    test(`"${args.join(' ')}" is refused in words`, () => {
      assert.throws(
        () => request(...args),
        (e) => e instanceof CsError && e.kind === 'input' && message.test(e.message),
      );
    });
  }
});

describe('options', () => {
  for (const [args, message] of [
    [['--wroker', 'x'], /Unknown option --wroker\. Did you mean --worker\?/],
    [['--worker'], /--worker needs a value: --worker <worker_hostname>/],
    [['--worker', '--master', 'a'], /--worker needs a value/],
    [['--update=yes'], /--update takes no value, got "yes"/],
    [['--gpus', '0;1'], /--gpus is "0;1", wanted whole numbers/],
    [['--port', '38000.5'], /--port is "38000\.5", wanted a whole number/],
    [['--worker=a', '--worker=b'], /--worker is given twice/],
    [['node1'], /Unexpected argument "node1"/],
    [['--worker', 'a'], /Missing: --master <master_hostname>/],
  ] as const) {
    test(`"${args.join(' ')}" is refused in words`, () => {
      assert.throws(
        () => parseOptions(connect.options, args),
        (e) => e instanceof CsError && e.code === 'CS_USAGE' && message.test(e.message),
      );
    });
  }
});

describe('cryosparcw', { concurrency: 3 }, () => {
  test('connect sends the license id to the API two above the base port, and prints the registration', async (t) => {
    let heard: { url: string | undefined; license: unknown; body: ApiInput<'worker.connect'> } | undefined;
    const server = createServer((incoming, response) => {
      let text = '';
      incoming.on('data', (chunk) => (text += String(chunk)));
      incoming.on('end', () => {
        const body = api['worker.connect'].input.parse(JSON.parse(text));
        heard = { url: incoming.url, license: incoming.headers['license-id'], body };
        const slots = (n = 0): number[] => Array.from({ length: n }, (_, k) => k);
        const { hostname, worker_bin_path, version, gpus = [] } = body;
        const target: TargetNode = {
          name: hostname,
          hostname,
          lane: 'default',
          type: 'node',
          title: '',
          ssh_str: '',
          worker_bin_path,
          version,
          gpus,
          cache_path: null,
          cache_quota_mb: null,
          cache_reserve_mb: 10_000,
          resource_fixed: { SSD: false },
          resource_slots: { CPU: slots(body.cpus), GPU: [], RAM: slots(body.rams) },
        };
        response.end(JSON.stringify(target));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const port = (server.address() as AddressInfo).port - 2;
    const args = [
      'connect',
      '--worker',
      '127.0.0.1',
      '--master',
      '127.0.0.1',
      '--port',
      String(port),
      '--nossd',
      '--nogpu',
      '--cpus',
      '3',
    ];
    const ended = await cryosparcw(args, { CRYOSPARC_LICENSE_ID: 'the-id' });
    assert.equal(ended.status, 0, ended.stderr);
    assert.deepEqual([heard?.url, heard?.license, heard?.body.cpus], ['/api/worker.connect', 'the-id', 3]);
    assert.match(ended.stdout, /Configuration of worker 127\.0\.0\.1:\n {2}hostname +127\.0\.0\.1\n/);
    assert.match(ended.stdout, /\n {2}CPU +3\n/);
    assert.ok(!ended.stdout.includes('the-id'));
  });

  test('connect without a license id, or to a master that is not there, says what to do', async () => {
    const without = await cryosparcw(['connect', '--worker', 'a', '--master', 'a', '--nossd'], {
      CRYOSPARC_INSTANCE_DIR: '/nowhere',
    });
    assert.equal(without.status, 2);
    assert.match(without.stderr, /No license id: give --license/);
    const args = ['connect', '--worker', 'a', '--master', '127.0.0.1', '--port', '1', '--nossd', '--license', 'x'];
    const away = await cryosparcw(args);
    assert.equal(away.status, 1);
    assert.match(away.stderr, /Cannot reach http:\/\/127\.0\.0\.1:3\/api\/worker\.connect: connection refused/);
  });

  test('help lists the commands, and the options of each', async () => {
    const [all, one, wrong] = await Promise.all([
      cryosparcw([]),
      cryosparcw(['help', 'connect']),
      cryosparcw(['conect']),
    ]);
    for (const name of ['connect', 'gpulist', 'run', 'env', 'version', 'help'])
      assert.match(all.stdout, new RegExp(`\\n {2}${name} `));
    for (const { name } of connect.options) assert.ok(one.stdout.includes(`--${name}`), name);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /Unknown command "conect"\. Did you mean connect\?/);
  });

  test('runs through symbolic links and takes settings from the instance’s config.sh', async (t) => {
    const dir = temporary(t);
    mkdirSync(`${dir}/bin`);
    symlinkSync(`${INSTALL_DIR}/bin/cryosparcw`, `${dir}/bin/first`);
    symlinkSync('first', `${dir}/bin/second`);
    writeFileSync(`${dir}/config.sh`, `export CRYOSPARC_LICENSE_ID="it's \\$here"\n`);
    const env = await cryosparcw(['env'], { CRYOSPARC_INSTANCE_DIR: dir }, `${dir}/bin/second`);
    assert.equal(env.status, 0, env.stderr);
    const shell = spawn('bash', ['-c', `${env.stdout}\nprintf '%s|%s' "$CRYOSPARC_LICENSE_ID" "$CRYOSPARC_VERSION"`]);
    let text = '';
    shell.stdout.on('data', (chunk) => (text += String(chunk)));
    await new Promise((resolve) => shell.once('close', resolve));
    assert.equal(text, `it's $here|${VERSION}`);
  });

  test('without a Node of version 26 it says where it looked', async (t) => {
    const dir = temporary(t);
    mkdirSync(`${dir}/bin`);
    cpSync(`${INSTALL_DIR}/bin/cryosparcw`, `${dir}/bin/cryosparcw`);
    writeFileSync(`${dir}/bin/node`, '#!/bin/sh\necho 20\n', { mode: 0o755 });
    const ended = await cryosparcw(['version'], { PATH: `${dir}/bin:/usr/bin:/bin` }, `${dir}/bin/cryosparcw`);
    assert.equal(ended.status, 1);
    assert.match(
      ended.stderr,
      new RegExp(`${dir}/node_modules/.bin/node is missing and ${dir}/bin/node is version 20`),
    );
  });
});
