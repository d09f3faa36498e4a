import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readVolume, writeVolume } from '../../io/mrc.ts';
import { type As, TestInstance } from '../testing/instance.ts';
import { binVolume } from './bin-volume.ts';
import { parseRange } from './file-response.ts';
import { sseResponse } from './sse.ts';

/** An instance with an account, a project P1 and a job J1, seen by an admin. */
interface Site extends Disposable {
  instance: TestInstance;
  dir: string;
  get: (path: string, as?: As) => Promise<Response>;
}

async function start(): Promise<Site> {
  const instance = new TestInstance();
  instance.user('a@example.org');
  const { project_dir } = await instance.project('a@example.org');
  await instance.job('P1', 'source');
  const get = async (path: string, as: As = {}): Promise<Response> =>
    instance.app.request(`http://localhost/api/${path}`, { headers: { ...instance.admin, ...as } });
  return { instance, dir: project_dir, get, [Symbol.dispose]: () => instance[Symbol.dispose]() };
}

/** Read server-sent events until one satisfies `last`. */
async function readEvents(response: Response, last: (event: Sse) => boolean): Promise<Sse[]> {
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/);
  const events: Sse[] = [];
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return events;
    const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (!field('event')) continue;
      const event = {
        event: field('event'),
        id: field('id'),
        data: JSON.parse(field('data')) as { uid?: string; id?: number; text?: string },
      };
      events.push(event);
      if (!last(event)) continue;
      await reader.cancel();
      return events;
    }
  }
}

interface Sse {
  event: string;
  id: string;
  data: { uid?: string; id?: number; text?: string };
}

test('changes are pushed to those who may see them, after they are on disk', async () => {
  using site = await start();
  const { instance, get } = site;
  const stranger = instance.user('b@example.org');
  const mine = readEvents(await get('events'), ({ event }) => event === 'workspace_deleted');
  const theirs = readEvents(
    await instance.app.request('http://localhost/api/events', { headers: stranger }),
    ({ event }) => event === 'project',
  );
  await instance.ok('workspaces.create', { project_uid: 'P1', created_by_user_id: 'a@example.org', title: 'New' });
  await instance.job('P1', 'source');
  await instance.ok('jobs.update', { project_uid: 'P1', job_uid: 'J2', title: 'Renamed' });
  await instance.ok('jobs.delete', { project_uid: 'P1', job_uid: 'J2' });
  await instance.ok('workspaces.delete', { project_uid: 'P1', workspace_uid: 'W2' });
  const kinds = new Set((await mine).map(({ event, data }) => `${event} ${data.uid}`));
  for (const kind of ['workspace W2', 'job J2', 'project P1', 'job_deleted J2', 'workspace_deleted W2'])
    assert.ok(kinds.has(kind), kind);
  await instance.project('b@example.org', 'Theirs');
  assert.deepEqual(
    (await theirs).map(({ event, data }) => `${event} ${data.uid}`),
    ['project P2'],
  );
});

test('the event log of a job comes from the start or from where the reader was, then live', async () => {
  using site = await start();
  const { instance, dir, get } = site;
  const line = (id: number, text: string): object => {
    const event = { id, created_at: 'now', cpumem_mb: 1, avail_mb: 1, flags: [], type: 'text', text };
    appendFileSync(join(dir, 'J1/events.jsonl'), `${JSON.stringify(event)}\n`);
    return event;
  };
  for (const [id, text] of [
    [1, 'one'],
    [2, 'ten percent'],
    [3, 'three'],
    [2, 'twenty percent'],
    [4, 'four'],
  ] as const)
    line(id, text);
  appendFileSync(join(dir, 'J1/events.jsonl'), '{"id":9,"type":"te');
  const read = async (path: string, as: As = {}): Promise<string[]> => {
    const events = readEvents(
      await get(`job_events?project_uid=P1&job_uid=J1${path}`, as),
      ({ data }) => data.text === 'live',
    );
    await sleep(50);
    instance.core.bus.jobLogs.send({ project_uid: 'P1', job_uid: 'J9', events: [{ id: 1 }] });
    instance.core.bus.jobLogs.send({
      project_uid: 'P1',
      job_uid: 'J1',
      events: [{ id: 5, text: 'live' } as { id: number }],
    });
    return (await events).map(({ data, id }) => `${data.id} ${data.text} @${id}`);
  };
  assert.deepEqual(await read(''), ['1 one @1', '2 twenty percent @2', '3 three @3', '4 four @4', '5 live @5']);
  assert.deepEqual(await read('&after=3'), ['2 twenty percent @3', '4 four @4', '5 live @5']);
  assert.deepEqual(await read('', { 'last-event-id': '4' }), ['5 live @5']);
  const events = await instance.ok('jobs.events', { project_uid: 'P1', job_uid: 'J1', after: 1, limit: 2 });
  assert.deepEqual(
    events.map((event) => event.id),
    [2, 3],
  );
});

test('a client that does not read is dropped and does not hold up the others', async () => {
  let stopped = 0;
  let send = (_text: string): void => {};
  const response = sseResponse(new AbortController().signal, (client) => {
    send = (text) => client.send({ event: 'job', json: JSON.stringify(text) });
    return () => (stopped += 1);
  });
  for (let i = 0; i < 10; i++) send('x'.repeat(1024 * 1024));
  assert.equal(stopped, 1);
  send('more');
  await response.body?.cancel();
});

