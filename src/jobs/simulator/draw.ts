import { CsError } from '../../base/errors.ts';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { matrixToPose, randomRotation } from '../../math/rotation.ts';
import type { ParamsOf } from '../../schema/job.ts';
import type { spec } from './spec.ts';

export type SimulatorParams = ParamsOf<typeof spec>;

/** Which of a particle's two sequences of random numbers; each depends on the seed and the particle's number alone. */
export const STREAM = { truth: 0, noise: 1 } as const;

export function particleRng(seed: number, particle: number, stream: 0 | 1): Rng {
  return new Rng(seed, 2 * particle + stream + 1);
}

/**
 * Draw the particles: pose (uniform in SO(3)), shift, defocus, half-set.
 *
 * @param directory of the stacks, relative to the project directory
 * @returns rows with slots blob, ctf and alignments3D
 * @throws CsError `input` `CS_PARAM_RANGE` when the least defocus exceeds the largest
 */
export function drawParticles(p: SimulatorParams, psize_A: number, seed: number, directory: string): Dataset {
  if (p.df_min_A > p.df_max_A) {
    const message = `Least defocus (${p.df_min_A} Å) exceeds largest defocus (${p.df_max_A} Å).`;
    throw new CsError('input', 'CS_PARAM_RANGE', message, { df_min_A: p.df_min_A, df_max_A: p.df_max_A });
  }
  const uids = new BigUint64Array(p.num_particles);
  const particles = Dataset.create(uids, ['blob', 'ctf', 'alignments3D']);
  fillConstants(particles, p, psize_A);
  const paths = particles.text('blob/path');
  const index = particles.u4('blob/idx');
  const [df1, df2] = [particles.f4('ctf/df1_A'), particles.f4('ctf/df2_A')];
  const angle = particles.f4('ctf/df_angle_rad');
  const pose = particles.f4('alignments3D/pose');
  const shift = particles.f4('alignments3D/shift');
  const split = particles.u4('alignments3D/split');
  let path = '';
  for (let row = 0; row < p.num_particles; row++) {
    const rng = particleRng(seed, row, STREAM.truth);
    uids[row] = rng.uid();
    pose.set(matrixToPose(randomRotation(rng)), 3 * row);
    shift[2 * row] = p.shift_max_pix * (2 * rng.uniform() - 1);
    shift[2 * row + 1] = p.shift_max_pix * (2 * rng.uniform() - 1);
    const df_A = p.df_min_A + (p.df_max_A - p.df_min_A) * rng.uniform();
    const astigmatism_A = p.astigmatism_max_A * rng.uniform();
    df1[row] = df_A + astigmatism_A / 2;
    df2[row] = df_A - astigmatism_A / 2;
    angle[row] = Math.PI * rng.uniform();
    split[row] = rng.below(2);
    index[row] = row % p.particles_per_file;
    if (index[row] === 0) path = `${directory}/${stackName(row, p)}`;
    paths[row] = path;
  }
  return particles;
}

/** File name of the stack that holds a particle. */
export function stackName(row: number, p: SimulatorParams): string {
  return `particles_${String(Math.floor(row / p.particles_per_file)).padStart(3, '0')}.mrcs`;
}

function fillConstants(particles: Dataset, p: SimulatorParams, psize_A: number): void {
  const constants: Record<string, number> = {
    'blob/psize_A': psize_A,
    'blob/sign': p.data_sign === 'dark_on_light' ? -1 : 1,
    'ctf/accel_kv': p.accel_kv,
    'ctf/cs_mm': p.cs_mm,
    'ctf/amp_contrast': p.amp_contrast,
    'ctf/phase_shift_rad': (p.phase_shift_deg * Math.PI) / 180,
    'ctf/scale': 1,
    'ctf/bfactor': p.bfactor_A2,
    'alignments3D/psize_A': psize_A,
    'alignments3D/alpha': 1,
    'alignments3D/weight': 1,
    'alignments3D/class_posterior': 1,
    'alignments3D/class_ess': 1,
  };
  for (const [name, value] of Object.entries(constants)) particles.f4(name).fill(value);
  particles.u4('blob/shape').fill(p.box_size_pix);
  particles.u4('ctf/exp_group_id').fill(1);
  particles.text('ctf/type').fill('simulated');
}
