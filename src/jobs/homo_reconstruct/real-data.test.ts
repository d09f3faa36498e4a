import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testContext } from '../../../test/job-context.ts';
import { sharedFile, without } from '../../../test/shared-data.ts';
import { Dataset } from '../../data/dataset.ts';
import { readVolume } from '../../io/mrc.ts';
import { readStar } from '../../io/star.ts';
import { fsc } from '../../math/fsc.ts';
import { eulerToMatrix, matrixToPose } from '../../math/rotation.ts';
import { correlation } from '../../math/testing/blob-volume.ts';
import { lowpass, sphereMask } from '../../math/volume.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';
import { readNumbers } from './testing/stack.ts';

const FOLDER = 'ml-struct-bio__cryodrgn/';
const TOY = ['toy_projections.mrcs', 'toy_angles.npy', 'toymodel_small_nocenter.mrc'].map((f) => FOLDER + f);
const RIBOSOME = ['ay19102021_L3_position6_ribo_it09_bin8_1.82A.mrcs', 'sta_testing_bin8.star'].map((f) => FOLDER + f);

/** A job on images of a stack outside the project, linked into it. */
function jobOn(
  stack: string,
  count: number,
  psize_A: number,
  slots: string[],
  fill: (d: Dataset, row: number) => void,
  split?: Uint32Array,
) {
  const uids = BigUint64Array.from({ length: count }, (_, i) => BigInt(i + 1));
  const dataset = Dataset.create(uids, ['blob', 'alignments3D', ...slots]);
  dataset.text('blob/path').fill('J0_stack.mrcs');
  dataset.f4('blob/psize_A').fill(psize_A);
  dataset.f4('alignments3D/psize_A').fill(psize_A);
  for (let row = 0; row < count; row++) {
    dataset.u4('blob/idx')[row] = row;
    fill(dataset, row);
  }
  if (split) dataset.set('alignments3D/split', 'u4', split);
  return (params: Record<string, unknown>) => {
    const j = testContext(spec, params, { particles: [dataset] });
    symlinkSync(sharedFile(stack), join(j.project_dir, 'J0_stack.mrcs'));
    return j;
  };
}

test('1000 toy images with their known rotations give the known volume', { skip: without(...TOY) }, async (t) => {
  const matrices = readNumbers(sharedFile(TOY[1]));
  const j = jobOn(TOY[0], 1000, 1, [], (d, row) => {
    d.f4('alignments3D/pose').set(matrixToPose(matrices.slice(9 * row, 9 * row + 9)), 3 * row);
  })({ refine_window: false });
  t.after(() => j.remove());
  await run(j.ctx);
  const map = readVolume(join(j.project_dir, 'J1/J1_volume_map.mrc')).data;
  const truth = readVolume(sharedFile(TOY[2])).data;
  const found = correlation(map, truth);
  assert.ok(found > 0.95, `correlation ${found}`);
  const summary = j.outputs.get('volume')!.summary;
  assert.ok((summary['resolution_A'] as number) < 3, `resolution ${summary['resolution_A']} Å`);
});

/** Voxels above a threshold: how many in all and in the largest set joined by faces, and that set's centre (x, y, z). */
function largestBlob(
  map: Float32Array,
  n: number,
  threshold: number,
): { all: number; largest: number; centre: number[] } {
  const open = map.map((v) => (v > threshold ? 1 : 0));
  const all = open.reduce((a, b) => a + b, 0);
  let largest = 0;
  let centre: number[] = [];
  for (let start = 0; start < open.length; start++) {
    if (open[start] === 0) continue;
    const stack = [start];
    open[start] = 0;
    let size = 0;
    const sum = [0, 0, 0];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      size++;
      sum[0] += at % n;
      sum[1] += Math.floor(at / n) % n;
      sum[2] += Math.floor(at / (n * n));
      for (const next of [at - 1, at + 1, at - n, at + n, at - n * n, at + n * n]) {
        if (open[next] !== 1) continue;
        open[next] = 0;
        stack.push(next);
      }
    }
    if (size <= largest) continue;
    largest = size;
    centre = sum.map((v) => v / size);
  }
  return { all, largest, centre };
}

