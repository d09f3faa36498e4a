import { randomBytes } from 'node:crypto';
import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { ImportLinks, findFiles, importSignature } from '../../data/import-files.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import { matchName } from '../../io/acquisition.ts';
import { EER_DEFAULTS } from '../../io/movie.ts';
import {
  exposureThreads,
  fillMicroscope,
  given,
  microscopeOf,
  probeFiles,
  showExposures,
  type FailedFile,
  type FoundFile,
} from '../shared/exposures.ts';
import type { spec } from './spec.ts';

type Context = JobContext<typeof spec>;

/** A micrograph and the exposure that it belongs to. */
interface Micrograph extends FoundFile {
  readonly uid: bigint;
}

export const run: RunJob<typeof spec> = async (ctx) => {
  const { params } = ctx;
  const blob_paths = given('blob_paths', params.blob_paths);
  const microscope = microscopeOf(ctx.job_uid, params);
  const rng = new Rng(randomBytes(4).readUInt32LE());
  const exposures = await exposuresByName(ctx);
  const paths = findFiles(blob_paths);
  ctx.log(`Found ${paths.length} ${paths.length === 1 ? 'file' : 'files'}.`);
  const pool = exposureThreads(ctx, Math.min(params.compute_num_cpus, paths.length));
  try {
    const firstOnly = params.skip_header_check;
    const { found, failed } = await probeFiles(ctx, pool, paths, { eer: EER_DEFAULTS, firstOnly });
    const good = takeMicrographs(ctx, found, failed, exposures, rng);
    const [{ header }] = good;
    const [, ny, nx] = header.shape;
    ctx.log(`Micrographs have ${nx} × ${ny} px, format ${header.format}.`);
    const links = new ImportLinks(ctx.job_dir);
    await showExposures(ctx, pool, good, { eer: EER_DEFAULTS, gain: null, output: 'imported_micrographs' });
    const micrographs = rowsOf(ctx, good, links, params.output_constant_ctf);
    fillMicroscope(micrographs, microscope);
    ctx.progress(1, `${good.length} of ${paths.length} micrographs imported`);
    const psize_A = Number(micrographs.f4('micrograph_blob/psize_A')[0].toPrecision(6));
    await ctx.output('imported_micrographs', micrographs, { micrographs: good.length, nx, ny, psize_A });
    const blank = { ...header, shape: [0, 0, 0] as const, format: '' };
    const rest = rowsOf(
      ctx,
      failed.map(({ path }) => ({ path, header: blank, uid: rng.uid() })),
      links,
      false,
    );
    fillMicroscope(rest, microscope);
    await ctx.output('failed_micrographs', rest, { micrographs: failed.length });
  } finally {
    await pool.close();
  }
};

/** Uids of the connected movies by their names after cutting; null without movies. */
async function exposuresByName(ctx: Context): Promise<Map<string, bigint> | null> {
  const groups = await ctx.input('movies');
  if (groups.length === 0) return null;
  const cut = { prefix: ctx.params.source_cut_prefix, suffix: ctx.params.source_cut_suff };
  const uids = new Map<string, bigint>();
  for (const { dataset } of groups) {
    const names = dataset.text('movie_blob/path').map((path) => matchName(path, cut));
    names.forEach((name, row) => {
      if (uids.has(name)) {
        const message = `Two movies have the name "${name}" after cutting: micrographs cannot be told to belong to one.`;
        throw new CsError('input', 'CS_MOVIE_MATCH', message, { name, field: 'source_cut_suff' });
      }
      uids.set(name, dataset.u8('uid')[row]);
    });
  }
  return uids;
}

/** Files of one image, with a pixel size and, where movies are connected, a movie; the others fail. */
function takeMicrographs(
  ctx: Context,
  found: readonly FoundFile[],
  failed: FailedFile[],
  exposures: ReadonlyMap<string, bigint> | null,
  rng: Rng,
): Micrograph[] {
  const cut = { prefix: ctx.params.query_cut_prefix, suffix: ctx.params.query_cut_suff };
  const taken = new Map<bigint, string>();
  const good: Micrograph[] = [];
  for (const file of found) {
    const uid = exposures === null ? rng.uid() : exposures.get(matchName(file.path, cut));
    const error = faultOf(ctx, file, uid, uid === undefined ? undefined : taken.get(uid), cut);
    if (error !== null || uid === undefined) {
      if (error === null) continue;
      failed.push({ path: file.path, error });
      ctx.skip(file.path, error);
      continue;
    }
    taken.set(uid, file.path);
    good.push({ ...file, uid });
  }
  if (good.length > 0) return good;
  const [first] = failed;
  const message = `None of ${found.length + failed.length} files could be imported. The first reason: ${first.error.message}`;
  throw new CsError('input', 'CS_IMPORT_EMPTY', message, first.error.details, first.error);
}

function faultOf(
  ctx: Context,
  { path, header }: FoundFile,
  uid: bigint | undefined,
  rival: string | undefined,
  cut: { prefix: number; suffix: number },
): CsError | null {
  if (header.shape[0] !== 1) {
    const message = `Micrograph ${path} has ${header.shape[0]} images, wanted 1: it is a movie or a stack.`;
    return new CsError('input', 'CS_IMAGE_COUNT', message, { path, field: 'frames' });
  }
  if (ctx.params.psize_A === null && header.psize_A === null) {
    const message = `Micrograph ${path}: its header does not tell the pixel size; give the parameter psize_A.`;
    return new CsError('input', 'CS_PIXEL_SIZE', message, { path, field: 'psize_A' });
  }
  if (uid === undefined) {
    const message = `Micrograph ${path}: no movie has the name "${matchName(path, cut)}" after cutting.`;
    return new CsError('input', 'CS_MOVIE_MATCH', message, { path, field: 'query_cut_suff' });
  }
  if (rival === undefined) return null;
  const message = `Micrograph ${path} belongs to the same movie as ${rival}.`;
  return new CsError('input', 'CS_MOVIE_MATCH', message, { path, field: 'query_cut_suff' });
}

function rowsOf(ctx: Context, files: readonly Micrograph[], links: ImportLinks, constantCtf: boolean): Dataset {
  const slots = ['micrograph_blob', 'mscope_params', ...(constantCtf ? ['ctf'] : [])];
  const micrographs = Dataset.create(
    BigUint64Array.from(files, (file) => file.uid),
    slots,
  );
  files.forEach(({ path, header }, row) => {
    micrographs.text('micrograph_blob/path')[row] = links.add(path);
    micrographs.u4('micrograph_blob/shape').set(header.shape.slice(1), 2 * row);
    micrographs.f4('micrograph_blob/psize_A')[row] = ctx.params.psize_A ?? header.psize_A ?? 0;
    micrographs.text('micrograph_blob/format')[row] = header.format;
    micrographs.u8('micrograph_blob/import_sig')[row] = importSignature(path);
  });
  return micrographs;
}
