import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
  openSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetched } from './fetch.ts';
import { dataRuns } from './copy.ts';
import { CHUNK_BYTES } from './streams.ts';
import { CacheSite } from './testing/site.ts';

const KB = 1000;

/** Numbers of files: reused, copied, shared, read directly. */
function counts({ reused, copied, shared, direct }: Fetched): number[] {
  const directly = [...direct.values()].reduce((sum, { files }) => sum + files, 0);
  return [reused.files, copied.files, shared.files, directly];
}

function localOf(fetched: Fetched, path: string): string {
  const local = fetched.local.get(path);
  assert.ok(local !== undefined, path);
  return local;
}

test('files are copied once, with all bytes, holes and extension, and used again by the next job', async (t) => {
  const site = new CacheSite(t);
  const small = site.source('a.mrcs', 100 * KB);
  const large = site.source('b.mrc', 3 * CHUNK_BYTES + 5);
  const empty = site.source('empty.mrc', 0);
  const sparse = join(site.dir, 'sparse.mrcs');
  writeFileSync(sparse, 'begin');
  truncateSync(sparse, 40e6);
  appendFileSync(sparse, 'end');
  const paths = [small, large, empty, sparse, small];
  const first = await site.visit(paths);
  assert.deepEqual(counts(first), [0, 4, 0, 0]);
  const job = site.open();
  const again = await site.fetch(job, paths);
  assert.deepEqual(counts(again), [4, 0, 0, 0]);
  for (const path of paths) {
    const local = localOf(again, path);
    assert.ok(local.startsWith(site.cache_path), local);
    assert.ok(readFileSync(local).equals(readFileSync(path)), path);
  }
  assert.match(localOf(again, small), /\.mrcs$/);
  const { blocks } = statSync(localOf(again, sparse));
  assert.ok(512 * blocks < 4e6, `the copy of a file of 40 MB with 8 bytes of data takes ${512 * blocks} bytes`);
  assert.equal(lstatSync(site.store.root).mode & 0o777, 0o700, 'other accounts cannot read it');
  assert.deepEqual(await site.fetch(job, [small]).then(counts), [1, 0, 0, 0], 'a second request of the same job');
});

test('a file under several names is copied once; one that is not there is left to the job', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 10);
  mkdirSync(join(site.dir, 'imported'));
  symlinkSync(path, join(site.dir, 'imported/link.mrcs'));
  const gone = join(site.dir, 'gone.mrcs');
  const fetched = await site.visit([path, join(site.dir, 'imported/link.mrcs'), gone]);
  assert.deepEqual(counts(fetched), [0, 1, 0, 0]);
  assert.equal(localOf(fetched, gone), gone);
  assert.equal(localOf(fetched, path), localOf(fetched, join(site.dir, 'imported/link.mrcs')));
});

test('a source with other bytes is copied anew, be it of another size or only of another time', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 1000);
  await site.visit([path]);
  appendFileSync(path, 'more');
  assert.deepEqual(counts(await site.visit([path])), [0, 1, 0, 0]);
  writeFileSync(path, Buffer.alloc(1004, 'other'));
  utimesSync(path, 1e9, 1e9);
  const job = site.open();
  const last = await site.fetch(job, [path]);
  assert.deepEqual(counts(last), [0, 1, 0, 0]);
  assert.ok(readFileSync(localOf(last, path)).equals(readFileSync(path)));
});

test('a source that changes while it is copied is read directly, and no half of it stays', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 3 * CHUNK_BYTES);
  const other = site.source('b.mrcs', 10);
  let changed = false;
  const onProgress = (done: number): void => {
    if (done === 0 || changed) return;
    changed = true;
    utimesSync(path, 1e9, 1e9);
  };
  const job = site.open();
  const fetched = await site.fetch(job, [path, other], { onProgress });
  assert.deepEqual(counts(fetched), [0, 1, 0, 1], 'the other file is cached all the same');
  assert.equal(localOf(fetched, path), path);
  assert.match([...fetched.direct.keys()].join(), /was changed while it was copied/);
  assert.equal(site.store.names().length, 1);
  assert.deepEqual(
    readdirSync(job.user.dir).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('a copy that does not read back as it was written is not used, nor is the drive for the rest', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 2 * CHUNK_BYTES);
  const job = site.open();
  const onProgress = (done: number, total: number): void => {
    if (done < total) return;
    const [part] = readdirSync(job.user.dir).filter((name) => name.endsWith('.part'));
    const file = openSync(join(job.user.dir, part), 'r+');
    writeSync(file, 'X', CHUNK_BYTES + 1);
    closeSync(file);
  };
  const fetched = await site.fetch(job, [path], { onProgress });
  assert.deepEqual([counts(fetched), localOf(fetched, path)], [[0, 0, 0, 1], path]);
  assert.match(
    [...fetched.direct.keys()].join(),
    /reads back from the SSD cache with other bytes from byte 8388608 on/,
  );
  assert.deepEqual(site.store.names(), []);
  assert.deepEqual(readdirSync(job.user.dir), ['lease.json']);
});

