import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { CsError } from '../../base/errors.ts';

/** argon2id: 64 MiB, 3 passes, 1 lane (RFC 9106, second recommended option, with one lane instead of four). */
const COST = { memory: 65536, passes: 3, parallelism: 1, tagLength: 32 };
const FORMAT = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/=]+)\$([\w+/=]+)$/;
/** Hashes computed at once, so that a burst of sign-ins does not take gigabytes; the rest waits in line. */
const PARALLEL = 2;
const WAITING_MAX = 64;

/** @returns the hash in PHC string form */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await derive(password, nonce, COST);
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(nonce)}$${base64(tag)}`;
}

/** Compare in constant time. Without a hash (unknown account) it works as long and answers false. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const parts = hash === undefined ? null : FORMAT.exec(hash);
  if (!parts) {
    await derive(password, randomBytes(16), COST);
    return false;
  }
  const [, memory, passes, parallelism, nonce, tag] = parts;
  const wanted = Buffer.from(tag ?? '', 'base64');
  const cost = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: wanted.length,
  };
  return timingSafeEqual(await derive(password, Buffer.from(nonce ?? '', 'base64'), cost), wanted);
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, nonce: Buffer, cost: typeof COST): Promise<Buffer> {
  if (running >= PARALLEL) {
    if (waiting.length >= WAITING_MAX) {
      throw new CsError('denied', 'CS_LOGIN_THROTTLED', 'Too many sign-ins at once; try again in a few seconds.', {
        retry_after_s: 5,
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      argon2('argon2id', { message: password.normalize('NFC'), nonce, ...cost }, (error, tag) =>
        error ? reject(error) : resolve(tag),
      );
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
