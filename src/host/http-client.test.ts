import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { CsError } from '../base/errors.ts';
import { callApi, isTransportError } from './http-client.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The `CsError` that a call ends in. */
async function failure(call: Promise<unknown>): Promise<CsError> {
  const error = await call.then(
    () => assert.fail('the call should fail'),
    (e: unknown) => e,
  );
  assert.ok(error instanceof CsError, String(error));
  return error;
}

test('a call posts JSON with its headers to the name and gives the answer', async (t) => {
  const url = await serve(t, (request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      response.end(
        JSON.stringify({
          method,
          path,
          type: headers['content-type'],
          key: headers['x-key'],
          body: JSON.parse(body) as unknown,
        }),
      );
    });
  });
  const answer = await callApi(
    `${url}/`,
    'jobs.status',
    { project_uid: 'P1', job_uid: 'J1' },
    { headers: { 'x-key': 'k' } },
  );
  assert.deepEqual<unknown>(answer, {
    method: 'POST',
    path: '/api/jobs.status',
    type: 'application/json',
    key: 'k',
    body: { project_uid: 'P1', job_uid: 'J1' },
  });
});

test('an error of the server comes back as it was thrown there, and is not tried again', async (t) => {
  const thrown = new CsError('conflict', 'CS_CLAIMED', 'Claimed already.', { by: 'node1' });
  let calls = 0;
  const url = await serve(t, (_, response) => {
    calls++;
    response.writeHead(409).end(JSON.stringify(thrown.toBody()));
  });
  const error = await failure(callApi(url, 'jobs.types', {}, { retry_ms: 5000 }));
  assert.deepEqual(error.toBody(), thrown.toBody());
  assert.equal(calls, 1);
  assert.ok(!isTransportError(error));
});

test('a port where nobody listens is told as such', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  const error = await failure(callApi(url, 'jobs.types', {}));
  assert.deepEqual([error.kind, error.code], ['external', 'CS_UNREACHABLE']);
  assert.ok(error.message.startsWith(`Cannot reach ${url}/api/jobs.types: connection refused`), error.message);
  assert.ok(isTransportError(error));
});

test('an unknown host name and a web page instead of the API are told apart', async (t) => {
  const unknown = await failure(callApi('http://no-such-host.invalid:1', 'jobs.types', {}));
  assert.equal(unknown.code, 'CS_UNREACHABLE');
  for (const status of [200, 404, 503]) {
    const url = await serve(t, (_, response) => response.writeHead(status).end('<html>a page</html>'));
    const error = await failure(callApi(url, 'jobs.types', {}));
    assert.equal(error.code, 'CS_NOT_THE_API');
    assert.match(error.message, new RegExp(`status ${status}, "<html>a page</html>"`));
  }
});

test('transport errors are tried again where asked, until the server is back', async (t) => {
  let calls = 0;
  const url = await serve(t, (request, response) => {
    if (++calls < 3) request.socket.destroy();
    else response.end('[]');
  });
  assert.equal((await failure(callApi(url, 'jobs.types', {}))).code, 'CS_UNREACHABLE');
  assert.deepEqual(await callApi(url, 'jobs.types', {}, { retry_ms: 10_000 }), []);
  assert.equal(calls, 3);
});

test('a server that never answers ends in a time-out, a caller that gives up in its own reason', async (t) => {
  const url = await serve(t, () => {});
  const late = await failure(callApi(url, 'jobs.types', {}, { timeout_ms: 50 }));
  assert.equal(late.code, 'CS_TIMEOUT');
  const abort = new AbortController();
  const call = callApi(url, 'jobs.types', {}, { signal: abort.signal, retry_ms: 60_000 });
  abort.abort(new CsError('conflict', 'CS_KILLED', 'Given up.'));
  assert.equal((await failure(call)).code, 'CS_KILLED');
});
