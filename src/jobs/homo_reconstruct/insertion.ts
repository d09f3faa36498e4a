import { CsError } from '../../base/errors.ts';
import type { JobContext } from '../../engine/context.ts';
import type { ThreadPool, ThreadTask } from '../../engine/threads.ts';
import { type Batch, CHUNK, type LoadReport } from './kernel.ts';
import { batchOf, type ParticleTable } from './particles.ts';

/** Share of the progress bar that reading and inserting takes. */
const SHARE = 0.9;

/**
 * Read all images and insert them into their half sets, batch by batch: while one batch is inserted, the next is read.
 * The sums do not depend on the number of threads: each cell gets its images in the order of the table.
 *
 * @param split half set of each row of the dataset
 * @param size images of a batch
 * @param slabs parts of the grid that threads write to
 * @returns rows of the dataset that were used, in the dataset's order
 * @throws CsError `input` `CS_NO_PARTICLES` when a half set stays empty
 */
export async function insertParticles(
  ctx: Pick<JobContext, 'progress' | 'skip' | 'log' | 'warn'>,
  pool: ThreadPool,
  table: ParticleTable,
  split: Uint32Array,
  size: number,
  slabs: number,
): Promise<number[]> {
  const total = table.rows.length;
  const used: number[] = [];
  const started = performance.now();
  const lost = new Set<string>();
  let loaded: { batch: Batch; first: number } | null = null;
  for (let first = 0; first < total || loaded; first += size) {
    const next: { batch: Batch; first: number } | null =
      first < total
        ? {
            batch: batchOf(table, split, first, Math.min(first + size, total), (first / size) % 2 === 0 ? 0 : 1),
            first,
          }
        : null;
    const tasks: ThreadTask[] = [];
    if (loaded) tasks.push({ name: 'insert', count: 2 * slabs, args: loaded.batch });
    if (next) tasks.push({ name: 'load', count: Math.ceil(next.batch.count / CHUNK), args: next.batch });
    const results = await pool.run(tasks);
    if (loaded) report(ctx, loaded.first + loaded.batch.count, total, performance.now() - started);
    if (next) {
      const reports = (results.at(-1) as (LoadReport | undefined)[]).filter((r) => r !== undefined);
      const bad = tellFailures(ctx, next.batch, reports);
      for (const file of reports.flatMap((r) => r.lost)) {
        if (lost.size === 0)
          ctx.warn(`SSD cache: ${file} cannot be read any more; its particles are read from where they are.`);
        lost.add(file);
      }
      for (let i = 0; i < next.batch.count; i++) if (!bad.has(i)) used.push(table.rows[next.first + i]);
    }
    loaded = next;
  }
  for (const half of [0, 1]) {
    if (used.some((row) => split[row] === half)) continue;
    const message = `Half set ${half === 0 ? 'A' : 'B'} has no usable particle: ${used.length} of ${table.dataset.length} could be read.`;
    throw new CsError('input', 'CS_NO_PARTICLES', message, { used: used.length });
  }
  if (lost.size > 1) ctx.warn(`SSD cache: ${lost.size} files could not be read there any more.`);
  ctx.log(`${used.length} particles inserted in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  return used.sort((a, b) => a - b);
}

/** Note what could not be read, once for each file and reason. @returns positions in the batch */
function tellFailures(ctx: Pick<JobContext, 'skip'>, batch: Batch, reports: readonly LoadReport[]): Set<number> {
  const failures = reports.flatMap((report) => report.failures);
  const groups = Map.groupBy(failures, ({ image, error }) => `${batch.paths[image]}\0${error.code}`);
  for (const list of groups.values()) {
    const path = batch.paths[list[0].image];
    const what = list.length === 1 ? `particle ${batch.indices[list[0].image]}` : `${list.length} particles`;
    ctx.skip(`${what} of ${path}`, CsError.fromBody(list[0].error));
  }
  return new Set(failures.map(({ image }) => image));
}

function report(ctx: Pick<JobContext, 'progress'>, done: number, total: number, elapsed_ms: number): void {
  const rate = (1000 * done) / Math.max(1, elapsed_ms);
  const left_s = Math.ceil((total - done) / rate);
  ctx.progress((SHARE * done) / total, `${done} of ${total} particles, ${rate.toFixed(0)}/s, ${left_s} s left`);
}
