import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asCsError } from '../../base/errors.ts';
import { answerError, proxyToCore, type CoreAddress } from './api-proxy.ts';
import { setSecurityHeaders } from './security-headers.ts';
import { StaticFiles } from './static-files.ts';

export interface WebappOptions {
  /** where the built pages lie */
  readonly pages_dir: string;
  readonly core: CoreAddress;
}

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Not built</title></head>
<body><h1>The pages have not been built</h1>
<p>The instance runs, but its web application is missing. Build it in the installation directory, then reload:</p>
<pre>npm run build:web</pre></body></html>
`;

/** The web application: pages on every path, the API of command_core on `/api/*` and `/openapi.json`, `/health`. */
export function createWebapp(options: WebappOptions): Server {
  const pages = new StaticFiles(options.pages_dir);

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pathname = (request.url ?? '/').split('?', 1)[0] ?? '/';
    setSecurityHeaders(response);
    if (pathname.startsWith('/api/') || pathname === '/openapi.json') {
      proxyToCore(options.core, request, response);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    if (pathname === '/health') {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' }).end('OK\n');
      return;
    }
    if (await pages.serve(pathname, request, response)) return;
    response.writeHead(503, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : NOT_BUILT);
  };

  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answerError(response, asCsError(error).toBody());
    });
  });
}
