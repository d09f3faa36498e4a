import { type Command, floatBits } from './engine.ts';
import type { FftPlan } from './fft-plan.ts';
import { OPERATION } from './kernels.ts';

/** Lines of a work item where images are shared between threads: enough to make the cost of taking an item vanish. */
const ROWS_PER_ITEM = 32;
const COLUMNS_PER_ITEM = 32;

/** Arguments of the transform operations; what an operation does not use is 0. See src/wasm/assembly/fft.as. */
interface Arguments {
  readonly planX?: FftPlan;
  readonly planY?: FftPlan;
  readonly src: number;
  readonly dst: number;
  readonly nx?: number;
  readonly ny?: number;
  /** rows in all, or columns of an image */
  readonly count?: number;
  readonly perItem?: number;
  readonly inPitch: number;
  readonly outPitch: number;
  readonly inverse: boolean;
  readonly scale?: number;
  readonly inStride?: number;
  readonly outStride?: number;
  readonly itemsPerImage?: number;
  readonly packed?: boolean;
  /** where the columns of an inverse image lie in the scratch */
  readonly workOffset?: number;
}

/** The arguments in the order in which the kernels read them. */
export function words(a: Arguments): number[] {
  const lines = [a.planX?.address ?? 0, a.planY?.address ?? 0, a.src, a.dst, a.nx ?? 0, a.ny ?? 0, a.count ?? 0];
  const steps = [a.perItem ?? 0, a.inPitch, a.outPitch, Number(a.inverse), floatBits(a.scale ?? 1), a.inStride ?? 0];
  return lines.concat(steps, [a.outStride ?? 0, a.itemsPerImage ?? 0, Number(a.packed ?? false), a.workOffset ?? 0]);
}

/** Columns of `images` arrays with rows `pitch` bytes apart. */
export interface Columns {
  readonly plan: FftPlan;
  readonly src: number;
  readonly dst: number;
  readonly count: number;
  readonly pitch: number;
  readonly images: number;
  readonly stride: number;
  readonly inverse: boolean;
  /** nx when column 0 stands for the real columns 0 and nx/2, else 0 */
  readonly packedNx: number;
}

/** Transform columns in items of 32. */
export function columnsCommand(c: Columns): Command {
  const perImage = Math.ceil(c.count / COLUMNS_PER_ITEM);
  const { plan, src, dst, count, pitch, stride, inverse, packedNx } = c;
  const lines = { planY: plan, src, dst, nx: packedNx, ny: plan.n, count, perItem: COLUMNS_PER_ITEM };
  const steps = { inPitch: pitch, outPitch: pitch, inStride: stride, outStride: stride, itemsPerImage: perImage };
  const args = words({ ...lines, ...steps, inverse, packed: packedNx > 0 });
  return { operation: OPERATION.columns, items: c.images * perImage, args, scratch_bytes: c.plan.scratch_bytes };
}

/** Rows that lie `inPitch` and `outPitch` bytes apart. */
export interface Rows {
  readonly operation: number;
  readonly plan: FftPlan;
  readonly src: number;
  readonly dst: number;
  readonly count: number;
  readonly inPitch: number;
  readonly outPitch: number;
  readonly inverse: boolean;
  readonly scale: number;
  readonly packed: boolean;
}

/** Transform rows in items of 32. */
export function rowsCommand(r: Rows): Command {
  const { operation, plan, ...rest } = r;
  const args = words({ ...rest, planX: plan, nx: plan.n, perItem: ROWS_PER_ITEM });
  return {
    operation,
    items: Math.ceil(r.count / ROWS_PER_ITEM),
    args,
    scratch_bytes: plan.scratch_bytes,
  };
}
