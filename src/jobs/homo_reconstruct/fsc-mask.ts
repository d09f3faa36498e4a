import { CsError } from '../../base/errors.ts';
import type { JobContext } from '../../engine/context.ts';
import { readVolume } from '../../io/mrc.ts';
import type { AutoMask } from '../../math/half-maps.ts';
import { cropPad, fourierCrop3, fourierPad } from '../../math/volume.ts';
import type { ParamsOf } from '../../schema/job.ts';
import type { spec } from './spec.ts';

type Ctx = JobContext<typeof spec>;

/** How the FSC mask is made from the map. @throws CsError `CS_PARAM_RANGE` */
export function autoMask(params: ParamsOf<typeof spec>): AutoMask {
  const near_A = params.refine_dynamic_mask_near_ang;
  const far_A = params.refine_dynamic_mask_far_ang;
  if (far_A < near_A) {
    const message = `Mask far distance (${far_A} Å) must not be below the near distance (${near_A} Å).`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { near_A, far_A });
  }
  const { refine_dynamic_mask_thresh_factor: threshold, refine_dynamic_mask_start_res: lowpass_A } = params;
  return { threshold, near_A, far_A, lowpass_A };
}

/** The connected mask on the map's grid, or null. @param n side of the map, px @param psize_A of the map, Å */
export async function givenMask(ctx: Ctx, n: number, psize_A: number): Promise<Float32Array | null> {
  const group = (await ctx.input('mask'))[0];
  if (!group) return null;
  const path = `${ctx.project_dir}/${group.dataset.text('mask/path')[0].replace(/^>/, '')}`;
  const { data, shape, psize_A: stored_A } = readVolume(path);
  const from_A = group.dataset.f4('mask/psize_A')[0] || stored_A || psize_A;
  // the side at which the mask has the map's voxel size; then cut to the map's box
  const to = shape.map((side) => Math.max(1, Math.round((side * from_A) / psize_A))) as [number, number, number];
  const same = to.every((side, axis) => side === shape[axis]);
  if (!same) ctx.log(`The mask is resampled from ${from_A.toFixed(4)} to ${psize_A.toFixed(4)} Å/px.`);
  const resampled = same ? data : to[0] < shape[0] ? fourierCrop3(data, shape, to) : fourierPad(data, shape, to);
  return cropPad(resampled, to, [n, n, n]).map((v) => Math.min(1, Math.max(0, v)));
}
