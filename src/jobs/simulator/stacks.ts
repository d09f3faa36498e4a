import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.ts';
import type { JobContext } from '../../engine/context.ts';
import { ThreadPool } from '../../engine/threads.ts';
import { MrcStackWriter } from '../../io/mrc.ts';
import type { Projector } from '../../math/projector.ts';
import { stackName } from './draw.ts';
import { kernelColumns, type KernelBatch, type KernelStart } from './kernel.ts';
import type { spec } from './spec.ts';

/** Bytes of images made at a time; two such blocks exist, one is written while the other is filled. */
const BLOCK_BYTES = 16 << 20;
const STEPS_PER_THREAD = 8;

interface Making {
  readonly gain: number;
  readonly seed: number;
  readonly psize_A: number;
  /** relative to the project directory */
  readonly directory: string;
}

/**
 * Make all images on all threads and write them into stack files, in the order of the rows.
 * @throws CsError `CS_DISK_FULL` …; the signal's reason when aborted: an unfinished stack leaves nothing behind
 */
export async function writeStacks(
  ctx: JobContext<typeof spec>,
  projector: Projector,
  particles: Dataset,
  making: Making,
): Promise<void> {
  const { n } = projector;
  const { params } = ctx;
  const perBlock = Math.max(1, Math.min(Math.floor(BLOCK_BYTES / (4 * n * n)), params.particles_per_file));
  const blocks = blocksOf(particles.length, params.particles_per_file, perBlock);
  const memory = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(4 * perBlock * n * n)));
  const start: KernelStart = {
    projector: projector.share(),
    psize_A: making.psize_A,
    gain: making.gain,
    seed: making.seed,
    noise: params.add_noise,
    uids: particles.u8('uid'),
    columns: kernelColumns(particles),
  };
  const pool = new ThreadPool(new URL('./kernel.ts', import.meta.url), ctx.threads, {
    init: start,
    signal: ctx.signal,
  });
  const make = (i: number): Promise<unknown> => {
    const [first, end] = blocks[i];
    const perStep = Math.max(1, Math.ceil((end - first) / (pool.size * STEPS_PER_THREAD)));
    const args: KernelBatch = { first, end, perStep, out: memory[i % 2] };
    return pool.run([{ name: 'simulate', count: Math.ceil((end - first) / perStep), args }]);
  };
  const began_ms = performance.now();
  let writer: MrcStackWriter | null = null;
  try {
    await make(0);
    for (let i = 0; i < blocks.length; i++) {
      const [first, end] = blocks[i];
      const next = i + 1 < blocks.length ? make(i + 1) : Promise.resolve();
      // a failure here must not leave the other one without a listener
      next.catch(() => undefined);
      const path = join(ctx.project_dir, making.directory, stackName(first, params));
      writer ??= new MrcStackWriter(path, { nx: n, ny: n, psize_A: making.psize_A, mode: params.output_f16 ? 12 : 2 });
      writer.append(memory[i % 2].subarray(0, (end - first) * n * n));
      if (end % params.particles_per_file === 0 || end === particles.length) {
        writer.finish();
        writer = null;
      }
      const rate = Math.round((1000 * end) / (performance.now() - began_ms));
      ctx.progress(end / particles.length, `${end} of ${particles.length} particles, ${rate} per second`);
      await next;
      ctx.signal.throwIfAborted();
    }
  } finally {
    writer?.abort();
    await pool.close();
  }
}

/** Rows [first, end) of each block; a block lies within one stack file. */
function blocksOf(length: number, perFile: number, perBlock: number): [first: number, end: number][] {
  const blocks: [number, number][] = [];
  for (let first = 0; first < length; ) {
    const endOfFile = Math.min(length, (Math.floor(first / perFile) + 1) * perFile);
    const end = Math.min(endOfFile, first + perBlock);
    blocks.push([first, end]);
    first = end;
  }
  return blocks;
}