test('220 tilt images of ribosomes with their poses give one body of a ribosome’s size', {
  skip: without(...RIBOSOME),
}, async (t) => {
  const block = [...readStar(sharedFile(RIBOSOME[1])).values()][0];
  const column = (label: string): number[] => block.columns.get(label)!.map(Number);
  const [rot, tilt, psi] = ['rlnAngleRot', 'rlnAngleTilt', 'rlnAnglePsi'].map(column);
  const optics = {
    df1_A: 'rlnDefocusU',
    df2_A: 'rlnDefocusV',
    accel_kv: 'rlnVoltage',
    cs_mm: 'rlnSphericalAberration',
    amp_contrast: 'rlnAmplitudeContrast',
  };
  const angles = column('rlnDefocusAngle');
  // eight times 1.82 Å, as the stack's name says; the table's detector pixel size is of another binning
  const psize_A = 8 * 1.82;
  const rad = Math.PI / 180;
  // six ribosomes, 39 tilt images of each (24 of the last): half sets of three each have no image of one in common
  const ribosomes = block.columns.get('rlnGroupName')!.map((name) => Number(name.slice(-1)));
  /** @param step poses are taken from this many rows further on: 0, or 39 k, those of another ribosome */
  const reconstruct = async (step: number): Promise<{ map: Float32Array; fsc: number }> => {
    const split = new Uint32Array(block.length);
    const j = jobOn(
      RIBOSOME[0],
      block.length,
      psize_A,
      ['ctf'],
      (d, row) => {
        const from = (row + step) % block.length;
        const R = eulerToMatrix(rot[from] * rad, tilt[from] * rad, psi[from] * rad);
        d.f4('alignments3D/pose').set(matrixToPose(R), 3 * row);
        for (const [field, label] of Object.entries(optics)) d.f4(`ctf/${field}`)[row] = column(label)[row];
        d.f4('ctf/df_angle_rad')[row] = angles[row] * rad;
        d.f4('blob/sign')[row] = 1;
        split[row] = ribosomes[row] % 2;
      },
      split,
    )({});
    t.after(() => j.remove());
    await run(j.ctx);
    assert.equal(j.outputs.get('particles')!.num_items, block.length);
    const map = readVolume(join(j.project_dir, 'J1/J1_volume_map.mrc')).data;
    const [a, b] = ['A', 'B'].map((half) => readVolume(join(j.project_dir, `J1/J1_volume_map_half_${half}.mrc`)).data);
    // the neighbourhood is cut away; shells 2 to 7 of 932 Å are 466 to 133 Å
    const sphere = sphereMask(64, 11, 4);
    const masked = (m: Float32Array): Float32Array => m.map((v, i) => v * sphere[i]);
    return {
      map,
      fsc:
        fsc(masked(a), masked(b), 64)
          .slice(2, 8)
          .reduce((sum, v) => sum + v, 0) / 6,
    };
  };
  const right = await reconstruct(0);
  assert.ok(right.fsc > 0.6, `FSC of three ribosomes with three others: ${right.fsc}`);
  for (const step of [78, 117]) {
    // round bodies of one size correlate in any orientation, ribosomes in their own do more
    const wrong = await reconstruct(step);
    assert.ok(
      right.fsc > wrong.fsc + 0.1,
      `FSC with poses exchanged by ${step}: ${wrong.fsc}, with the right ones ${right.fsc}`,
    );
  }

  const n = 64;
  const smooth = lowpass(right.map, [n, n, n], psize_A, { cutoff_A: 60 });
  const max = smooth.reduce((m, v) => Math.max(m, v), 0);
  const blob = largestBlob(smooth, n, max / 2);
  assert.ok(blob.largest > 0.85 * blob.all, `${blob.largest} of ${blob.all} voxels are one body`);
  const volume_A3 = blob.largest * psize_A ** 3;
  // a ribosome of 2.5 to 4.5 MDa at 1.21 Å³/Da is 3 to 5.4e6 Å³; half of the maximum lies within that
  assert.ok(volume_A3 > 1.5e6 && volume_A3 < 6e6, `its volume is ${volume_A3.toExponential(2)} Å³`);
  const centre = blob.centre.map((c) => c - n / 2);
  assert.ok(Math.hypot(...centre) < 4, `its centre lies ${centre.join(', ')} px off the box's`);
});
