import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { freeBasePort } from '../src/cli/free-ports.ts';
import { INSTALL_DIR } from '../src/host/version.ts';
import type { Ended } from './temp-instance.ts';

const isRoot = process.getuid?.() === 0;
/** The refusal of root is a test of its own. */
const allowed = isRoot ? ['--allowroot'] : [];

let root: string;
let installation: string;
let base_port: number;

/** An installation of its own: copied scripts, packages and sources by link, pages that count as built. */
beforeEach(async () => {
  root = mkdtempSync(`${tmpdir()}/install-`);
  installation = `${root}/an installation`;
  base_port = await freeBasePort();
  mkdirSync(`${installation}/build/web`, { recursive: true });
  mkdirSync(`${installation}/node_modules`);
  mkdirSync(`${root}/home`);
  for (const name of ['bin', 'tools', 'install.sh', 'package.json', 'package-lock.json']) {
    cpSync(`${INSTALL_DIR}/${name}`, `${installation}/${name}`, { recursive: true });
  }
  symlinkSync(`${INSTALL_DIR}/src`, `${installation}/src`);
  symlinkSync(`${INSTALL_DIR}/node_modules/.bin`, `${installation}/node_modules/.bin`);
  copyFileSync(`${installation}/package-lock.json`, `${installation}/node_modules/.installed-package-lock.json`);
  writeFileSync(`${installation}/build/web/index.html`, '<!doctype html>');
  const later = new Date(Date.now() + 3_600_000);
  utimesSync(`${installation}/build/web/index.html`, later, later);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function run(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('CRYOSPARC_'));
  const env = { ...Object.fromEntries(inherited), HOME: `${root}/home`, ...more };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
}

function install(...args: string[]): Promise<Ended> {
  return run(`${installation}/install.sh`, [...allowed, ...args]);
}

/** What `cryosparcm env` gives: the settings as the processes get them. */
async function settings(dir = installation, more: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
  const { stdout, stderr, status } = await run(`${dir}/bin/cryosparcm`, ['env'], more);
  assert.equal(status, 0, stderr);
  return Object.fromEntries([...stdout.matchAll(/^export (CRYOSPARC_\w+)='(.*)'$/gm)].map((m) => [m[1], m[2]]));
}

test('the options become settings that only the owner can read, and what is left out has its default', async () => {
  const port = String(base_port);
  const { status, stderr } = await install(
    '--hostname',
    'node.example.org',
    '--port',
    port,
    '--insecure',
    '--yes',
    '--nopath',
  );
  assert.equal(status, 0, stderr);
  assert.equal(statSync(`${installation}/config.sh`).mode & 0o777, 0o600);
  const found = await settings();
  assert.match(found['CRYOSPARC_LICENSE_ID'] ?? '', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  assert.equal(found['CRYOSPARC_MASTER_HOSTNAME'], 'node.example.org');
  assert.equal(found['CRYOSPARC_BASE_PORT'], port);
  assert.equal(found['CRYOSPARC_INSECURE'], 'true');
  assert.equal(found['CRYOSPARC_DB_PATH'], `${installation}/database`);
  assert.equal(statSync(`${installation}/database`).mode & 0o777, 0o700);
});

test('a second run changes what it names and keeps the rest, also what the user wrote himself', async () => {
  assert.equal(
    (await install('--license', 'abc-1', '--port', String(base_port), '--hostname', 'one', '--nopath')).status,
    0,
  );
  appendFileSync(`${installation}/config.sh`, "export CRYOSPARC_HEARTBEAT_SECONDS='60' # mine\n");
  const again = await install('--hostname=two', `--dbpath=${root}/my $database`, '--nopath');
  assert.equal(again.status, 0, again.stderr);
  const found = await settings();
  assert.deepEqual(
    ['LICENSE_ID', 'MASTER_HOSTNAME', 'BASE_PORT', 'DB_PATH', 'HEARTBEAT_SECONDS'].map(
      (name) => found[`CRYOSPARC_${name}`],
    ),
    ['abc-1', 'two', String(base_port), `${root}/my $database`, '60'],
  );
  const config = readFileSync(`${installation}/config.sh`, 'utf8');
  assert.match(config, /# mine/);
  assert.equal(config.match(/CRYOSPARC_MASTER_HOSTNAME/g)?.length, 1);
  assert.equal((await install('--nopath')).status, 0);
  assert.equal(readFileSync(`${installation}/config.sh`, 'utf8'), config);
});

test('an installation can be moved, and its commands work through links and for another instance directory', async () => {
  assert.equal((await install('--license', 'abc-1', '--port', String(base_port), '--nopath')).status, 0);
  renameSync(installation, `${root}/moved`);
  assert.equal((await settings(`${root}/moved`))['CRYOSPARC_DB_PATH'], `${root}/moved/database`);
  symlinkSync('moved', `${root}/link`);
  mkdirSync(`${root}/commands`);
  symlinkSync('../link/bin/cryosparcm', `${root}/commands/cryosparcm`);
  const version = await run(`${root}/commands/cryosparcm`, ['version']);
  assert.match(version.stdout, /^v\d+\.\d+\.\d+\n$/, version.stderr);
  installation = `${root}/moved`;
  const other = await install(
    '--instance-dir',
    `${root}/other`,
    '--license',
    'xyz-2',
    '--port',
    String(base_port),
    '--nopath',
  );
  assert.equal(other.status, 0, other.stderr);
  const found = await settings(installation, { CRYOSPARC_INSTANCE_DIR: `${root}/other` });
  assert.deepEqual([found['CRYOSPARC_LICENSE_ID'], found['CRYOSPARC_DB_PATH']], ['xyz-2', `${root}/other/database`]);
  assert.equal((await settings(installation))['CRYOSPARC_LICENSE_ID'], 'abc-1');
});

test('PATH is changed once with --yes, and not at all with --nopath or when nobody can be asked', async () => {
  const bashrc = `${root}/home/.bashrc`;
  const port = ['--port', String(base_port)];
  assert.match((await install(...port)).stdout, /To put the commands on PATH/);
  assert.match((await install(...port, '--yes', '--nopath')).stdout, /To put the commands on PATH/);
  assert.ok(!existsSync(bashrc));
  await install('--yes');
  await install('--yes');
  assert.equal(readFileSync(bashrc, 'utf8').match(/export PATH=/g)?.length, 1);
  const found = await run('bash', ['-c', '. ~/.bashrc && command -v cryosparcm']);
  assert.equal(found.stdout, `${installation}/bin/cryosparcm\n`);
});

const mistakes: [string[], number, RegExp][] = [
  [['--prot', '38000'], 2, /unknown option --prot/],
  [['--port'], 2, /--port needs a value/],
  [['--port', '--yes'], 2, /--port needs a value/],
  [['--port', '99999'], 2, /--port is 99999, wanted a number from 1024 to 65000/],
  [['--yes=no'], 2, /--yes takes no value/],
  [['--license', 'a b'], 2, /--license is "a b"/],
  [['--hostname', 'a;b'], 2, /no host name/],
  [['--ssdpath', '/tmp', '--nossd'], 2, /contradict/],
  [['--dbpath', '/proc/nowhere'], 1, /cannot create \/proc\/nowhere \(the database directory\)/],
];
test('what cannot be is refused in words, without a trace', async () => {
  for (const [args, status, message] of mistakes) {
    const ended = await install(...args);
    assert.equal(ended.status, status, args.join(' '));
    assert.match(ended.stderr, message);
    assert.ok(!existsSync(`${installation}/config.sh`), args.join(' '));
  }
});

test('a port that another program uses is named', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const { status, stderr } = await install('--port', String(port), '--nopath');
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`port ${port} is in use by another program`));
  } finally {
    server.close();
  }
});

