import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import type { RunJob } from '../../engine/context.ts';
import { AtomicFile } from '../../host/fs-atomic.ts';
import { InputFile } from '../../host/fs-read.ts';
import { findGpus } from '../../host/gpus.ts';
import { cpuCount, machineMemory_bytes } from '../../host/machine.ts';
import { VERSION } from '../../host/version.ts';
import type { spec } from './spec.ts';

const BLOCK_BYTES = 1e6;

export const run: RunJob<typeof spec> = async (ctx) => {
  const gpus = findGpus().map((gpu) => `${gpu.id}: ${gpu.name}`);
  ctx.log(
    `Runs on ${hostname()} with version ${VERSION}, Node.js ${process.version}: ${cpuCount()} CPU threads, ` +
      `${Math.round(machineMemory_bytes() / 1e9)} GB of memory, GPUs: ${gpus.join(', ') || 'none'}.`,
  );
  const path = join(ctx.job_dir, 'test-file.bin');
  try {
    const blocks = ctx.params.file_size_mb;
    const written = writeBlocks(path, blocks, ctx.signal);
    const read = readBlocks(path, blocks, ctx.signal);
    if (read.hash !== written.hash) {
      const message = `File ${path} does not read as it was written; the file system of the project directory is not reliable.`;
      throw new CsError('external', 'CS_FILE_DIFFERS', message, { path });
    }
    const speed = (seconds: number): string => `${Math.round(blocks / Math.max(seconds, 1e-3))} MB/s`;
    ctx.log(
      `Project directory: wrote ${blocks} MB with ${speed(written.seconds)}, read them back with ${speed(read.seconds)}.`,
    );
  } finally {
    rmSync(path, { force: true });
  }
  ctx.progress(1, 'The worker can run jobs.');
};

function writeBlocks(path: string, blocks: number, signal: AbortSignal): { hash: string; seconds: number } {
  const hash = createHash('sha256');
  const file = new AtomicFile(path);
  const begun_ms = performance.now();
  try {
    for (let i = 0; i < blocks; i++) {
      signal.throwIfAborted();
      const block = randomBytes(BLOCK_BYTES);
      hash.update(block);
      file.write(block);
    }
    file.commit();
  } catch (error) {
    file.abort();
    throw error;
  }
  return { hash: hash.digest('hex'), seconds: (performance.now() - begun_ms) / 1000 };
}

function readBlocks(path: string, blocks: number, signal: AbortSignal): { hash: string; seconds: number } {
  const hash = createHash('sha256');
  const file = new InputFile(path, 'Test file');
  const begun_ms = performance.now();
  try {
    for (let i = 0; i < blocks; i++) {
      signal.throwIfAborted();
      hash.update(file.read(i * BLOCK_BYTES, BLOCK_BYTES));
    }
  } finally {
    file.close();
  }
  return { hash: hash.digest('hex'), seconds: (performance.now() - begun_ms) / 1000 };
}
