import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createWebapp } from './server.ts';

let dir: string;
let core: Server;
let webapp: Server;
let answer: RequestListener;
const script = `console.log(${JSON.stringify('x'.repeat(5000))});`;

before(async () => {
  dir = mkdtempSync(`${tmpdir()}/webapp-`);
  mkdirSync(`${dir}/pages/assets`, { recursive: true });
  writeFileSync(`${dir}/pages/index.html`, '<!doctype html><title>the page</title>');
  writeFileSync(`${dir}/pages/assets/app-1a2b3c.js`, script);
  writeFileSync(`${dir}/secret.txt`, 'secret');
  core = await listen(createServer((req, res) => answer(req, res)));
  webapp = await listen(createWebapp({ pages_dir: `${dir}/pages`, core: { host: '127.0.0.1', port: port(core) } }));
});

after(() => {
  for (const server of [core, webapp]) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(dir, { recursive: true });
});

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function port(server: Server): number {
  return (server.address() as AddressInfo).port;
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

async function open(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<IncomingMessage> {
  // plain requests: fetch would normalise the path and unpack the body
  const sent = request({ host: '127.0.0.1', port: port(webapp), path, method, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response;
}

async function bytes(response: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await response.toArray());
}

test('routes of the client get the page, with headers that keep others out', async () => {
  for (const path of ['/', '/projects/P1/workspaces/W1', '/login?next=%2Fa.b']) {
    const response = await open(path);
    assert.equal(response.statusCode, 200);
    assert.match(await text(response), /the page/);
    assert.equal(response.headers['cache-control'], 'no-cache');
    assert.match(
      response.headers['content-security-policy']?.toString() ?? '',
      /default-src 'self'.*frame-ancestors 'none'/,
    );
    assert.equal(response.headers['x-content-type-options'], 'nosniff');
  }
});

test('hashed assets are compressed as the browser likes and may be kept for ever', async () => {
  const get = (encoding: string): Promise<IncomingMessage> =>
    open('/assets/app-1a2b3c.js', { headers: { 'accept-encoding': encoding } });
  const br = await get('gzip, deflate, br');
  assert.equal(br.headers['content-encoding'], 'br');
  assert.match(br.headers['cache-control'] ?? '', /immutable/);
  assert.match(br.headers['content-type'] ?? '', /javascript/);
  assert.equal(brotliDecompressSync(await bytes(br)).toString(), script);
  const gzipped = await get('gzip, br;q=0');
  assert.equal(gzipped.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(await bytes(gzipped)).toString(), script);
  const plain = await get('identity');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(await text(plain), script);
});

test('a page that has not changed is not sent again; one that has is', async () => {
  const first = await open('/');
  await bytes(first);
  const headers = { 'if-none-match': first.headers.etag ?? '' };
  const again = await open('/', { headers });
  assert.deepEqual([again.statusCode, await text(again)], [304, '']);
  writeFileSync(`${dir}/pages/index.html`, '<!doctype html><title>a new page</title>');
  utimesSync(`${dir}/pages/index.html`, new Date(), new Date(Date.now() + 5000));
  const changed = await open('/', { headers });
  assert.equal(changed.statusCode, 200);
  assert.match(await text(changed), /a new page/);
});

test('nothing outside the pages is served', async () => {
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%2f..%2f..%2fsecret.txt',
    '/assets/nope.js',
    '/%00.js',
  ]) {
    const response = await open(path);
    assert.doesNotMatch(await text(response), /secret/, path);
    assert.notEqual(response.headers['content-type'], 'text/plain', path);
  }
  assert.equal((await open('/assets/nope.js')).statusCode, 404);
  assert.equal((await open('/', { method: 'POST' })).statusCode, 405);
  const head = await open('/', { method: 'HEAD' });
  assert.deepEqual([head.statusCode, await text(head)], [200, '']);
});

test('the API is passed on with body, query and who called', async () => {
  answer = (req, res) => {
    void text(req).then((body) =>
      res
        .writeHead(418, { 'set-cookie': ['a=1', 'b=2'] })
        .end(JSON.stringify({ url: req.url, headers: req.headers, body })),
    );
  };
  const response = await open('/api/jobs.get?x=1', {
    method: 'POST',
    headers: {
      'x-forwarded-proto': 'https',
      cookie: 'c=3',
      connection: 'x-private',
      'x-private': '1',
      host: 'node:38000',
    },
    body: '{"a":1}',
  });
  assert.equal(response.statusCode, 418);
  assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
  assert.match(response.headers['content-security-policy']?.toString() ?? '', /default-src/);
  const seen = JSON.parse(await text(response)) as { url: string; headers: Record<string, string>; body: string };
  assert.equal(seen.url, '/api/jobs.get?x=1');
  assert.equal(seen.body, '{"a":1}');
  assert.equal(seen.headers['cookie'], 'c=3');
  assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1');
  assert.equal(seen.headers['x-forwarded-host'], 'node:38000');
  assert.equal(seen.headers['x-forwarded-proto'], 'https');
  assert.equal(seen.headers['x-private'], undefined);
});

test('server-sent events arrive as they are sent, and a client that leaves ends the stream', async () => {
  const closed = new Promise<void>((resolve) => {
    answer = (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      res.on('close', resolve);
      sendNext = (data) => res.write(`data: ${data}\n\n`);
    };
  });
  let sendNext: (data: string) => void = () => assert.fail('the stream was not opened');
  const response = await open('/api/events');
  assert.equal(response.headers['content-type'], 'text/event-stream');
  // each event is sent only after the one before has arrived: a buffer anywhere would stop this test
  for (const data of ['one', 'two', 'three']) {
    sendNext(data);
    const [chunk] = (await once(response, 'data')) as [Buffer];
    assert.equal(chunk.toString(), `data: ${data}\n\n`);
  }
  response.destroy();
  await closed;
});

test('an answer that is cut short is cut short for the client too', async () => {
  answer = (_req, res) => {
    res.writeHead(200, { 'content-length': 100 });
    res.write('half');
    setImmediate(() => res.destroy());
  };
  await assert.rejects(bytes(await open('/api/file')), { code: 'ECONNRESET' });
});

test('without command_core the API answers 503 with an error body, and the pages still come', async () => {
  const down = await listen(createServer());
  const free = port(down);
  down.close();
  await once(down, 'close');
  const alone = await listen(createWebapp({ pages_dir: `${dir}/nowhere`, core: { host: '127.0.0.1', port: free } }));
  try {
    const api = await fetch(`http://127.0.0.1:${port(alone)}/api/auth.me`, { method: 'POST', body: '{}' });
    assert.equal(api.status, 503);
    assert.equal(((await api.json()) as { code: string }).code, 'CS_CORE_DOWN');
    assert.equal((await fetch(`http://127.0.0.1:${port(alone)}/health`)).status, 200);
    const page = await fetch(`http://127.0.0.1:${port(alone)}/`);
    assert.equal(page.status, 503);
    assert.match(await page.text(), /npm run build:web/);
  } finally {
    alone.close();
    alone.closeAllConnections();
  }
});
