import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK_BYTES = 65_536;
/** How often a followed file is looked at. File events would be quicker but do not arrive from NFS. */
const LOOK_MS = 300;

/** The last `lines` lines of a file, and where the file then ended. An empty result where there is no file. */
export function lastLines(path: string, lines: number): { text: string; end: number } {
  const fd = openOrNull(path);
  if (fd === null) return { text: '', end: 0 };
  try {
    const end = fstatSync(fd).size;
    const blocks: Buffer[] = [];
    let found = 0;
    // a final newline ends the last line; it does not begin another one
    for (let at = end; at > 0 && found <= lines; ) {
      const length = Math.min(BLOCK_BYTES, at);
      at -= length;
      const block = readAt(fd, at, length);
      blocks.unshift(block);
      found += block.reduce((n, byte) => n + (byte === 10 ? 1 : 0), 0);
    }
    const all = Buffer.concat(blocks).toString('utf8');
    const ended = all.endsWith('\n');
    const kept = (ended ? all.slice(0, -1) : all).split('\n').slice(-lines).join('\n');
    return { text: lines === 0 || all === '' ? '' : kept + (ended ? '\n' : ''), end };
  } finally {
    closeSync(fd);
  }
}

/**
 * Write what is appended to a file from byte `from` on, until aborted. Like `tail -F`: a file that does not exist yet
 * is waited for, one that was put aside or cut is begun again.
 */
export async function followFile(
  path: string,
  from: number,
  write: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  let fd = openOrNull(path);
  let at = from;
  try {
    while (!signal.aborted) {
      fd ??= openOrNull(path);
      if (fd !== null) {
        if (fstatSync(fd).size < at) at = 0;
        at = drain(fd, at, write);
        if (replaced(fd, path)) {
          // what was written to the old file between the two looks
          drain(fd, at, write);
          closeSync(fd);
          fd = null;
          at = 0;
          continue;
        }
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

function drain(fd: number, from: number, write: (chunk: Uint8Array) => void): number {
  for (let at = from; ; ) {
    const chunk = readAt(fd, at, BLOCK_BYTES);
    if (chunk.length === 0) return at;
    write(chunk);
    at += chunk.length;
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}

function replaced(fd: number, path: string): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.ino !== fstatSync(fd).ino;
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
