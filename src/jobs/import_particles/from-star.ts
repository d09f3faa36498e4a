import { CsError } from '../../base/errors.ts';
import type { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { eulerToMatrix, matrixToPose } from '../../math/rotation.ts';
import { DEFAULT_AMP_CONTRAST, missingLabel, type GivenOptics } from './optics.ts';
import { StarParticles } from './star-columns.ts';
import type { ParticleTable } from './table.ts';

const RAD = Math.PI / 180;
const POSE_LABELS = ['rlnAngleRot', 'rlnAngleTilt', 'rlnAnglePsi'];
/** higher-order optics that are told about but not taken over */
const NOT_IMPORTED = ['rlnOddZernike', 'rlnEvenZernike', 'rlnMagMat00'];

/**
 * The particles of a RELION table.
 *
 * Angles are RELION's ZYZ Euler angles; origins (Å in 3.1, px before) keep their sign as `shift`. Half-set 1 becomes
 * split 0. Coordinates stay in RELION's pixels here: `location` needs the micrograph's size.
 *
 * @param given values of the user, which win over the table's
 * @throws CsError `CS_STAR_LABEL` naming a missing column and the file, `CS_STAR_FORMAT`
 */
export function readStarTable(path: string, given: GivenOptics, ignorePose: boolean, rng: Rng): ParticleTable {
  const star = new StarParticles(path);
  const dataset = Dataset.create(
    BigUint64Array.from({ length: star.length }, () => rng.uid()),
    ['blob'],
  );
  const notes: string[] = [];
  const bad = new RowFaults(star);
  imageNames(star, dataset, bad);
  const psize = pixelSize(star, given);
  dataset.f4('blob/psize_A').set(psize);
  bad.check('pixel size', psize, (value) => value >= 0);
  if (star.has('rlnDefocusU')) fillCtf(star, dataset, given, bad);
  else notes.push('The table has no _rlnDefocusU: the particles come without CTF.');
  if (!ignorePose) fillPoses(star, dataset, psize, bad, rng, notes);
  const ignored = NOT_IMPORTED.filter((label) => star.has(label));
  if (ignored.length > 0) notes.push(`Not imported: ${ignored.map((label) => `_${label}`).join(', ')}.`);
  return { dataset, faults: bad.faults, notes, coordinates: coordinates(star) };
}

/** Notes of each row the first value that is not usable. */
class RowFaults {
  readonly faults = new Map<number, CsError>();
  private readonly star: StarParticles;

  constructor(star: StarParticles) {
    this.star = star;
  }

  check(what: string, values: ArrayLike<number>, good: (value: number) => boolean = Number.isFinite): void {
    for (let row = 0; row < values.length; row++) {
      if (!Number.isFinite(values[row]) || !good(values[row])) this.note(row, `${what} is ${values[row]}`);
    }
  }

  note(row: number, found: string): void {
    if (this.faults.has(row)) return;
    const message = `STAR file ${this.star.path}, particle ${row + 1}: ${found}.`;
    this.faults.set(row, new CsError('input', 'CS_STAR_VALUE', message, { path: this.star.path, row: row + 1 }));
  }
}

/** `000012@dir/stack.mrcs` is section 11 of the stack; a name without `@` is a file with one image. */
function imageNames(star: StarParticles, dataset: Dataset, bad: RowFaults): void {
  const names = star.text('rlnImageName') ?? [];
  const paths = dataset.text('blob/path');
  const index = dataset.u4('blob/idx');
  names.forEach((name, row) => {
    const match = /^(\d+)@(.+)$/.exec(name);
    const number = match ? Number(match[1]) : 1;
    if (number < 1) bad.note(row, `_rlnImageName is "${name}", image numbers count from 1`);
    paths[row] = match?.[2] ?? name;
    index[row] = Math.max(0, number - 1);
  });
}

/** Å by row: the user's, RELION 3.1's, or detector pixel over magnification; 0 leaves it to the stack's header. */
function pixelSize(star: StarParticles, given: GivenOptics): Float64Array {
  if (given.psize_A !== null) return new Float64Array(star.length).fill(given.psize_A);
  const direct = star.numbers('rlnImagePixelSize') ?? star.numbers('rlnPixelSize');
  if (direct) return direct;
  const detector_um = star.numbers('rlnDetectorPixelSize');
  const magnification = star.numbers('rlnMagnification');
  if (!detector_um || !magnification) return new Float64Array(star.length);
  return detector_um.map((um, row) => (um * 1e4) / magnification[row]);
}

function fillCtf(star: StarParticles, dataset: Dataset, given: GivenOptics, bad: RowFaults): void {
  dataset.addSlot('ctf');
  const { length } = star;
  const all = (value: number): Float64Array => new Float64Array(length).fill(value);
  const optics = (label: string, value: number | null, param: string): Float64Array =>
    value === null ? star.required([label], `give it as the parameter ${param} instead`) : all(value);
  const why = 'it belongs to _rlnDefocusU';
  const amplitude = star.numbers('rlnAmplitudeContrast') ?? all(DEFAULT_AMP_CONTRAST);
  const columns: [field: string, values: Float64Array, scale: number][] = [
    ['accel_kv', optics('rlnVoltage', given.accel_kv, 'accel_kv'), 1],
    ['cs_mm', optics('rlnSphericalAberration', given.cs_mm, 'cs_mm'), 1],
    ['amp_contrast', given.amp_contrast === null ? amplitude : all(given.amp_contrast), 1],
    ['df1_A', star.required(['rlnDefocusU'], why), 1],
    ['df2_A', star.required(['rlnDefocusV'], why), 1],
    ['df_angle_rad', star.required(['rlnDefocusAngle'], why), RAD],
    ['phase_shift_rad', star.numbers('rlnPhaseShift') ?? all(0), RAD],
    ['scale', star.numbers('rlnCtfScalefactor') ?? all(1), 1],
    ['bfactor', star.numbers('rlnCtfBfactor') ?? all(0), 1],
  ];
  for (const [field, values, scale] of columns) {
    bad.check(`ctf/${field}`, values);
    const column = dataset.f4(`ctf/${field}`);
    for (let row = 0; row < length; row++) column[row] = values[row] * scale;
  }
  bad.check('accelerating voltage', columns[0][1], (kv) => kv > 0);
  dataset.text('ctf/type').fill('imported');
  dataset.u4('ctf/exp_group_id').set(star.numbers('rlnOpticsGroup') ?? all(1));
  beamTilt(star, dataset, bad);
}

/** RELION gives the beam tilt in mrad; `tilt_A` is Cs · sin(tilt). */
function beamTilt(star: StarParticles, dataset: Dataset, bad: RowFaults): void {
  const cs_mm = dataset.f4('ctf/cs_mm');
  const tilt_A = dataset.f4('ctf/tilt_A');
  ['rlnBeamTiltX', 'rlnBeamTiltY'].forEach((label, axis) => {
    const tilt_mrad = star.numbers(label);
    if (!tilt_mrad) return;
    bad.check(label, tilt_mrad);
    for (let row = 0; row < star.length; row++)
      tilt_A[2 * row + axis] = Math.sin(tilt_mrad[row] * 1e-3) * cs_mm[row] * 1e7;
  });
}

function fillPoses(
  star: StarParticles,
  dataset: Dataset,
  psize: Float64Array,
  bad: RowFaults,
  rng: Rng,
  notes: string[],
): void {
  const there = POSE_LABELS.filter((label) => star.has(label));
  if (there.length === 0) return;
  const only2D = there.length === 1 && there[0] === 'rlnAnglePsi';
  const lacking = POSE_LABELS.filter((label) => !there.includes(label));
  if (!only2D && lacking.length > 0) {
    throw missingLabel(star.path, lacking, `it belongs to _${there.join(', _')}; "Ignore poses" imports without them`);
  }
  const slot = only2D ? 'alignments2D' : 'alignments3D';
  dataset.addSlot(slot);
  const angles = POSE_LABELS.map((label) => star.numbers(label));
  const pose = dataset.f4(`${slot}/pose`);
  angles.forEach((values, i) => values && bad.check(POSE_LABELS[i], values));
  const [rot, tilt, psi] = angles;
  for (let row = 0; row < star.length; row++) {
    if (!psi) break;
    if (rot && tilt) pose.set(matrixToPose(eulerToMatrix(rot[row] * RAD, tilt[row] * RAD, psi[row] * RAD)), 3 * row);
    else pose[row] = psi[row] * RAD;
  }
  dataset.f4(`${slot}/psize_A`).set(psize);
  for (const field of ['alpha', 'weight', 'class_posterior', 'class_ess']) dataset.f4(`${slot}/${field}`).fill(1);
  fillShifts(star, dataset.f4(`${slot}/shift`), psize, bad);
  const classes = star.numbers('rlnClassNumber');
  if (classes) dataset.u4(`${slot}/class`).set(classes.map((number) => Math.max(0, number - 1)));
  fillSplit(star, dataset.u4(`${slot}/split`), rng, notes);
}

function fillShifts(star: StarParticles, shift: Float32Array, psize: Float64Array, bad: RowFaults): void {
  ['X', 'Y'].forEach((axis, i) => {
    const origin_A = star.numbers(`rlnOrigin${axis}Angst`);
    const origin_px = star.numbers(`rlnOrigin${axis}`);
    const origin = origin_A ?? origin_px;
    if (!origin) return;
    if (origin_A && psize.includes(0)) {
      throw missingLabel(
        star.path,
        ['rlnImagePixelSize'],
        `_rlnOrigin${axis}Angst is in Å; give the parameter psize_A`,
      );
    }
    bad.check(`_rlnOrigin${axis}`, origin);
    for (let row = 0; row < star.length; row++) shift[2 * row + i] = origin_A ? origin[row] / psize[row] : origin[row];
  });
}

function fillSplit(star: StarParticles, split: Uint32Array, rng: Rng, notes: string[]): void {
  const subset = star.numbers('rlnRandomSubset');
  for (let row = 0; row < split.length; row++) split[row] = subset ? Number(subset[row] === 2) : rng.below(2);
  if (!subset) notes.push('The table has no _rlnRandomSubset: half-sets were drawn at random.');
}

function coordinates(star: StarParticles): ParticleTable['coordinates'] {
  const [x_px, y_px] = [star.numbers('rlnCoordinateX'), star.numbers('rlnCoordinateY')];
  const micrographs = star.text('rlnMicrographName');
  if (!x_px || !y_px || !micrographs) return null;
  return { x_px, y_px, micrographs, psize_A: star.numbers('rlnMicrographOriginalPixelSize') };
}
