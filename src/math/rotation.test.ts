import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { readDataset } from '../data/cs-file.ts';
import { readStar } from '../io/star.ts';
import {
  angleBetween_rad,
  axisRotation,
  eulerToMatrix,
  identity,
  matrixToEuler,
  matrixToPose,
  multiply,
  poseToMatrix,
  randomRotation,
  transpose,
} from './rotation.ts';

const DEG = Math.PI / 180;
const CRYODRGN = 'ml-struct-bio__cryodrgn/';

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  return Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])));
}

/** Matrices of a plain `.npy` file, shape [count, 3, 3], f4 or f8 little-endian. */
function npyMatrices(path: string): Float64Array[] {
  const bytes = readFileSync(path);
  const start = 10 + bytes.readUInt16LE(8);
  const wide = bytes.toString('latin1', 10, start).includes("'<f8'");
  const size = wide ? 8 : 4;
  const read = (i: number): number => (wide ? bytes.readDoubleLE(start + 8 * i) : bytes.readFloatLE(start + 4 * i));
  return Array.from({ length: (bytes.length - start) / (9 * size) }, (_, m) =>
    Float64Array.from({ length: 9 }, (_, i) => read(9 * m + i)),
  );
}

test('a pose turns the axes, so that a turn about z by 90° shows the world y axis along the view x axis', () => {
  const R = poseToMatrix(0, 0, Math.PI / 2);
  assert.ok(maxDifference(R, [0, 1, 0, -1, 0, 0, 0, 0, 1]) < 1e-15, R.join());
});

test('an axis rotation turns vectors counter-clockwise about its axis', () => {
  const R = axisRotation([0, 0, 2], Math.PI / 2);
  assert.ok(maxDifference(R, [0, -1, 0, 1, 0, 0, 0, 0, 1]) < 1e-15, R.join());
});

test('poses and Euler angles of random rotations give back the matrices', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (let i = 0; i < 2000; i++) {
    const R = randomRotation(rng);
    assert.ok(maxDifference(multiply(R, transpose(R)), identity()) < 1e-12, `seed ${seed}: not orthogonal`);
    const w = matrixToPose(R);
    assert.ok(Math.hypot(...w) <= Math.PI + 1e-12, `seed ${seed}: angle ${Math.hypot(...w)}`);
    assert.ok(maxDifference(poseToMatrix(w[0], w[1], w[2]), R) < 1e-12, `seed ${seed}: pose ${w.join()}`);
    const e = matrixToEuler(R);
    assert.ok(maxDifference(eulerToMatrix(e.rot_rad, e.tilt_rad, e.psi_rad), R) < 1e-12, `seed ${seed}: Euler`);
  }
});

test('rotations by nothing, by a hair and by 180° survive the way through a pose', () => {
  for (const axis of [
    [1, 0, 0],
    [0, -1, 0],
    [0, 0, 1],
    [1, 2, -2],
    [-1, -1, 0],
  ]) {
    for (const angle_rad of [0, 1e-12, 1e-5, Math.PI - 1e-9, Math.PI]) {
      const R = axisRotation(axis, angle_rad);
      const w = matrixToPose(R);
      assert.ok(Math.abs(Math.hypot(...w) - angle_rad) < 1e-9, `axis ${axis.join()}, ${angle_rad} rad: ${w.join()}`);
      assert.ok(maxDifference(poseToMatrix(w[0], w[1], w[2]), R) < 1e-9, `axis ${axis.join()}, ${angle_rad} rad`);
    }
  }
});

test('Euler angles at the poles of tilt give back the matrix, with rot 0', () => {
  for (const tilt_rad of [0, Math.PI]) {
    const R = eulerToMatrix(0.4, tilt_rad, 1.1);
    const e = matrixToEuler(R);
    assert.equal(e.rot_rad, 0);
    assert.ok(maxDifference(eulerToMatrix(e.rot_rad, e.tilt_rad, e.psi_rad), R) < 1e-12, `tilt ${tilt_rad}`);
  }
});

test('random rotations are uniform: no mean, and angles spread as (θ - sin θ)/π', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  const count = 20_000;
  const mean = new Float64Array(9);
  const angles: number[] = [];
  for (let i = 0; i < count; i++) {
    const R = randomRotation(rng);
    for (let k = 0; k < 9; k++) mean[k] += R[k] / count;
    angles.push(angleBetween_rad(identity(), R));
  }
  // elements have variance 1/3; 6 standard errors
  assert.ok(
    maxDifference(mean, new Float64Array(9)) < 6 * Math.sqrt(1 / 3 / count),
    `seed ${seed}: mean ${mean.join()}`,
  );
  angles.sort((a, b) => a - b);
  const distance = Math.max(...angles.map((a, i) => Math.abs((i + 0.5) / count - (a - Math.sin(a)) / Math.PI)));
  // Kolmogorov–Smirnov, p about 1e-9
  assert.ok(distance < 3.3 / Math.sqrt(count), `seed ${seed}: distance ${distance}`);
});

test('poses of a real .cs file give the matrices that another program parsed from it', {
  skip: without(`${CRYODRGN}cryosparc_P12_J24_001_particles.cs`, `${CRYODRGN}pose.cs.0.npy`),
}, () => {
  const pose = readDataset(sharedFile(`${CRYODRGN}cryosparc_P12_J24_001_particles.cs`)).f4('alignments3D/pose');
  const wanted = npyMatrices(sharedFile(`${CRYODRGN}pose.cs.0.npy`));
  assert.equal(wanted.length, pose.length / 3);
  wanted.forEach((R, i) => {
    const found = poseToMatrix(pose[3 * i], pose[3 * i + 1], pose[3 * i + 2]);
    assert.ok(maxDifference(found, R) < 1e-6, `row ${i}`);
  });
});

test('Euler angles of a real STAR file give the matrices that another program parsed from it', {
  skip: without(`${CRYODRGN}FinalRefinement-OriginalParticles-PfCRT.star`, `${CRYODRGN}pose.star.0.npy`),
}, () => {
  const star = readStar(sharedFile(`${CRYODRGN}FinalRefinement-OriginalParticles-PfCRT.star`));
  const columns = [...star.values()][0].columns;
  const angle = (label: string, i: number): number => Number(columns.get(label)?.[i]) * DEG;
  npyMatrices(sharedFile(`${CRYODRGN}pose.star.0.npy`)).forEach((R, i) => {
    const found = eulerToMatrix(angle('rlnAngleRot', i), angle('rlnAngleTilt', i), angle('rlnAnglePsi', i));
    assert.ok(maxDifference(found, R) < 1e-6, `row ${i}`);
  });
});