test('root is refused without --allowroot', { skip: isRoot ? false : 'only root can be refused' }, async () => {
  const { status, stderr } = await run(`${installation}/install.sh`, ['--port', String(base_port)]);
  assert.equal(status, 1);
  assert.match(stderr, /this is root.*--allowroot/);
  assert.ok(!existsSync(`${installation}/config.sh`));
});

test('a directory that cannot be written is named', {
  skip: isRoot ? 'root can write everywhere' : false,
}, async () => {
  mkdirSync(`${root}/closed`, { mode: 0o500 });
  const { status, stderr } = await install('--instance-dir', `${root}/closed/instance`);
  assert.equal(status, 1);
  assert.match(stderr, /cannot create .*closed\/instance \(the instance directory\)/);
});

/** A fake npm: `script` is its `ci`. */
function fakeNpm(script: string): NodeJS.ProcessEnv {
  mkdirSync(`${root}/fake`);
  writeFileSync(
    `${root}/fake/npm`,
    `#!/bin/bash\ncase $1 in --version) echo 10.9.0 ;; config) echo http://registry ;; ci) ${script} ;; esac\n`,
  );
  chmodSync(`${root}/fake/npm`, 0o755);
  return { PATH: `${root}/fake:${process.env['PATH']}` };
}

test('packages are installed when the lock file has changed, once', async () => {
  const env = fakeNpm(`echo ran >>${JSON.stringify(`${root}/ran`)}`);
  appendFileSync(`${installation}/package-lock.json`, '\n');
  const args = [...allowed, '--port', String(base_port), '--nopath'];
  for (let i = 0; i < 2; i++) assert.equal((await run(`${installation}/install.sh`, args, env)).status, 0);
  assert.equal(readFileSync(`${root}/ran`, 'utf8'), 'ran\n');
});

test('packages that cannot be had are said to be the reason, and are tried again the next time', async () => {
  const env = fakeNpm('echo "no network" >&2; exit 1');
  appendFileSync(`${installation}/package-lock.json`, '\n');
  const args = [...allowed, '--port', String(base_port), '--nopath'];
  for (let i = 0; i < 2; i++) {
    const { status, stderr } = await run(`${installation}/install.sh`, args, env);
    assert.equal(status, 1);
    assert.match(stderr, /no network[^]*npm ci failed[^]*http:\/\/registry/);
  }
});

test('settings of another user are refused in words', {
  skip: isRoot ? false : 'only root can give files away',
}, async () => {
  await install('--port', String(base_port), '--nopath');
  chownSync(`${installation}/config.sh`, 0, 0);
  for (const path of [root, `${root}/home`]) chmodSync(path, 0o755);
  const asNobody = await run('setpriv', [
    '--reuid=65534',
    '--clear-groups',
    `${installation}/bin/cryosparcm`,
    'status',
  ]);
  assert.equal(asNobody.status, 1, asNobody.stderr);
  assert.match(
    asNobody.stderr,
    /cannot read .*config\.sh: run cryosparcm as the user that installed this instance \(root\)/,
  );
});
