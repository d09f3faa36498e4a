import { CsError } from '../../base/errors.ts';
import { readVolume } from '../../io/mrc.ts';
import type { Shape3 } from '../../math/resample.ts';
import { cropPad, fourierCrop3, fourierPad, lowpass, thresholdMask } from '../../math/volume.ts';

/** What to do, in this order; null or false: not. */
export interface Work {
  /** absolute */
  readonly path: string;
  /** of the stored map, Å; 0: as its header says */
  readonly psize_A: number;
  readonly flip_hand: boolean;
  readonly lowpass: { readonly cutoff_A: number; readonly order: number } | null;
  /** new side, px, or pixel size, Å, at the same extent */
  readonly resample: { readonly N: number } | { readonly psize_A: number } | null;
  /** new side, px */
  readonly crop_N: number | null;
  readonly mask: { readonly threshold: number; readonly dilate_A: number; readonly soft_px: number } | null;
}

export interface Worked {
  /** in a SharedArrayBuffer, shape `shape` */
  readonly data: Float32Array;
  readonly shape: Shape3;
  readonly psize_A: number;
}

/** All operations on one map; runs in a thread, so that the job stays free to be stopped. */
export function work(_step: number, w: Work): Worked {
  const volume = readVolume(w.path);
  let shape: Shape3 = volume.shape;
  let psize_A = w.psize_A || volume.psize_A;
  if (!(psize_A > 0)) {
    const message = `${w.path}: the voxel size is ${psize_A} Å, wanted a positive one (in the dataset or the file's header).`;
    throw new CsError('input', 'CS_PSIZE', message, { path: w.path });
  }
  let data = w.flip_hand ? mirrored(volume.data, shape) : volume.data;
  if (w.lowpass) data = lowpass(data, shape, psize_A, w.lowpass);
  if (w.resample) {
    const side = 'N' in w.resample ? w.resample.N : Math.round((shape[2] * psize_A) / w.resample.psize_A);
    const to = resampledShape(shape, side);
    data = side < shape[2] ? fourierCrop3(data, shape, to) : fourierPad(data, shape, to);
    psize_A = (psize_A * shape[2]) / side;
    shape = to;
  }
  if (w.crop_N !== null) {
    const to: Shape3 = [w.crop_N, w.crop_N, w.crop_N];
    data = cropPad(data, shape, to);
    shape = to;
  }
  if (w.mask) {
    const { threshold, dilate_A, soft_px } = w.mask;
    data = thresholdMask(data, shape, { threshold, dilate_px: dilate_A / psize_A, soft_px });
  }
  const shared = new Float32Array(new SharedArrayBuffer(data.byteLength));
  shared.set(data);
  return { data: shared, shape, psize_A };
}

/** All sides change by the factor of x, which must leave whole numbers of voxels. */
function resampledShape(shape: Shape3, side: number): Shape3 {
  const to = shape.map((n) => (n * side) / shape[2]);
  if (side < 2 || side > 4096 || !to.every(Number.isInteger)) {
    const message = `Cannot resample ${shape.join(' × ')} px to a side of ${side} px: sides must become whole numbers, 2 to 4096.`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { shape, side });
  }
  return [to[0], to[1], to[2]];
}

/**
 * Mirror image along z through the origin, voxel floor(nz/2). For an even side the section at -nz/2 has no counterpart
 * within the box: it stays where it is, as it would in a periodic one.
 */
function mirrored(data: Float32Array, [nz, ny, nx]: Shape3): Float32Array {
  const out = new Float32Array(data.length);
  const section = ny * nx;
  for (let z = 0; z < nz; z++) {
    const from = (2 * Math.floor(nz / 2) - z + nz) % nz;
    out.set(data.subarray(from * section, (from + 1) * section), z * section);
  }
  return out;
}
