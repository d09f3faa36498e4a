import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { CsError, asCsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { ImportLinks, findFiles } from '../../data/import-files.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { PIXEL_SIZE_UNSET, readVolume, statisticsOf, writeVolume, type Volume } from '../../io/mrc.ts';
import { encodePng } from '../../io/png.ts';
import { sectionsImages } from '../../math/volume.ts';
import { isMaskSlot, type spec } from './spec.ts';

type Context = JobContext<typeof spec>;

interface Imported {
  /** relative to the project directory */
  path: string;
  shape: readonly [number, number, number];
  psize_A: number;
}

/** Volumes of which pictures are made; the rest are only listed. */
const PICTURES = 10;

export const run: RunJob<typeof spec> = async (ctx) => {
  const { volume_blob_path, volume_type } = ctx.params;
  if (volume_blob_path === null) {
    throw new CsError('input', 'CS_PARAM_MISSING', 'Nothing to import: give the parameter volume_blob_path.');
  }
  const files = findFiles(volume_blob_path);
  const links = new ImportLinks(ctx.job_dir);
  const imported: Imported[] = [];
  let first: CsError | null = null;
  for (const [i, file] of files.entries()) {
    ctx.signal.throwIfAborted();
    ctx.progress(i / files.length, `Volume ${i + 1} of ${files.length}`);
    try {
      imported.push(await importVolume(ctx, file, links, imported.length < PICTURES));
    } catch (error) {
      const reason = asCsError(error);
      if (reason.kind !== 'input') throw error;
      first ??= reason;
      ctx.skip(file, reason);
    }
  }
  if (imported.length === 0) {
    const message = `None of ${files.length} files could be imported. The first reason: ${first?.message}`;
    throw new CsError('input', 'CS_IMPORT_EMPTY', message, first?.details, first ?? undefined);
  }
  ctx.progress(1, `${imported.length} of ${files.length} volumes imported`);
  const [{ shape, psize_A }] = imported;
  const summary = { volumes: imported.length, box_px: shape[2], psize_A: Number(psize_A.toPrecision(6)) };
  await ctx.output(outputName(volume_type), rowsOf(imported, volume_type), summary);
};

function outputName(volume_type: string): 'imported_masks' | 'imported_volumes' {
  return isMaskSlot(volume_type) ? 'imported_masks' : 'imported_volumes';
}

function rowsOf(imported: readonly Imported[], slot: string): Dataset {
  const rng = new Rng(randomBytes(4).readUInt32LE());
  const dataset = Dataset.create(
    BigUint64Array.from(imported, () => rng.uid()),
    [slot],
  );
  imported.forEach(({ path, shape, psize_A }, row) => {
    dataset.text(`${slot}/path`)[row] = path;
    dataset.u4(`${slot}/shape`).set(shape, 3 * row);
    dataset.f4(`${slot}/psize_A`)[row] = psize_A;
  });
  return dataset;
}

async function importVolume(ctx: Context, file: string, links: ImportLinks, pictured: boolean): Promise<Imported> {
  const volume = readVolume(file);
  const { shape, header } = volume;
  for (const warning of header.warnings) if (warning !== PIXEL_SIZE_UNSET) ctx.warn(`${file}: ${warning}.`);
  const psize_A = ctx.params.psize_A ?? volume.psize_A;
  if (psize_A === 0) {
    const message = `Volume ${file}: the header field cella does not tell the pixel size; give the parameter psize_A.`;
    throw new CsError('input', 'CS_PIXEL_SIZE', message, { path: file, field: 'cella' });
  }
  const [z, y, x] = shape;
  const { dmin, dmax, dmean, rms } = statisticsOf(volume.data, x * y, file);
  const path = usableAsIs(file, volume, psize_A) ? links.add(file) : rewrite(ctx, file, volume, psize_A, links);
  const numbers = [dmin, dmax, dmean, rms].map((value) => Number(value.toPrecision(5)));
  ctx.log(
    `${basename(file)}: ${x} × ${y} × ${z} px, ${Number(psize_A.toPrecision(6))} Å/px, ` +
      `minimum ${numbers[0]}, maximum ${numbers[1]}, mean ${numbers[2]}, standard deviation ${numbers[3]}.`,
  );
  if (x !== y || y !== z) ctx.warn(`${file} is not a cube: refinement needs one; Volume Tools can crop or pad it.`);
  if (pictured) {
    const pictures = sectionsImages(volume.data, shape).map(({ title, width, height, gray }) => ({
      title,
      width,
      height,
      png: encodePng(width, height, gray),
    }));
    await ctx.images(`Sections and projections of ${basename(file)}.`, pictures, [
      'tile',
      'dashboard',
      outputName(ctx.params.volume_type),
    ]);
  }
  return { path, shape, psize_A };
}

/** Whether other programs will read the same numbers, axes and pixel size from the file itself. */
function usableAsIs(file: string, volume: Volume, psize_A: number): boolean {
  const { mapc, mapr } = volume.header;
  const named = /\.(mrc|map|ccp4|rec)$/i.test(file);
  return named && mapc === 1 && mapr === 2 && Math.abs(psize_A - volume.psize_A) <= 1e-5 * psize_A;
}

function rewrite(ctx: Context, file: string, volume: Volume, psize_A: number, links: ImportLinks): string {
  const stem = basename(file).replace(/(\.(mrc|mrcs|map|ccp4|rec))?(\.(gz|bz2))?$/i, '');
  const path = links.reserve(`${stem}.mrc`);
  const { header, shape, data } = volume;
  // a map whose place is told by its first index has it as origin in Å
  const [sx, sy, sz] = [1, 2, 3].map((axis) => header.nstart[[header.mapc, header.mapr, header.maps].indexOf(axis)]);
  const told = header.origin_A.some((value) => value !== 0);
  const origin_A = told ? header.origin_A : [sx * psize_A, sy * psize_A, sz * psize_A];
  writeVolume(join(ctx.project_dir, path), { shape, psize_A, data, origin_A });
  return path;
}
