import { isAbsolute, join, relative } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { Dataset } from '../../data/dataset.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { ThreadPool } from '../../engine/threads.ts';
import { encodePng } from '../../io/png.ts';
import { writeVolume } from '../../io/mrc.ts';
import { sectionsImages } from '../../math/volume.ts';
import type { Work, Worked } from './kernel.ts';
import type { spec } from './spec.ts';

type Ctx = JobContext<typeof spec>;

export const run: RunJob<typeof spec> = async (ctx) => {
  const group = (await ctx.input('volume'))[0];
  if (!group || group.dataset.length === 0) throw new CsError('input', 'CS_NO_VOLUME', 'The input holds no volume.');
  const { dataset } = group;
  const work = planWork(ctx, dataset);
  const pool = new ThreadPool(new URL('./kernel.ts', import.meta.url), 1, { signal: ctx.signal });
  let worked: Worked;
  try {
    ctx.progress(0, 'Working on the map');
    const [[result]] = await pool.run([{ name: 'work', count: 1, args: work }]);
    worked = result as Worked;
  } finally {
    await pool.close();
  }
  const { shape, psize_A, data } = worked;
  const [output, slot] = work.mask ? (['mask', 'mask'] as const) : (['volume', 'map'] as const);
  const path = join(ctx.job_dir, `${ctx.job_uid}_${output}_${slot}.mrc`);
  writeVolume(path, { shape, psize_A, data });
  ctx.log(`${relative(ctx.project_dir, path)}: ${shape.join(' × ')} px, ${psize_A.toFixed(4)} Å/px.`);
  const pictures = sectionsImages(data, shape).map(({ title, width, height, gray }) => ({
    title,
    width,
    height,
    png: encodePng(width, height, gray),
  }));
  await ctx.images(`Sections and projections of the ${output}`, pictures, ['tile', output]);
  const rows = Dataset.create(dataset.u8('uid').slice(0, 1), [slot]);
  rows.text(`${slot}/path`)[0] = relative(ctx.project_dir, path);
  rows.u4(`${slot}/shape`).set(shape);
  rows.f4(`${slot}/psize_A`)[0] = psize_A;
  await ctx.output(output, rows, { box_px: shape[2], psize_A: Number(psize_A.toFixed(4)) });
};

function planWork(ctx: Ctx, dataset: Dataset): Work {
  const { flip_hand, crop_N, lowpass_A, lowpass_order, resample_N, resample_psize_A } = ctx.params;
  const stored = dataset.text('map/path')[0].replace(/^>/, '');
  const path = isAbsolute(stored) ? stored : join(ctx.project_dir, stored);
  const psize_A = dataset.f4('map/psize_A')[0];
  const lowpass = lowpass_A === null ? null : { cutoff_A: lowpass_A, order: lowpass_order };
  if (resample_N !== null && resample_psize_A !== null) {
    const message = `Resample to a box size (${resample_N} px) or to a pixel size (${resample_psize_A} Å/px), not to both.`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { resample_N, resample_psize_A });
  }
  const byPsize = resample_psize_A === null ? null : { psize_A: resample_psize_A };
  const resample = resample_N === null ? byPsize : { N: resample_N };
  const mask = maskOf(ctx);
  if (!flip_hand && !lowpass && !resample && crop_N === null && !mask) {
    ctx.warn('No operation is asked for: the map is copied as it is.');
  }
  return { path, psize_A, flip_hand, lowpass, resample, crop_N, mask };
}

function maskOf({ params }: Ctx): Work['mask'] {
  if (params.output_type !== 'mask') return null;
  if (params.mask_threshold === null) {
    throw new CsError('input', 'CS_PARAM_MISSING', 'A mask needs a threshold: parameter mask_threshold is empty.');
  }
  return { threshold: params.mask_threshold, dilate_A: params.mask_dilate_A, soft_px: params.mask_pad_px };
}
