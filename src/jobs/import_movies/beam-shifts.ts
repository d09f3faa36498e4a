import { CsError, asCsError } from '../../base/errors.ts';
import { findFiles } from '../../data/import-files.ts';
import type { JobContext } from '../../engine/context.ts';
import { matchName, readAcquisition } from '../../io/acquisition.ts';
import type { FigureInput } from '../../schema/figure.ts';
import type { spec } from './spec.ts';

type BeamShift = readonly [number, number];

/** Metadata files that are read between two looks at progress and signals. */
const BATCH = 100;
/** How far a value may be off that of the parameter before it is told, fraction. */
const TOLERANCE = 0.02;

/**
 * Beam shifts of movies from their metadata files, matched by name; a movie without one is not in the map.
 * @param paths absolute paths of the movies; @param psize_A of the frames as stored, Å
 * @throws CsError `CS_PARAM_MISSING`, `CS_FILE_MISSING`, `CS_METADATA_MATCH` when no file belongs to a movie
 */
export async function readBeamShifts(
  ctx: JobContext<typeof spec>,
  paths: readonly string[],
): Promise<Map<string, BeamShift>> {
  const { params } = ctx;
  if (params.xml_paths === null) {
    const message = 'Parameter parse_xml_files is on, but xml_paths is empty: give the pattern of the metadata files.';
    throw new CsError('input', 'CS_PARAM_MISSING', message, { field: 'xml_paths' });
  }
  const files = new Map<string, string>();
  const cutXml = { prefix: params.xml_cut_prefix_xml, suffix: params.xml_cut_suffix_xml };
  const found = findFiles(params.xml_paths);
  for (const file of found) files.set(matchName(file, cutXml), file);
  const cutMovie = { prefix: params.mov_cut_prefix_xml, suffix: params.mov_cut_suffix_xml };
  const shifts = new Map<string, BeamShift>();
  const differences = new Map<string, number>();
  let [matched, silent] = [0, 0];
  for (const [i, path] of paths.entries()) {
    if (i % BATCH === 0) {
      ctx.progress(i / paths.length, `Metadata ${i} of ${paths.length}`);
      await new Promise((resolve) => setImmediate(resolve));
      ctx.signal.throwIfAborted();
    }
    const file = files.get(matchName(path, cutMovie));
    if (file === undefined) continue;
    matched++;
    try {
      const { beam_shift, accel_kv } = readAcquisition(file);
      if (beam_shift === null) silent++;
      else shifts.set(path, beam_shift);
      if (
        accel_kv !== null &&
        params.accel_kv !== null &&
        Math.abs(accel_kv - params.accel_kv) > TOLERANCE * accel_kv
      ) {
        const words = `accelerating voltage ${accel_kv} kV, the parameter is ${params.accel_kv} kV`;
        differences.set(words, (differences.get(words) ?? 0) + 1);
      }
    } catch (error) {
      const fault = asCsError(error);
      if (fault.kind !== 'input') throw error;
      ctx.skip(file, fault);
    }
  }
  if (matched === 0) {
    const [movie, file] = [matchName(paths[0], cutMovie), matchName(found[0], cutXml)];
    const message = `None of ${found.length} metadata files belongs to a movie: after cutting, the first movie is "${movie}" and the first file "${file}".`;
    throw new CsError('input', 'CS_METADATA_MATCH', message, { movie, file, field: 'xml_cut_suffix_xml' });
  }
  for (const [words, count] of differences) ctx.warn(`${count} metadata files say: ${words}.`);
  ctx.log(`Beam shifts of ${shifts.size} of ${paths.length} movies are known.`);
  if (matched < paths.length) ctx.warn(`${paths.length - matched} movies have no metadata file.`);
  if (silent > 0) ctx.warn(`${silent} metadata files tell no beam shift.`);
  if (shifts.size > 0) ctx.figure('Beam shifts of the movies.', shiftFigure([...shifts.values()]), ['dashboard']);
  return shifts;
}

function shiftFigure(shifts: readonly BeamShift[]): FigureInput {
  return {
    kind: 'scatter',
    title: 'Beam shift',
    x: { label: 'x, as the metadata files have it' },
    y: { label: 'y' },
    points: { x: shifts.map(([x]) => x), y: shifts.map(([, y]) => y) },
  };
}
