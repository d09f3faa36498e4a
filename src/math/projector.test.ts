import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawSeed } from '../../test/temp-dir.ts';
import { sharedFile, without } from '../../test/shared-data.ts';
import { Rng } from '../base/rng.ts';
import { MrcReader, readVolume } from '../io/mrc.ts';
import { readStar } from '../io/star.ts';
import { RealFft2 } from './fft.ts';
import { Projector } from './projector.ts';
import { eulerToMatrix, randomRotation, transpose } from './rotation.ts';
import { blobVolume, correlation } from './testing/blob-volume.ts';
import { fourierCrop3, originToCentre } from './volume.ts';

const seed = drawSeed();
const IDENTITY = Float64Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]);

/** Projection as an image with its origin at pixel floor(n/2), moved by (dx, dy) px. */
function project(projector: Projector, R: Float64Array, dx = 0, dy = 0): Float32Array {
  const { n } = projector;
  const nc = Math.floor(n / 2) + 1;
  const slice = projector.slice(R, n / 2, new Float32Array(2 * n * nc));
  for (let y = 0, at = 0; y < n; y++) {
    const ky = y <= n / 2 ? y : y - n;
    for (let kx = 0; kx < nc; kx++, at += 2) {
      const phase = (-2 * Math.PI * (kx * dx + ky * dy)) / n;
      const [re, im] = [slice[at], slice[at + 1]];
      slice[at] = re * Math.cos(phase) - im * Math.sin(phase);
      slice[at + 1] = re * Math.sin(phase) + im * Math.cos(phase);
    }
  }
  return originToCentre(new RealFft2(n, n).inverse(slice), [n, n]);
}

test('the view along z is the sum over z, for odd and even boxes', () => {
  for (const n of [24, 25]) {
    const { volume } = blobVolume(n, new Rng(seed, n));
    const wanted = new Float32Array(n * n);
    for (let i = 0; i < volume.length; i++) wanted[i % (n * n)] += volume[i];
    const found = project(new Projector(volume, n), IDENTITY);
    const worst = found.reduce((max, v, i) => Math.max(max, Math.abs(v - wanted[i])), 0);
    const largest = wanted.reduce((max, v) => Math.max(max, v), 0);
    // this slice falls on grid cells, is not interpolated, and so keeps the division by the envelope: 6 % at 0.28 n
    assert.ok(
      correlation(found, wanted) > 0.997 && worst < 0.08 * largest,
      `n ${n}, seed ${seed}: ${worst} of ${largest}`,
    );
  }
});

test('projections of Gaussian blobs equal the analytic ones in any view', () => {
  for (const n of [32, 33]) {
    const rng = new Rng(seed, n);
    const { volume, projection } = blobVolume(n, rng);
    const projector = new Projector(volume, n);
    let transposed = 0;
    for (let i = 0; i < 6; i++) {
      const R = randomRotation(rng);
      const found = project(projector, R);
      const wanted = projection(R);
      assert.ok(correlation(found, wanted) > 0.999, `n ${n}, seed ${seed}: ${correlation(found, wanted)}`);
      transposed += correlation(found, projection(transpose(R))) / 6;
    }
    assert.ok(transposed < 0.95, `mean of transposed views ${transposed}, n ${n}, seed ${seed}`);
  }
});

test('frequencies beyond the limit are 0 and those below it are not changed by it', () => {
  const n = 16;
  const { volume } = blobVolume(n, new Rng(seed));
  const projector = new Projector(volume, n);
  const R = randomRotation(new Rng(seed, 1));
  const all = projector.slice(R, n / 2, new Float32Array(2 * n * 9));
  const low = projector.slice(R, 4, new Float32Array(2 * n * 9).fill(7));
  for (let y = 0, at = 0; y < n; y++) {
    const ky = y <= n / 2 ? y : y - n;
    for (let kx = 0; kx <= n / 2; kx++, at += 2) {
      assert.equal(low[at], kx * kx + ky * ky <= 16 ? all[at] : 0, `kx ${kx} ky ${ky} seed ${seed}`);
    }
  }
  const other = Projector.attach(projector.share()).slice(R, n / 2, new Float32Array(2 * n * 9));
  assert.deepEqual(other, all, 'a projector on shared memory gives the same');
});

const FOLDER = 'ComputationalCryoEM__ASPIRE-Python/';

interface RelionSet {
  readonly n: number;
  readonly images: Float32Array;
  readonly views: { R: Float64Array; x: number; y: number }[];
}

function relionSet(name: string, n: number): RelionSet {
  const particles = readStar(sharedFile(`${FOLDER}${name}.star`)).get('particles');
  assert.ok(particles);
  const column = (label: string): number[] | undefined => particles.columns.get(label)?.map(Number);
  const [rot, tilt, psi] = ['rlnAngleRot', 'rlnAngleTilt', 'rlnAnglePsi'].map((l) => column(l)!);
  const [x, y] = [column('rlnOriginX'), column('rlnOriginY')];
  const rad = Math.PI / 180;
  const views = rot.map((_, i) => ({
    R: eulerToMatrix(rot[i] * rad, tilt[i] * rad, psi[i] * rad),
    x: x?.[i] ?? 0,
    y: y?.[i] ?? 0,
  }));
  const reader = new MrcReader(sharedFile(`${FOLDER}${name}.mrcs`));
  const images = reader.readSections(0, particles.length);
  reader.close();
  assert.equal(images.length, particles.length * n * n);
  return { n, images, views };
}

/** Mean correlation of our projections with the set's images; `sign` of the shifts, `offset` px on both axes. */
function agreement(projector: Projector, set: RelionSet, sign: number, offset: number, transposed = false): number {
  const { n, images, views } = set;
  const each = views.map(({ R, x, y }, i) => {
    const view = transposed ? transpose(R) : R;
    const found = project(projector, view, offset - sign * x, offset - sign * y);
    return correlation(found, images.subarray(i * n * n, (i + 1) * n * n));
  });
  return each.reduce((a, b) => a + b, 0) / each.length;
}

const NEEDED = ['clean70SRibosome_vol_65p.mrc', 'rln_proj_64_shifted.star', 'rln_proj_65_shifted.star'];

test("projections equal RELION's own of a ribosome map, with its angles and shifts", {
  skip: without(...NEEDED.map((f) => FOLDER + f)),
}, () => {
  const map = readVolume(sharedFile(`${FOLDER}clean70SRibosome_vol_65p.mrc`)).data;
  for (const n of [64, 65]) {
    const projector = new Projector(n === 65 ? map : fourierCrop3(map, [65, 65, 65], [n, n, n]), n);
    // in odd boxes RELION's own pictures lie one pixel off its own centre, on both axes
    const offset = n % 2;
    const centred = relionSet(`rln_proj_${n}_centered`, n);
    const shifted = relionSet(`rln_proj_${n}_shifted`, n);
    const found = [agreement(projector, centred, 1, offset), agreement(projector, shifted, 1, offset)];
    assert.ok(Math.min(...found) > 0.9999, `box ${n}: ${found.join(', ')}`);
    const wrong = [agreement(projector, shifted, -1, offset), agreement(projector, centred, 1, offset, true)];
    assert.ok(Math.abs(wrong[0]) < 0.1, `box ${n}, sign of shifts turned: ${wrong[0]}`);
    assert.ok(wrong[1] < 0.4, `box ${n}, matrix transposed: ${wrong[1]}`);
  }
  const own = relionSet('rln_proj_65', 65);
  assert.ok(agreement(new Projector(map, 65), own, 1, 1) > 0.9999);
});
