import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { CsError } from '../../../../base/errors.ts';
import { Dataset } from '../../../../data/dataset.ts';
import type { JobContext, RunJob } from '../../../context.ts';
import type { spec } from './spec.ts';

type Context = JobContext<typeof spec>;

export const run: RunJob<typeof spec> = async (ctx) => {
  await ENDINGS[ctx.params.ending](ctx, ctx.params.path);
};

const ENDINGS: Record<Context['params']['ending'], (ctx: Context, path: string) => Promise<void>> = {
  async completes(ctx) {
    const [group] = await ctx.input('particles');
    const source = group?.dataset ?? Dataset.create(BigUint64Array.of(1n, 2n, 3n));
    for (let i = 0; i <= 100; i++) ctx.progress(i / 100, `step ${i}`);
    ctx.skip('particle 7', new CsError('input', 'CS_TEST', 'It is blank.'));
    ctx.figure('a curve', {
      kind: 'line',
      title: 'curve',
      x: { label: 'x' },
      y: { label: 'y' },
      series: [{ name: 's', x: [0, 1], y: [1, null] }],
    });
    ctx.figure('a broken curve', {
      kind: 'histogram',
      title: 'broken',
      x: { label: 'x' },
      y: { label: 'y' },
      edges: [Number.NaN],
      counts: [],
    });
    await ctx.images(
      'a picture',
      [{ title: 'p', width: 1, height: 1, png: Buffer.from('not looked into here') }],
      ['tile', 'particles'],
    );
    const out = Dataset.create(source.u8('uid'), ['ctf']);
    out.f4('ctf/df1_A').fill(12_000);
    await ctx.output('particles', out, { mean_df_A: 12_000 });
  },
  async refuses() {
    throw new CsError('input', 'CS_PARAM_RANGE', 'Resolution (25 Å) must be finer than 4 Å.');
  },
  async bug(ctx) {
    const params: Record<string, unknown> = ctx.params;
    const nothing = params['no_such_parameter'] as { length: number };
    ctx.log(`length ${nothing.length}`);
  },
  async rejection(ctx) {
    void Promise.reject(new Error('nobody waits for this'));
    await waitForKill(ctx);
  },
  /** threads and main thread in endless loops, a child, and a grandchild that has left its session and lost its parent */
  async busy(ctx, path) {
    const loop = 'for (;;) Math.random();';
    const threads = [new Worker(loop, { eval: true }), new Worker(loop, { eval: true })];
    const child = spawn('sleep', ['300'], { stdio: 'ignore' });
    const orphan = spawn(
      'bash',
      ['-c', 'trap "" TERM; (setsid sleep 301 & echo $! >"$0.tmp"; mv "$0.tmp" "$0"); exit 0', path],
      {
        stdio: 'ignore',
      },
    );
    await new Promise((resolve) => orphan.once('exit', resolve));
    await sleep(300);
    ctx.log(
      `pids ${JSON.stringify([process.pid, child.pid, Number(readFileSync(path, 'utf8'))])} threads ${threads.length}`,
    );
    for (;;) Math.random();
  },
  async waits(ctx) {
    ctx.log(`pids ${JSON.stringify([process.pid])}`);
    await waitForKill(ctx);
  },
  async fills_disk(ctx) {
    for (;;) ctx.log('x'.repeat(4096));
  },
  async refuses_on_full_disk(ctx, path) {
    const fill = (size: number): void => {
      try {
        for (;;) appendFileSync(`${ctx.job_dir}/ballast`, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    };
    fill(4096);
    fill(1);
    // what is left of the log's last block
    fillLine(ctx);
    await ENDINGS.refuses(ctx, path);
  },
  async reads_missing(_ctx, path) {
    readFileSync(path);
  },
  async caches(ctx, path) {
    const local = (await ctx.cached([path])).get(path) ?? '';
    ctx.log(`reads ${JSON.stringify({ local, text: readFileSync(local, 'utf8') })}`);
    await ctx.output('particles', Dataset.create(BigUint64Array.of(1n), ['ctf']));
  },
  async exits() {
    process.exit(3);
  },
  /** ends well, but leaves a child behind */
  async leaves_child(ctx, path) {
    const child = spawn('sleep', ['302'], { stdio: 'ignore', detached: true });
    child.unref();
    writeFileSync(path, String(child.pid));
    await ctx.output('particles', Dataset.create(BigUint64Array.of(1n), ['ctf']));
  },
};

function fillLine(ctx: Context): void {
  try {
    for (;;) ctx.log('filling');
  } catch (error) {
    if (!(error instanceof CsError) || error.code !== 'CS_DISK_FULL') throw error;
  }
}

async function waitForKill(ctx: Context): Promise<void> {
  for (;;) await sleep(1000, undefined, { signal: ctx.signal });
}
