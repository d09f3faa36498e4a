import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '../../base/rng.ts';
import { Dataset } from '../../data/dataset.ts';
import { matrixToPose, poseToMatrix, randomRotation } from '../../math/rotation.ts';
import { defocusFigure, viewingFigure } from './particle-figures.ts';

function particles(df_A: readonly [number, number][]): Dataset {
  const dataset = Dataset.create(
    BigUint64Array.from(df_A, (_, i) => BigInt(i + 1)),
    ['ctf'],
  );
  dataset.f4('ctf/df1_A').set(df_A.map((pair) => pair[0]));
  dataset.f4('ctf/df2_A').set(df_A.map((pair) => pair[1]));
  return dataset;
}

test('the histogram of defocus counts every particle once, in µm, up to both ends', () => {
  const figure = defocusFigure(
    particles([
      [9_000, 11_000],
      [20_000, 20_000],
      [29_000, 31_000],
      [30_000, 30_000],
    ]),
  );
  assert.ok(figure.kind === 'histogram');
  assert.equal(figure.counts.length, 8);
  assert.ok(Math.abs(figure.edges[0] - 1) < 1e-6 && Math.abs(figure.edges[8] - 3) < 1e-6, String(figure.edges));
  assert.deepEqual(figure.counts, [1, 0, 0, 0, 1, 0, 0, 2]);
});

test('one defocus for all still has bins with a width', () => {
  const figure = defocusFigure(
    particles([
      [15_000, 15_000],
      [15_000, 15_000],
    ]),
  );
  assert.ok(figure.kind === 'histogram');
  assert.ok(figure.edges[1] > figure.edges[0]);
  assert.equal(
    figure.counts.reduce((a, b) => a + b),
    2,
  );
});

test('a particle is counted in the cell that its viewing axis points to', () => {
  const rng = new Rng(Math.floor(Math.random() * 2 ** 32));
  for (let i = 0; i < 50; i++) {
    const pose = Float32Array.from(matrixToPose(randomRotation(rng)));
    const R = poseToMatrix(pose[0], pose[1], pose[2]);
    const figure = viewingFigure(pose);
    assert.ok(figure.kind === 'heatmap');
    const at = figure.values.indexOf(1);
    const [column, row] = [at % 36, Math.floor(at / 36)];
    const azimuth = (Math.atan2(R[7], R[6]) * 180) / Math.PI;
    const elevation = (Math.asin(R[8]) * 180) / Math.PI;
    const inside = (edges: readonly number[], bin: number, v: number): boolean =>
      v >= edges[bin] - 1e-3 && v <= edges[bin + 1] + 1e-3;
    assert.ok(inside(figure.xEdges, column, azimuth), `azimuth ${azimuth} in column ${column}, pose ${pose.join(' ')}`);
    assert.ok(inside(figure.yEdges, row, elevation), `elevation ${elevation} in row ${row}, pose ${pose.join(' ')}`);
  }
});

test('particles seen equally from everywhere fill poles and equator alike', () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const rng = new Rng(seed);
  const poses = new Float32Array(3 * 20_000);
  for (let i = 0; i < 20_000; i++) poses.set(matrixToPose(randomRotation(rng)), 3 * i);
  const figure = viewingFigure(poses);
  assert.ok(figure.kind === 'heatmap');
  for (let row = 0; row < 18; row++) {
    const band: number = figure.values.slice(36 * row, 36 * (row + 1)).reduce<number>((a, b) => a + (b ?? 0), 0);
    // 1 111 expected in each band, standard deviation 32
    assert.ok(Math.abs(band - 20_000 / 18) < 200, `band ${row} holds ${band}, seed ${seed}`);
  }
});

test('only the named particles are counted', () => {
  const figure = viewingFigure(new Float32Array(30), [0, 4, 9]);
  assert.ok(figure.kind === 'heatmap');
  assert.equal(
    figure.values.reduce<number>((a, b) => a + (b ?? 0), 0),
    3,
  );
});