test('a cached file that lost bytes is taken out and copied again', async (t) => {
  const site = new CacheSite(t);
  const path = site.source('a.mrcs', 5000);
  await site.visit([path]);
  const [name] = site.store.names();
  truncateSync(site.store.pathOf(name), 4999);
  const job = site.open();
  const fetched = await site.fetch(job, [path]);
  assert.deepEqual([counts(fetched), fetched.damaged], [[0, 1, 0, 0], 1]);
  assert.ok(readFileSync(localOf(fetched, path)).equals(readFileSync(path)));
});

test('the least recently used files go first, and never one that a job reads', async (t) => {
  const site = new CacheSite(t);
  const [a, b, c, d, ...more] = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) =>
    site.source(`${name}.mrcs`, 100 * KB),
  );
  const quota_bytes = 300 * KB;
  const reader = site.open();
  const kept = await site.fetch(reader, [a], { quota_bytes });
  site.age(5000);
  await site.visit([b], { quota_bytes });
  site.age(4000);
  await site.visit([c], { quota_bytes });
  site.age(3000);
  await site.visit([b], { quota_bytes });
  const fetched = await site.visit([d], { quota_bytes });
  assert.deepEqual([counts(fetched), fetched.evicted], [[0, 1, 0, 0], 1]);
  assert.deepEqual(counts(await site.visit([b, c], { quota_bytes: 1e9 })), [1, 1, 0, 0], 'c went, b stayed');
  assert.ok(readFileSync(localOf(kept, a)).equals(readFileSync(a)));

  const most = await site.visit(more, { quota_bytes });
  assert.deepEqual(counts(most), [0, 2, 0, 1], 'beside the file that is read, two of three fit');
  assert.match([...most.direct.keys()].join(), /quota of 0\.3 MB does not hold them beside the files in use/);
  assert.ok(existsSync(localOf(kept, a)));
  reader.release();
  assert.ok(!existsSync(localOf(kept, a)), 'the link of a job that has ended is gone');
});

test('what nobody has used for its life time goes, even with room for it', async (t) => {
  const site = new CacheSite(t);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => site.source(`${name}.mrcs`, 10));
  const reader = site.open();
  await site.fetch(reader, [a]);
  await site.visit([b]);
  site.age(10_000);
  const fetched = await site.visit([c], { lifetime_ms: 9000 });
  assert.equal(fetched.evicted, 1);
  assert.deepEqual(counts(await site.visit([a, b, c])), [2, 1, 0, 0]);
});

test('nothing that is not ours is touched, and a directory that is not ours is not used', async (t) => {
  const site = new CacheSite(t);
  await site.visit([site.source('a.mrcs', 10)]);
  const strange = [join(site.store.files, 'ab'), join(site.store.root, 'notes.txt')];
  mkdirSync(strange[0], { recursive: true });
  strange.push(join(strange[0], 'mine.mrcs'), join(strange[0], `cd${'0'.repeat(38)}.mrcs`));
  for (const path of strange.slice(1)) writeFileSync(path, 'x');
  await site.visit([site.source('b.mrcs', 10)], { quota_bytes: 10, lifetime_ms: 0 });
  for (const path of strange) assert.ok(existsSync(path), path);

  const other = new CacheSite(t);
  mkdirSync(other.store.root, { recursive: true });
  writeFileSync(join(other.store.root, 'thesis.txt'), 'x');
  assert.throws(() => other.open(), /holds "thesis\.txt" but no store\.json/);
  assert.deepEqual(readdirSync(other.store.root), ['thesis.txt']);
});

test('processes that want the same files share the copying: each file is copied once', async (t) => {
  const site = new CacheSite(t);
  const paths = Array.from({ length: 8 }, (_, i) => site.source(`${i}.mrcs`, 2 * CHUNK_BYTES + i));
  const fetchers = [1, 2, 3].map(() => site.fetcher({ paths, quota_bytes: 9 * 2 * CHUNK_BYTES }));
  const answers = await Promise.all(fetchers.map((fetcher) => fetcher.says('fetched')));
  const copied = answers.reduce((sum, answer) => sum + (answer.copied ?? 0), 0);
  assert.equal(copied, 8, JSON.stringify(answers));
  for (const { local, direct } of answers) {
    assert.deepEqual(direct, [], 'the quota holds the files once: they are counted once');
    for (const [path, file] of local ?? []) assert.ok(file !== path && readFileSync(file).equals(readFileSync(path)));
  }
});