test('a file is given whole, in ranges, or not at all when it is unchanged', async () => {
  using site = await start();
  const { dir, get } = site;
  writeFileSync(join(dir, 'J1/a.txt'), '0123456789');
  const whole = await get('file?project_uid=P1&path=J1/a.txt');
  assert.deepEqual([whole.status, await whole.text(), whole.headers.get('content-length')], [200, '0123456789', '10']);
  const etag = whole.headers.get('etag') ?? '';
  assert.equal((await get('file?project_uid=P1&path=J1/a.txt', { 'if-none-match': etag })).status, 304);
  const part = await get('file?project_uid=P1&path=J1/a.txt', { range: 'bytes=2-4' });
  assert.deepEqual([part.status, await part.text(), part.headers.get('content-range')], [206, '234', 'bytes 2-4/10']);
  const stale = await get('file?project_uid=P1&path=J1/a.txt', { range: 'bytes=2-4', 'if-range': '"old"' });
  assert.equal(await stale.text(), '0123456789');
  assert.equal((await get('file?project_uid=P1&path=J1/a.txt', { range: 'bytes=10-' })).status, 416);
  writeFileSync(join(dir, 'J1/page.html'), '<script>');
  const page = await get('file?project_uid=P1&path=J1/page.html');
  assert.match(
    `${page.headers.get('content-type')} ${page.headers.get('content-disposition')}`,
    /octet-stream attachment/,
  );
  assert.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseRange('bytes=8-99', 10), { start: 8, end: 9 });
  assert.equal(parseRange('bytes=1-2,4-5', 10), null);
});

test('nothing outside of the project directory is given out, but data that a job imported', async () => {
  using site = await start();
  const { instance, dir, get } = site;
  const outside = join(instance.dir, 'stack.mrcs');
  writeFileSync(outside, 'data');
  writeFileSync(join(instance.dir, 'secret.txt'), 'secret');
  writeFileSync(join(dir, 'J1/.launch.json'), 'token');
  mkdirSync(join(dir, 'J1/imported'));
  symlinkSync(outside, join(dir, 'J1/imported/1_stack.mrcs'));
  symlinkSync(outside, join(dir, 'J1/link.mrcs'));
  symlinkSync(join(instance.dir, 'secret.txt'), join(dir, 'J1/imported/1_secret.mrc'));
  symlinkSync(join(instance.dir, 'instance/run/admin.token'), join(dir, 'J1/imported/token.star'));
  symlinkSync('J1/imported', join(dir, 'inside'));
  const status = async (path: string): Promise<number> =>
    (await get(`file?project_uid=P1&path=${encodeURIComponent(path)}`)).status;
  assert.equal(await status('J1/imported/1_stack.mrcs'), 200);
  assert.equal(await status('J1/imported/../imported/1_stack.mrcs'), 200);
  for (const path of ['J1/link.mrcs', 'J1/imported/1_secret.mrc', 'J1/imported/token.star', 'inside/1_stack.mrcs'])
    assert.equal(await status(path), 403, path);
  for (const path of [
    '../../secret.txt',
    '/etc/passwd',
    'J1/.launch.json',
    'J1',
    'J1/../../../secret.txt',
    'J1/a\0.txt',
  ])
    assert.equal(await status(path), 400, path);
  assert.equal(await status('J1/none.txt'), 404);
});

test('a map is binned for the viewer off the main thread, with its voxel size and statistics', async () => {
  using site = await start();
  const { dir, get } = site;
  const n = 12;
  const data = Float32Array.from({ length: n ** 3 }, (_, i) => Math.sin(i) + 2);
  writeVolume(join(dir, 'J1/map.mrc'), { shape: [n, n, n], psize_A: 1.5, data });
  const response = await get('volume?project_uid=P1&path=J1/map.mrc&max_size=8');
  const bytes = Buffer.from(await response.arrayBuffer());
  const end = bytes.indexOf('\n');
  const header = JSON.parse(bytes.toString('utf8', 0, end)) as { shape: number[]; psize_A: number; mean: number };
  assert.deepEqual([header.shape, header.psize_A], [[6, 6, 6], 3]);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  assert.ok(Math.abs(header.mean - mean) < 1e-4, `${header.mean} against ${mean}`);
  const voxels = new Float32Array(new Uint8Array(bytes.subarray(end + 1)).buffer);
  const at = (z: number, y: number, x: number): number => data[(z * n + y) * n + x] ?? Number.NaN;
  const cube = [0, 1].flatMap((z) => [0, 1].flatMap((y) => [0, 1].map((x) => at(2 + z, 4 + y, 6 + x))));
  assert.ok(Math.abs((voxels[(1 * 6 + 2) * 6 + 3] ?? 0) - cube.reduce((a, b) => a + b, 0) / 8) < 1e-5);
  assert.equal(readVolume(join(dir, 'J1/map.mrc')).shape.join(), '12,12,12');

  writeFileSync(join(dir, 'J1/broken.mrc'), 'short');
  const broken = await get('volume?project_uid=P1&path=J1/broken.mrc');
  assert.ok(broken.status >= 400 && broken.status < 500, String(broken.status));
  assert.match(JSON.stringify(await broken.json()), /broken\.mrc/);
});

test('binning leaves out what does not fill a cube and keeps thin maps', () => {
  const data = Float32Array.from({ length: 5 * 5 }, (_, i) => i);
  const { header, data: out } = binVolume(data, [1, 5, 5], 2, 2);
  assert.deepEqual([header.shape, header.psize_A, [...out]], [[1, 1, 1], 6, [6]]);
  const whole = binVolume(data, [1, 5, 5], 2, 8);
  assert.deepEqual([[...whole.data], whole.header.min, whole.header.max, whole.header.mean], [[...data], 0, 24, 12]);
});
