import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { CsError } from '../../base/errors.ts';
import { errnoOf, fileError } from '../../host/fs-errors.ts';
import { checkUnchanged, type Source } from './source.ts';
import { CHUNK_BYTES, type Streams } from './streams.ts';

/** Unit in which runs of zeros are left out of the copy. */
const HOLE_BYTES = 1 << 16;
const ZEROS = Buffer.alloc(HOLE_BYTES);
/** The copy is flushed each time that so many chunks were written, so that the last flush does not take minutes. */
const FLUSH_CHUNKS = 128;
/** While the copy is read back, its time of change is set so often, ms: others see that it advances. */
const TOUCH_MS = 5000;

/** What the copying of a file shares with that of others. */
export interface CopyContext {
  readonly streams: Streams;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Copy a file in parallel chunks to a new file, flush it, and read it back: each chunk must have the checksum that it
 * had when it came from the source, and the source must not have changed meanwhile.
 *
 * @returns CRC-32 of the chunks' CRC-32s, 8 hexadecimal digits
 * @throws CsError `CS_CACHE_WRITE` for what is wrong with the cache's drive; others name the source
 */
export async function copyVerified(source: Source, part: string, context: CopyContext): Promise<string> {
  const from = await open(source.path, 'r').catch((error: unknown) => {
    throw fileError(error, 'File', source.path);
  });
  try {
    checkUnchanged(source, await from.stat({ bigint: true }));
    const to = await open(part, 'wx+', 0o600).catch((error: unknown) => {
      throw writeError(error, part);
    });
    try {
      await guarded(part, () => to.truncate(source.size));
      const sums = await copyChunks(source, from, to, part, context);
      checkUnchanged(source, await from.stat({ bigint: true }));
      await guarded(part, () => to.sync());
      await readBack(source, to, part, sums, context);
      return crc32(Buffer.from(sums.buffer)).toString(16).padStart(8, '0');
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function copyChunks(
  source: Source,
  from: FileHandle,
  to: FileHandle,
  part: string,
  { streams, signal, onBytes }: CopyContext,
): Promise<Uint32Array> {
  const sums = new Uint32Array(Math.ceil(source.size / CHUNK_BYTES));
  let written = 0;
  await streams.each(sums.length, async (i, buffer) => {
    signal.throwIfAborted();
    const chunk = chunkOf(source, i, buffer);
    if ((await readChunk(from, source.path, chunk, i)) < chunk.length) {
      const message = `File ${source.path} ends before its ${source.size} bytes.`;
      throw new CsError('external', 'CS_CACHE_SOURCE_CHANGED', message, { path: source.path });
    }
    sums[i] = crc32(chunk);
    await guarded(part, async () => {
      for (const [start, end] of dataRuns(chunk)) {
        await writeAll(to, chunk.subarray(start, end), i * CHUNK_BYTES + start);
      }
      if (++written % FLUSH_CHUNKS === 0) await to.datasync();
    });
    onBytes(chunk.length);
  });
  return sums;
}

async function readBack(
  source: Source,
  to: FileHandle,
  part: string,
  sums: Uint32Array,
  { streams, signal }: CopyContext,
): Promise<void> {
  let touched_ms = performance.now();
  await streams.each(sums.length, async (i, buffer) => {
    signal.throwIfAborted();
    const chunk = chunkOf(source, i, buffer);
    const length = await guarded(part, () => readChunk(to, part, chunk, i));
    if (length < chunk.length || crc32(chunk) !== sums[i]) {
      const message = `The copy of ${source.path} reads back from the SSD cache with other bytes from byte ${i * CHUNK_BYTES} on.`;
      throw new CsError('external', 'CS_CACHE_WRITE', message, { path: part });
    }
    if (performance.now() - touched_ms > TOUCH_MS) {
      touched_ms = performance.now();
      await guarded(part, () => to.utimes(new Date(), new Date()));
    }
  });
}

function chunkOf(source: Source, i: number, buffer: Buffer): Buffer {
  return buffer.subarray(0, Math.min(CHUNK_BYTES, source.size - i * CHUNK_BYTES));
}

async function readChunk(file: FileHandle, path: string, chunk: Buffer, i: number): Promise<number> {
  let done = 0;
  try {
    while (done < chunk.length) {
      const { bytesRead } = await file.read(chunk, done, chunk.length - done, i * CHUNK_BYTES + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
  } catch (error) {
    throw fileError(error, 'File', path);
  }
  return done;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

/** Parts of a chunk, [start, end) in bytes, that are not zeros; the rest is left a hole of the new file. */
export function dataRuns(chunk: Buffer): [number, number][] {
  const runs: [number, number][] = [];
  for (let start = 0; start < chunk.length; start += HOLE_BYTES) {
    const end = Math.min(start + HOLE_BYTES, chunk.length);
    if (chunk.compare(ZEROS, 0, end - start, start, end) === 0) continue;
    const last = runs.at(-1);
    if (last?.[1] === start) last[1] = end;
    else runs.push([start, end]);
  }
  return runs;
}

async function guarded<T>(part: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw writeError(error, part);
  }
}

function writeError(error: unknown, part: string): CsError {
  if (error instanceof CsError && error.code === 'CS_CACHE_WRITE') return error;
  const full = errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT';
  const message = full ? 'The drive of the SSD cache is full.' : fileError(error, 'SSD cache file', part).message;
  return new CsError(full ? 'resource' : 'external', 'CS_CACHE_WRITE', message, { path: part }, error);
}
