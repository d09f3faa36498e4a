import type { Dataset } from '../../data/dataset.ts';
import { writeStar, type StarBlock } from '../../io/star.ts';
import { matrixToEuler, poseToMatrix } from '../../math/rotation.ts';

const DEG = 180 / Math.PI;

/**
 * Write the particles as RELION 3.1 does: an optics table and a particle table with the true angles and origins.
 *
 * @param path of the STAR file @param nameOf stack's file as the table names it, from `blob/path`
 */
export function writeParticleStar(path: string, particles: Dataset, nameOf: (stack: string) => string): void {
  writeStar(
    path,
    new Map([
      ['optics', optics(particles)],
      ['particles', rows(particles, nameOf)],
    ]),
  );
}

function optics(particles: Dataset): StarBlock {
  const first = (name: string): string => String(Number(particles.f4(name)[0].toPrecision(7)));
  const columns: [string, string][] = [
    ['rlnOpticsGroup', '1'],
    ['rlnOpticsGroupName', 'simulated'],
    ['rlnVoltage', first('ctf/accel_kv')],
    ['rlnSphericalAberration', first('ctf/cs_mm')],
    ['rlnAmplitudeContrast', first('ctf/amp_contrast')],
    ['rlnImagePixelSize', first('blob/psize_A')],
    ['rlnImageSize', String(particles.u4('blob/shape')[0])],
    ['rlnImageDimensionality', '2'],
    ['rlnCtfDataAreCtfPremultiplied', '0'],
  ];
  return { columns: new Map(columns.map(([label, value]) => [label, [value]])), length: 1 };
}

function rows(particles: Dataset, nameOf: (stack: string) => string): StarBlock {
  const { length } = particles;
  const columns = new Map<string, string[]>();
  const add = (label: string, value: (row: number) => string): void =>
    void columns.set(
      label,
      Array.from({ length }, (_, row) => value(row)),
    );
  const number = (label: string, digits: number, value: (row: number) => number): void =>
    add(label, (row) => value(row).toFixed(digits));
  const column = (name: string): Float32Array => particles.f4(name);
  const paths = particles.text('blob/path');
  const index = particles.u4('blob/idx');
  const pose = column('alignments3D/pose');
  const euler = Array.from({ length }, (_, row) =>
    matrixToEuler(poseToMatrix(pose[3 * row], pose[3 * row + 1], pose[3 * row + 2])),
  );
  const shift_px = column('alignments3D/shift');
  const psize_A = column('alignments3D/psize_A');
  add('rlnImageName', (row) => `${String(index[row] + 1).padStart(6, '0')}@${nameOf(paths[row])}`);
  number('rlnAngleRot', 6, (row) => euler[row].rot_rad * DEG);
  number('rlnAngleTilt', 6, (row) => euler[row].tilt_rad * DEG);
  number('rlnAnglePsi', 6, (row) => euler[row].psi_rad * DEG);
  number('rlnOriginXAngst', 6, (row) => shift_px[2 * row] * psize_A[row]);
  number('rlnOriginYAngst', 6, (row) => shift_px[2 * row + 1] * psize_A[row]);
  number('rlnDefocusU', 3, (row) => column('ctf/df1_A')[row]);
  number('rlnDefocusV', 3, (row) => column('ctf/df2_A')[row]);
  number('rlnDefocusAngle', 6, (row) => column('ctf/df_angle_rad')[row] * DEG);
  number('rlnPhaseShift', 6, (row) => column('ctf/phase_shift_rad')[row] * DEG);
  number('rlnCtfBfactor', 4, (row) => column('ctf/bfactor')[row]);
  add('rlnRandomSubset', (row) => String(particles.u4('alignments3D/split')[row] + 1));
  add('rlnOpticsGroup', () => '1');
  return { columns, length };
}
