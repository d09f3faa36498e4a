import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CacheSite } from '../../engine/cache/testing/site.ts';
import { INSTALL_DIR } from '../../host/version.ts';

async function cryosparcw(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const { CRYOSPARC_SSD_PATH: _unset, ...env } = process.env;
  const child = spawn(`${INSTALL_DIR}/bin/cryosparcw`, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = { status: null as number | null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (ended.stdout += String(text)));
  child.stderr.on('data', (text) => (ended.stderr += String(text)));
  ended.status = await new Promise((resolve) => child.once('close', resolve));
  return ended;
}

test('cache status tells what is there and who uses it; cache clear leaves what a job reads', async (t) => {
  const site = new CacheSite(t);
  const [a, b] = ['a', 'b'].map((name) => site.source(`${name}.mrcs`, 2_000_000));
  await site.visit([b]);
  site.age(86_400_000);
  const job = site.open('P7 J12');
  const { local } = await site.fetch(job, [a]);
  const where = ['--ssdpath', site.cache_path];

  const status = await cryosparcw('cache', 'status', ...where, '--files');
  assert.equal(status.status, 0, status.stderr);
  assert.match(status.stdout, /\nfiles +2 files \(4\.0 MB\)\n/);
  assert.match(status.stdout, /\nin use +1 file \(2\.0 MB\)\n/);
  assert.match(status.stdout, new RegExp(`\\nP7 J12 +\\S+ +${process.pid} +\\S+ +1 file \\(2\\.0 MB\\)\\n`));
  const lines = status.stdout.trimEnd().split('\n').slice(-2);
  assert.ok(lines[0].endsWith(b) && lines[1].endsWith(a), `least recently used first:\n${status.stdout}`);
  assert.ok(!lines[0].includes('in use') && lines[1].includes('in use'));

  writeFileSync(join(site.store.files, 'notes.txt'), 'x');
  const cleared = await cryosparcw('cache', 'clear', ...where);
  assert.equal(cleared.stdout, 'Removed 1 file (2.0 MB). 1 file (2.0 MB) in use stays.\n');
  assert.ok(readFileSync(local.get(a) ?? '').equals(readFileSync(a)));
  job.release();
  assert.equal((await cryosparcw('cache', 'clear', ...where)).stdout, 'Removed 1 file (2.0 MB).\n');
  assert.match((await cryosparcw('cache', 'status', ...where)).stdout, /\nfiles +0 files\n/);
  assert.equal(readFileSync(join(site.store.files, 'notes.txt'), 'utf8'), 'x');
});

test('cache status and clear of what is not there make nothing, and wrong words are refused', async (t) => {
  const site = new CacheSite(t);
  const [status, clear, bare, pathless, relative, help] = await Promise.all([
    cryosparcw('cache', 'status', '--ssdpath', site.cache_path),
    cryosparcw('cache', 'clear', '--ssdpath', site.cache_path),
    cryosparcw('cache'),
    cryosparcw('cache', 'status'),
    cryosparcw('cache', 'clear', '--ssdpath', 'scratch'),
    cryosparcw('help', 'cache', 'clear'),
  ]);
  for (const { status: code, stdout } of [status, clear]) {
    assert.equal(code, 0);
    assert.equal(stdout, `There is no SSD cache of this account below ${site.cache_path}.\n`);
  }
  assert.ok(!site.store.exists);
  assert.deepEqual([bare.status, pathless.status, relative.status], [2, 2, 2]);
  assert.match(bare.stderr, /cache status, cache clear/);
  assert.match(pathless.stderr, /give --ssdpath <ssd_path>, or set CRYOSPARC_SSD_PATH/);
  assert.match(relative.stderr, /"scratch", wanted an absolute path/);
  assert.match(help.stdout, /--ssdpath <ssd_path>/);
});
