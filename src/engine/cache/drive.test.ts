import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Fetched } from './fetch.ts';
import { CHUNK_BYTES } from './streams.ts';
import { CacheSite } from './testing/site.ts';

const MB = 1e6;

/** A cache on a drive of its own, unmounted after the test; null, and the test skipped, where none can be mounted. */
function onDrive(t: TestContext, size_mb: number): CacheSite | null {
  const drive = mkdtempSync(join(tmpdir(), 'cs-cache-drive-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size_mb}m`, 'tmpfs', drive], { stdio: 'pipe' });
  } catch (error) {
    rmSync(drive, { recursive: true });
    t.skip(`no drive can be mounted here: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
  const site = new CacheSite(t, drive);
  t.after(() => {
    execFileSync('umount', ['-l', drive]);
    rmSync(drive, { recursive: true });
  });
  return site;
}

function free(site: CacheSite): number {
  const { bavail, bsize } = statfsSync(site.cache_path);
  return bavail * bsize;
}

function counts({ copied, direct, evicted }: Fetched): number[] {
  return [copied.files, [...direct.values()].reduce((sum, { files }) => sum + files, 0), evicted];
}

test('the reserve stays free: older files go for new ones, and what does not fit is read directly', async (t) => {
  const site = onDrive(t, 16);
  if (!site) return;
  const reserve_bytes = free(site) - 7 * MB;
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((name) => site.source(`${name}.mrcs`, 2 * MB));
  assert.deepEqual(counts(await site.visit([a, b, c], { reserve_bytes })), [3, 0, 0]);
  site.age(1000);
  const reader = site.open();
  await site.fetch(reader, [a], { reserve_bytes });
  assert.deepEqual(counts(await site.visit([d], { reserve_bytes })), [1, 0, 1], 'one goes for one');
  assert.ok(free(site) >= reserve_bytes, `${free(site)} bytes free, wanted ${reserve_bytes}`);
  const all = await site.visit([b, c, d, e], { reserve_bytes });
  assert.ok(free(site) >= reserve_bytes, `${free(site)} bytes free, wanted ${reserve_bytes}`);
  assert.equal([...all.direct.values()][0]?.files, 2, 'of four files beside the one that is read, two fit');
  assert.match([...all.direct.keys()].join(), /do not fit beside the files in use and the \d+\.\d MB/);

  // another program takes space: the cache gives way with what nobody reads
  writeFileSync(join(site.cache_path, 'ballast'), Buffer.alloc(3 * MB));
  await site.visit([], { reserve_bytes });
  assert.ok(free(site) >= reserve_bytes, `${free(site)} bytes free, wanted ${reserve_bytes}`);
});

test('a drive that others fill while a file is copied: the file is read directly, the rest of it is removed', async (t) => {
  const site = onDrive(t, 48);
  if (!site) return;
  const path = site.source('a.mrcs', 4 * CHUNK_BYTES);
  const later = site.source('b.mrcs', MB);
  let full = false;
  const onProgress = (done: number): void => {
    if (done === 0 || full) return;
    full = true;
    assert.throws(() => writeFileSync(join(site.cache_path, 'ballast'), Buffer.alloc(48 * MB)), { code: 'ENOSPC' });
  };
  const job = site.open();
  const fetched = await site.fetch(job, [path, later], { onProgress });
  assert.ok(full);
  assert.equal(fetched.local.get(path), path);
  assert.match([...fetched.direct.keys()].join(), /drive of the SSD cache is full|filled the drive/);
  rmSync(join(site.cache_path, 'ballast'));
  assert.ok(free(site) > 40 * MB, `${free(site)} bytes are free again`);
  assert.deepEqual(counts(await site.visit([path])), [1, 0, 0], 'the next job copies it');
});

test('a drive full to the last byte with files of the cache makes room by itself', async (t) => {
  const site = onDrive(t, 8);
  if (!site) return;
  const paths = ['a', 'b'].map((name) => site.source(`${name}.mrcs`, 3 * MB));
  await site.visit(paths);
  const ballast = join(site.cache_path, 'ballast');
  for (const size of [MB, 4096]) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  assert.equal(free(site), 0);
  const job = site.open();
  const other = site.source('c.mrcs', 2 * MB);
  const fetched = await site.fetch(job, [other]);
  assert.deepEqual([fetched.copied.files, site.store.names().length], [1, 2]);
  const local = fetched.local.get(other) ?? '';
  assert.ok(local !== other && readFileSync(local).equals(readFileSync(other)));
});
