import { randomBytes } from 'node:crypto';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { ImportLinks, findFiles, importSignature } from '../../data/import-files.ts';
import type { JobContext, RunJob } from '../../engine/context.ts';
import type { EerOptions } from '../../io/movie.ts';
import {
  exposureThreads,
  fillMicroscope,
  given,
  microscopeOf,
  probeFiles,
  showExposures,
  type FoundFile,
  type Microscope,
} from '../shared/exposures.ts';
import { readBeamShifts } from './beam-shifts.ts';
import { readDetector, type Detector } from './detector.ts';
import type { spec } from './spec.ts';

type Context = JobContext<typeof spec>;

export const run: RunJob<typeof spec> = async (ctx) => {
  const { params } = ctx;
  const blob_paths = given('blob_paths', params.blob_paths);
  const psize_A = given('psize_A', params.psize_A);
  const optics = { psize_A, microscope: microscopeOf(ctx.job_uid, params) };
  const paths = findFiles(blob_paths);
  ctx.log(`Found ${paths.length} ${paths.length === 1 ? 'file' : 'files'}.`);
  const upsampling = Number(params.eer_upsamp_factor) as EerOptions['upsampling'];
  const eer: EerOptions = { upsampling, fractions: params.eer_num_fractions };
  const pool = exposureThreads(ctx, Math.min(params.compute_num_cpus, paths.length));
  try {
    const { found, failed } = await probeFiles(ctx, pool, paths, { eer, firstOnly: params.skip_header_check });
    const [{ header }] = found;
    const [frames, ny, nx] = header.shape;
    ctx.log(`Movies have ${frames} frames of ${nx} × ${ny} px, format ${header.format}.`);
    const others = found.filter((file) => file.header.shape[0] !== frames).length;
    if (others > 0) ctx.warn(`${others} movies have another number of frames than the first, ${frames}.`);
    const links = new ImportLinks(ctx.job_dir);
    const detector = await readDetector(ctx, links, ny, nx);
    const good = found.map((file) => file.path);
    const shifts = params.parse_xml_files
      ? await readBeamShifts(ctx, good)
      : new Map<string, readonly [number, number]>();
    await showExposures(ctx, pool, found, { eer, gain: detector.gain, output: 'imported_movies' });
    const rng = new Rng(randomBytes(4).readUInt32LE());
    const movies = moviesOf(ctx, found, links, detector, optics, rng);
    found.forEach(({ path }, row) => {
      const shift = shifts.get(path);
      if (!shift) return;
      movies.f4('mscope_params/beam_shift').set(shift, 2 * row);
      movies.u4('mscope_params/beam_shift_known')[row] = 1;
    });
    ctx.progress(1, `${found.length} of ${paths.length} movies imported`);
    const summary = { movies: found.length, frames, nx, ny };
    await ctx.output('imported_movies', movies, {
      ...summary,
      psize_A: Number(movies.f4('movie_blob/psize_A')[0].toPrecision(6)),
    });
    const lost = failed.map(({ path }) => ({ path, header: { ...header, shape: [0, 0, 0] as const, format: '' } }));
    const rest = moviesOf(ctx, lost, links, detector, optics, rng);
    rest.drop('gain_ref_blob');
    rest.drop('ctf');
    await ctx.output('failed_movies', rest, { movies: failed.length });
  } finally {
    await pool.close();
  }
};

/** Rows of linked movies. */
function moviesOf(
  ctx: Context,
  files: readonly FoundFile[],
  links: ImportLinks,
  detector: Detector,
  optics: { readonly psize_A: number; readonly microscope: Microscope },
  rng: Rng,
): Dataset {
  const { params } = ctx;
  const { gainPath, gainShape, defectPath } = detector;
  const slots = ['movie_blob', 'mscope_params'];
  if (gainPath !== null) slots.push('gain_ref_blob');
  if (params.output_constant_ctf) slots.push('ctf');
  const movies = Dataset.create(
    BigUint64Array.from(files, () => rng.uid()),
    slots,
  );
  files.forEach(({ path, header }, row) => {
    const { shape, format } = header;
    const upsampling = format.startsWith('EER/') ? Number(params.eer_upsamp_factor) : 1;
    movies.text('movie_blob/path')[row] = links.add(path);
    movies.u4('movie_blob/shape').set(shape, 3 * row);
    movies.f4('movie_blob/psize_A')[row] = optics.psize_A / upsampling;
    movies.text('movie_blob/format')[row] = format;
    movies.u8('movie_blob/import_sig')[row] = importSignature(path);
  });
  movies.u4('movie_blob/is_gain_corrected').fill(gainPath === null ? 1 : 0);
  movies.u4('movie_blob/has_defect_file').fill(defectPath === null ? 0 : 1);
  fillMicroscope(movies, optics.microscope);
  movies.text('mscope_params/defect_path').fill(defectPath ?? '');
  if (gainPath !== null) {
    movies.text('gain_ref_blob/path').fill(gainPath);
    movies.u4('gain_ref_blob/flip_x').fill(params.gainref_flip_x ? 1 : 0);
    movies.u4('gain_ref_blob/flip_y').fill(params.gainref_flip_y ? 1 : 0);
    movies.u4('gain_ref_blob/rotate_num').fill(params.gainref_rotate_num);
    for (let row = 0; row < files.length; row++) movies.u4('gain_ref_blob/shape').set(gainShape, 2 * row);
  }
  return movies;
}
