import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedFile, without } from '../../test/shared-data.ts';
import { MrcReader, readVolume } from '../io/mrc.ts';
import { readStar } from '../io/star.ts';
import { type CtfParams, ctf2d } from './ctf.ts';
import { RealFft2 } from './fft.ts';
import { Projector } from './projector.ts';
import { eulerToMatrix, transpose } from './rotation.ts';
import { correlation } from './testing/blob-volume.ts';
import { originToCentre } from './volume.ts';

const FOLDER = 'bogdantoader__simplecryoem/';
const BATCH = `${FOLDER}notebooks/comparisons/data/relion_proj_batch`;
const MAP = `${FOLDER}data/pointmass.mrc`;
const N = 64;
const RAD = Math.PI / 180;

interface Wrong {
  readonly transposed?: boolean;
  readonly shiftSign?: number;
  readonly withoutCtf?: boolean;
}

/** Mean correlation of our images (projection, CTF, shift) with RELION's of the same 24 rows. */
function agreement(name: string, padding: number, wrong: Wrong = {}): number {
  const file = readStar(sharedFile(`${name}.star`));
  const [optics, rows] = [file.get('optics'), file.get('particles')];
  assert.ok(optics && rows && rows.length === 24);
  const of = (label: string, row: number): number => Number(rows.columns.get(label)?.[row]);
  const common = (label: string): number => Number(optics.columns.get(label)?.[0]);
  const psize_A = common('rlnImagePixelSize');
  const reader = new MrcReader(sharedFile(`${name}.mrcs`));
  const images = reader.readSections(0, rows.length);
  reader.close();
  const projector = new Projector(readVolume(sharedFile(MAP)).data, N, { padding });
  const fft = new RealFft2(N, N);
  const nc = N / 2 + 1;
  const spectrum = new Float32Array(2 * N * nc);
  let sum = 0;
  for (let row = 0; row < rows.length; row++) {
    const angles = ['rlnAngleRot', 'rlnAngleTilt', 'rlnAnglePsi'].map((label) => of(label, row) * RAD);
    const R = eulerToMatrix(angles[0], angles[1], angles[2]);
    projector.slice(wrong.transposed ? transpose(R) : R, N / 2, spectrum);
    const parameters: CtfParams = {
      accel_kv: common('rlnVoltage'),
      cs_mm: common('rlnSphericalAberration'),
      amp_contrast: common('rlnAmplitudeContrast'),
      df1_A: of('rlnDefocusU', row),
      df2_A: of('rlnDefocusV', row),
      df_angle_rad: of('rlnDefocusAngle', row) * RAD,
      phase_shift_rad: of('rlnPhaseShift', row) * RAD,
    };
    const ctf = ctf2d(parameters, N, psize_A);
    const sign = wrong.shiftSign ?? 1;
    const origin = ['rlnOriginXAngst', 'rlnOriginYAngst'].map((label) => (sign * of(label, row)) / psize_A);
    for (let y = 0, at = 0; y < N; y++) {
      const ky = y <= N / 2 ? y : y - N;
      for (let kx = 0; kx < nc; kx++, at++) {
        const phase = (2 * Math.PI * (kx * origin[0] + ky * origin[1])) / N;
        // RELION's particles are bright: its CTF is the negative of ours
        const gain = wrong.withoutCtf ? 1 : -ctf[at];
        const [re, im] = [gain * spectrum[2 * at], gain * spectrum[2 * at + 1]];
        spectrum[2 * at] = re * Math.cos(phase) - im * Math.sin(phase);
        spectrum[2 * at + 1] = re * Math.sin(phase) + im * Math.cos(phase);
      }
    }
    const image = originToCentre(fft.inverse(spectrum), [N, N]);
    sum += correlation(image, images.subarray(row * N * N, (row + 1) * N * N)) / rows.length;
  }
  return sum;
}

test("images with CTF and shift equal RELION's own of a point mass", {
  skip: without(MAP, `${BATCH}.star`, `${BATCH}.mrcs`, `${BATCH}_pfac2.star`, `${BATCH}_pfac2.mrcs`),
}, () => {
  for (const [name, padding] of [
    [BATCH, 1],
    [`${BATCH}_pfac2`, 2],
  ] as const) {
    const found = agreement(name, padding);
    assert.ok(found > 0.995, `padding ${padding}: ${found}`);
    const other = agreement(name, 3 - padding);
    assert.ok(other < found - 0.005, `with the other padding ${other}`);
    const controls = [{ transposed: true }, { shiftSign: -1 }, { withoutCtf: true }].map((wrong) =>
      agreement(name, padding, wrong),
    );
    assert.ok(Math.abs(controls[0]) < 0.1, `matrix transposed: ${controls[0]}`);
    assert.ok(Math.abs(controls[1]) < 0.1, `sign of shifts turned: ${controls[1]}`);
    assert.ok(Math.abs(controls[2]) < 0.3, `without CTF: ${controls[2]}`);
  }
});