test('a second process waits for the copy of the first, and goes on when it is there', async (t) => {
  const site = new CacheSite(t);
  const paths = [site.source('a.mrcs', 3 * CHUNK_BYTES)];
  const pause_until = join(site.dir, 'go');
  const first = site.fetcher({ paths, pause_until });
  await first.says('copying');
  const second = site.fetch(site.open(), paths);
  const early = await Promise.race([second, sleep(600)]);
  assert.equal(early, undefined, 'it waits');
  writeFileSync(pause_until, '');
  assert.deepEqual(counts(await second), [0, 0, 1, 0]);
  assert.equal((await first.says('fetched')).copied, 1);
});

test('the copy of a process that is killed is taken over by the one that waits, and what it left is removed', async (t) => {
  const site = new CacheSite(t);
  const paths = [site.source('a.mrcs', 3 * CHUNK_BYTES)];
  const first = site.fetcher({ paths, pause_until: join(site.dir, 'never') });
  await first.says('copying');
  const job = site.open();
  const second = site.fetch(job, paths);
  assert.equal(await Promise.race([second, sleep(300)]), undefined, 'it waits for a live process');
  await first.kill();
  const fetched = await second;
  assert.deepEqual(counts(fetched), [0, 1, 0, 0]);
  assert.ok(readFileSync(localOf(fetched, paths[0])).equals(readFileSync(paths[0])));
  assert.equal(site.users().length, 2, 'the dead one has left its directory');
  await site.visit([site.source('b.mrcs', 10)]);
  assert.deepEqual(site.users(), [job.user.token], 'the next one that makes room removes it');
  assert.deepEqual(readdirSync(site.store.copying), []);
});

test('a process that is killed while it reads no longer keeps its files', async (t) => {
  const site = new CacheSite(t);
  const [a, b] = ['a', 'b'].map((name) => site.source(`${name}.mrcs`, 100 * KB));
  const reader = site.fetcher({ paths: [a] });
  await reader.says('fetched');
  const quota_bytes = 150 * KB;
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 0, 0, 1], 'while it lives it keeps them');
  await reader.kill();
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 1, 0, 0]);
  assert.equal(site.store.names().length, 1);
});

test('a process of another machine counts for as long as it renews its lease', async (t) => {
  const site = new CacheSite(t);
  const [a, b] = ['a', 'b'].map((name) => site.source(`${name}.mrcs`, 100 * KB));
  const away = site.open();
  await site.fetch(away, [a]);
  const lease = join(away.user.dir, 'lease.json');
  const holder = JSON.parse(readFileSync(lease, 'utf8')) as object;
  writeFileSync(lease, JSON.stringify({ ...holder, machine: { boot_id: 'other', pid_namespace: 'other' }, pid: 1 }));
  const quota_bytes = 150 * KB;
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 0, 0, 1]);
  const old = Date.now() / 1000 - 100;
  utimesSync(lease, old, old);
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 0, 0, 1], 'silent for 100 s');
  utimesSync(lease, old - 30, old - 30);
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 1, 0, 0], 'silent for 130 s');
});

test('space that another process has claimed is not given twice', async (t) => {
  const site = new CacheSite(t);
  const size = 3 * CHUNK_BYTES;
  const [a, b] = ['a', 'b'].map((name) => site.source(`${name}.mrcs`, size));
  const quota_bytes = 1.5 * size;
  const pause_until = join(site.dir, 'go');
  const first = site.fetcher({ paths: [a], pause_until, quota_bytes });
  await first.says('copying');
  assert.deepEqual(counts(await site.visit([b], { quota_bytes })), [0, 0, 0, 1]);
  writeFileSync(pause_until, '');
  assert.equal((await first.says('fetched')).copied, 1);
});

test('a fetch that is aborted ends, and leaves neither parts nor claims', async (t) => {
  const site = new CacheSite(t);
  const abort = new AbortController();
  const job = site.open();
  const onProgress = (done: number): void => {
    if (done > 0) abort.abort(new Error('killed'));
  };
  const paths = [site.source('a.mrcs', 6 * CHUNK_BYTES)];
  await assert.rejects(site.fetch(job, paths, { signal: abort.signal, onProgress }), /killed/);
  assert.deepEqual(readdirSync(job.user.dir), ['lease.json']);
  assert.deepEqual([site.store.names(), readdirSync(site.store.copying)], [[], []]);
});

test('runs of zeros are found at their edges', () => {
  const chunk = Buffer.alloc(5 * 65_536 + 10);
  chunk[65_536] = 1;
  chunk[3 * 65_536 - 1] = 1;
  chunk[5 * 65_536 + 9] = 1;
  assert.deepEqual(dataRuns(chunk), [
    [65_536, 3 * 65_536],
    [5 * 65_536, 5 * 65_536 + 10],
  ]);
});
