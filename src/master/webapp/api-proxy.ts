import { request as send, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import { HTTP_STATUS, type ErrorBody } from '../../base/errors.ts';

export interface CoreAddress {
  readonly host: string;
  readonly port: number;
}

/** Headers that belong to one connection and are not passed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Pass a request to command_core and its answer back, both as streams: nothing is buffered, so server-sent events
 * arrive as they are sent, and when one side goes away the other is ended.
 */
export function proxyToCore(core: CoreAddress, request: IncomingMessage, response: ServerResponse): void {
  // a new connection each time: on loopback it costs nothing, and a kept one could be closed under a request's feet
  const upstream = send({
    ...core,
    method: request.method,
    path: request.url,
    headers: forwardedHeaders(request),
    agent: false,
  });
  upstream.setNoDelay(true);
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer));
    response.flushHeaders();
    answer.pipe(response);
    // the answer was cut short: cut it short for the client too, so that it does not take it for whole
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else answerUnavailable(response);
  });
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
}

function answerUnavailable(response: ServerResponse): void {
  const body: ErrorBody = {
    kind: 'external',
    code: 'CS_CORE_DOWN',
    message: 'command_core does not answer; it is being restarted. Try again in a moment.',
  };
  response.writeHead(503, { 'Content-Type': 'application/json; charset=utf-8', 'Retry-After': '2' });
  response.end(JSON.stringify(body));
}

/** Answer an error of the proxy itself. */
export function answerError(response: ServerResponse, body: ErrorBody): void {
  response.writeHead(HTTP_STATUS[body.kind], { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/**
 * Who really called, for command_core. What a client says of itself in `X-Forwarded-*` counts only when it comes from
 * this machine (a TLS-ending proxy beside us); anybody else could claim any address.
 */
function forwardedHeaders(request: IncomingMessage): OutgoingHttpHeaders {
  const headers = endToEnd(request);
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const behindProxy = peer === '::1' || peer.startsWith('127.');
  const given = (name: string): string | undefined => {
    const value = behindProxy ? request.headers[name] : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  delete headers['forwarded'];
  const before = given('x-forwarded-for');
  headers['x-forwarded-for'] = before === undefined ? peer : `${before}, ${peer}`;
  headers['x-forwarded-host'] = given('x-forwarded-host') ?? request.headers.host ?? '';
  headers['x-forwarded-proto'] = given('x-forwarded-proto') ?? 'http';
  return headers;
}

/** Headers of a message that are meant for the other end. */
function endToEnd(message: IncomingMessage): OutgoingHttpHeaders {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const own = new Set([...HOP_BY_HOP, ...named]);
  return Object.fromEntries(Object.entries(message.headers).filter(([name]) => !own.has(name)));
}
