import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.map', '.svg', '.txt', '.wasm']);
/** Below this a compressed answer is no shorter on the wire. */
const COMPRESS_FROM_BYTES = 1024;

type Encoding = 'identity' | 'gzip' | 'br';

interface StoredFile {
  readonly mtime_ms: number;
  readonly etag: string;
  readonly content_type: string;
  readonly bodies: Map<Encoding, Promise<Buffer>>;
  readonly compressible: boolean;
}

/** The built pages. A file is read, hashed and compressed once, and again only after it changed on disk. */
export class StaticFiles {
  private readonly dir: string;
  private readonly stored = new Map<string, StoredFile>();

  constructor(dir: string) {
    this.dir = dir;
  }

  /**
   * Answer a GET or HEAD. A path without a dot is a route of the client and gets `index.html`.
   * @returns false when the pages have not been built
   */
  async serve(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const name = safeName(pathname);
    const isFile = name !== null && extname(name) !== '';
    const file = isFile ? await this.load(name) : await this.load('index.html');
    if (file === null) {
      if (!isFile) return false;
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not found\n');
      return true;
    }
    // the build puts a hash of the content into the names below assets/
    const immutable = isFile && name.startsWith(`assets${sep}`);
    response.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    response.setHeader('ETag', file.etag);
    response.setHeader('Vary', 'Accept-Encoding');
    if (matches(request.headers['if-none-match'], file.etag)) {
      response.writeHead(304).end();
      return true;
    }
    const encoding = file.compressible ? bestEncoding(request.headers['accept-encoding']) : 'identity';
    const body = await bodyOf(file, encoding);
    if (encoding !== 'identity') response.setHeader('Content-Encoding', encoding);
    response.writeHead(200, { 'Content-Type': file.content_type, 'Content-Length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }

  private async load(name: string): Promise<StoredFile | null> {
    const path = join(this.dir, name);
    const info = await stat(path).catch(() => null);
    if (info === null || !info.isFile()) return null;
    const known = this.stored.get(name);
    if (known?.mtime_ms === info.mtimeMs) return known;
    const content = await readFile(path);
    const extension = extname(name);
    const file: StoredFile = {
      mtime_ms: info.mtimeMs,
      etag: `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
      content_type: CONTENT_TYPES[extension] ?? 'application/octet-stream',
      compressible: COMPRESSIBLE.has(extension) && content.length >= COMPRESS_FROM_BYTES,
      bodies: new Map([['identity', Promise.resolve(content)]]),
    };
    this.stored.set(name, file);
    return file;
  }
}

/** Path of a request as a name below the directory; null when it points elsewhere or is not text. */
function safeName(pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  // `/../x` normalises to `/x`: the leading slash is the root that nothing can climb above
  return normalize(`/${decoded}`).slice(1);
}

function matches(header: string | undefined, etag: string): boolean {
  return header !== undefined && header.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
}

function bestEncoding(accepted: string | undefined): Encoding {
  const offers = new Map<string, number>();
  for (const part of (accepted ?? '').split(',')) {
    const [name = '', ...options] = part.split(';').map((text) => text.trim());
    const quality = options.find((option) => option.startsWith('q='));
    offers.set(name, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  if ((offers.get('br') ?? 0) > 0) return 'br';
  return (offers.get('gzip') ?? 0) > 0 ? 'gzip' : 'identity';
}

async function bodyOf(file: StoredFile, encoding: Encoding): Promise<Buffer> {
  let body = file.bodies.get(encoding);
  if (body === undefined) {
    const content = await (file.bodies.get('identity') as Promise<Buffer>);
    // quality 9 of 11: the last two steps take ten times as long for a few percent
    body =
      encoding === 'br'
        ? promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
        : promisify(gzip)(content, { level: 9 });
    file.bodies.set(encoding, body);
  }
  return body;
}
