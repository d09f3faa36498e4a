import { join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import type { JobContext } from '../../engine/context.ts';
import { readAtoms } from '../../io/atoms.ts';
import { readVolume } from '../../io/mrc.ts';
import type { Atom } from '../../math/atom.ts';
import { barrelModel } from '../../math/barrel-model.ts';
import { densityMap } from '../../math/density.ts';
import { cropPad, fourierCrop3, fourierPad, type Shape3 } from '../../math/resample.ts';
import type { spec } from './spec.ts';

type Context = JobContext<typeof spec>;

/** The map that is projected. */
export interface Truth {
  /** shape [n, n, n], origin at voxel floor(n/2) */
  readonly map: Float32Array;
  readonly n: number;
  readonly psize_A: number;
  /** one sentence for the log */
  readonly origin: string;
  /** the model that the map was computed from, where there is one */
  readonly atoms: readonly Atom[] | null;
}

const DEFAULT_PSIZE_A = 1.5;
/** largest relative error of the pixel size that resampling by whole pixels may leave */
const PSIZE_TOLERANCE = 2e-4;

/** Make the map to project, from what the user gave. @throws CsError `input` for what cannot be read or does not fit */
export async function makeTruth(ctx: Context): Promise<Truth> {
  const { box_size_pix: n, model_path, symmetry, model_seed } = ctx.params;
  const psize_A = ctx.params.psize_A ?? DEFAULT_PSIZE_A;
  const [group] = await ctx.input('volume');
  if (group && model_path) {
    const message = 'A volume is connected and a model file is given (model_path): wanted one of them.';
    throw new CsError('input', 'CS_PARAM_CONFLICT', message, { model_path });
  }
  if (group)
    return fromMap(join(ctx.project_dir, group.dataset.text('map/path')[0]), ctx, group.dataset.f4('map/psize_A')[0]);
  if (!model_path) {
    const atoms = barrelModel({ symmetry, seed: model_seed });
    const origin = `Generated barrel, symmetry ${symmetry}: ${atoms.length} atoms.`;
    return { map: densityMap(atoms, n, psize_A), n, psize_A, origin, atoms };
  }
  if (/\.(mrc|map|ccp4)(\.gz|\.bz2)?$/i.test(model_path)) return fromMap(model_path, ctx, 0);
  const read = readAtoms(model_path);
  const atoms = ctx.params.center_model ? centred(read) : read;
  const origin = `Atomic model ${model_path}: ${atoms.length} atoms.`;
  return { map: densityMap(atoms, n, psize_A), n, psize_A, origin, atoms };
}

/** Atoms moved so that their mean position is the origin. */
function centred(atoms: readonly Atom[]): Atom[] {
  const mean = (axis: 'x' | 'y' | 'z'): number => atoms.reduce((sum, atom) => sum + atom[axis], 0) / atoms.length;
  const [x, y, z] = [mean('x'), mean('y'), mean('z')];
  return atoms.map((atom) => ({ ...atom, x: atom.x - x, y: atom.y - y, z: atom.z - z }));
}

/** @param known_A pixel size known from elsewhere; 0: the file's */
function fromMap(path: string, ctx: Context, known_A: number): Truth {
  const { box_size_pix: n } = ctx.params;
  const volume = readVolume(path);
  for (const warning of volume.header.warnings) ctx.warn(`${path}: ${warning}.`);
  const stored_A = known_A || volume.psize_A || ctx.params.psize_A || 0;
  if (stored_A === 0) {
    const message = `Map ${path}: its header does not tell the pixel size; give the parameter psize_A.`;
    throw new CsError('input', 'CS_PARAM_MISSING', message, { path });
  }
  const wanted_A = ctx.params.psize_A ?? stored_A;
  const side = Math.max(...volume.shape);
  const cube = cropPad(volume.data, volume.shape, [side, side, side]);
  const { map, to } = resample(cube, side, stored_A, wanted_A, path);
  const origin = `Map ${path}: side ${side} px of ${stored_A.toFixed(4)} Å.`;
  return { map: cropPad(map, [to, to, to], [n, n, n]), n, psize_A: wanted_A, origin, atoms: null };
}

/** The map on a grid of another spacing: padded until both grids have whole numbers of voxels, then cropped or padded in Fourier space. */
function resample(
  cube: Float32Array,
  side: number,
  stored_A: number,
  wanted_A: number,
  path: string,
): { map: Float32Array; to: number } {
  const ratio = stored_A / wanted_A;
  if (Math.abs(ratio - 1) < PSIZE_TOLERANCE) return { map: cube, to: side };
  const error = (from: number): number => Math.abs(Math.round(from * ratio) / (from * ratio) - 1);
  let from = side;
  while (error(from) > PSIZE_TOLERANCE && from < 2 * side) from++;
  const to = Math.round(from * ratio);
  if (error(from) > PSIZE_TOLERANCE || to < 2) {
    const message = `Map ${path}: a side of ${side} px of ${stored_A} Å cannot be resampled to ${wanted_A} Å. Wanted a pixel size closer to the map's.`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { stored_A, wanted_A });
  }
  const [before, after]: [Shape3, Shape3] = [
    [from, from, from],
    [to, to, to],
  ];
  const padded = cropPad(cube, [side, side, side], before);
  return { map: to < from ? fourierCrop3(padded, before, after) : fourierPad(padded, before, after), to };
}
