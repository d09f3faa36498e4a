import { once } from 'node:events';
import { createServer } from 'node:net';
import { CsError } from '../base/errors.ts';

/** Distance between the web application's port and that of the API. */
const API_OFFSET = 2;
const TRIES = 50;

/** A base port of loopback whose two ports nobody listens on at the moment. @throws CsError when none was found */
export async function freeBasePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    // above the registered services, below the range from which systems take ports for outgoing connections
    const base = 20_000 + 10 * Math.floor(Math.random() * 1200);
    if ((await isFree(base)) && (await isFree(base + API_OFFSET))) return base;
  }
  throw new CsError('resource', 'CS_NO_PORT', `No free pair of ports was found in ${TRIES} tries.`);
}

/** Whether nobody listens on a port of loopback at the moment. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
