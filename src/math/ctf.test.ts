import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sharedFile, without } from '../../test/shared-data.ts';
import { drawSeed } from '../../test/temp-dir.ts';
import { Rng } from '../base/rng.ts';
import { Dataset } from '../data/dataset.ts';
import { readDataset } from '../data/cs-file.ts';
import { aberrationsLeftOut, ctf2d, ctfParamsOf, electronWavelength_A, type CtfParams } from './ctf.ts';

const TITAN: CtfParams = {
  accel_kv: 300,
  cs_mm: 2.7,
  amp_contrast: 0.1,
  df1_A: 15_000,
  df2_A: 15_000,
  df_angle_rad: 0,
  phase_shift_rad: 0,
};

/** The definition, written with angles. */
function ctfAt(p: CtfParams, kx_iA: number, ky_iA: number): number {
  const k2 = kx_iA ** 2 + ky_iA ** 2;
  const lambda_A = electronWavelength_A(p.accel_kv);
  const angle_rad = Math.atan2(ky_iA, kx_iA) - p.df_angle_rad;
  const df_A = (p.df1_A + p.df2_A) / 2 + ((p.df1_A - p.df2_A) / 2) * Math.cos(2 * angle_rad);
  const chi = Math.PI * lambda_A * df_A * k2 - (Math.PI / 2) * p.cs_mm * 1e7 * lambda_A ** 3 * k2 ** 2;
  const phi = p.phase_shift_rad + Math.asin(p.amp_contrast);
  return -Math.sin(chi + phi) * Math.exp((-(p.bfactor ?? 0) * k2) / 4);
}

test('wavelengths are those of the tables: 0.0251 Å at 200 kV, 0.0197 Å at 300 kV', () => {
  assert.ok(Math.abs(electronWavelength_A(300) - 0.0196875) < 1e-6, `${electronWavelength_A(300)}`);
  assert.ok(Math.abs(electronWavelength_A(200) - 0.0250793) < 1e-6, `${electronWavelength_A(200)}`);
});

test('the CTF equals its definition by angles at each frequency, even and odd boxes, random optics', () => {
  const seed = drawSeed();
  const rng = new Rng(seed);
  for (const n of [32, 33, 1]) {
    const p: CtfParams = {
      accel_kv: 100 + 200 * rng.uniform(),
      cs_mm: 3 * rng.uniform(),
      amp_contrast: 0.2 * rng.uniform(),
      df1_A: 5000 + 20_000 * rng.uniform(),
      df2_A: 5000 + 20_000 * rng.uniform(),
      df_angle_rad: Math.PI * (2 * rng.uniform() - 1),
      phase_shift_rad: rng.uniform(),
      bfactor: 100 * rng.uniform(),
    };
    const ctf = ctf2d(p, n, 1.3);
    const nxc = Math.floor(n / 2) + 1;
    assert.equal(ctf.length, n * nxc);
    for (let row = 0; row < n; row++) {
      const ky = row <= n / 2 ? row : row - n;
      for (let kx = 0; kx < nxc; kx++) {
        const wanted = ctfAt(p, kx / (n * 1.3), ky / (n * 1.3));
        const found = ctf[row * nxc + kx];
        assert.ok(Math.abs(found - wanted) < 1e-6, `seed ${seed}, n ${n}, (${kx}, ${ky}): ${found}, wanted ${wanted}`);
      }
    }
  }
});

test('at frequency 0 the CTF is minus the amplitude contrast, and underfocus makes it more negative from there', () => {
  const ctf = ctf2d(TITAN, 256, 1);
  assert.ok(Math.abs(ctf[0] + 0.1) < 1e-7, `${ctf[0]}`);
  assert.ok(ctf[1] < ctf[0] && ctf[4] < ctf[1], ctf.slice(0, 5).join());
});

test('with neither amplitude contrast nor aberration the first zero is at k = 1/√(λ df)', () => {
  const zero_iA = 1 / Math.sqrt(electronWavelength_A(300) * TITAN.df1_A);
  const n = 1024;
  const row = ctf2d({ ...TITAN, amp_contrast: 0, cs_mm: 0 }, n, 1.5).subarray(0, n / 2 + 1);
  const crossing = row.findIndex((value, i) => i > 1 && value > 0);
  assert.equal(crossing, Math.ceil(zero_iA * n * 1.5));
});

test('the greater defocus df1 is met along the astigmatism angle, counted from x to y of the stored image', () => {
  const p = { ...TITAN, df1_A: 30_000, df2_A: 10_000, df_angle_rad: Math.PI / 4, cs_mm: 0 };
  const n = 64;
  const ctf = ctf2d(p, n, 2);
  const nxc = n / 2 + 1;
  const along = ctf[5 * nxc + 5];
  const across = ctf[(n - 5) * nxc + 5];
  const k2 = 50 / (n * 2) ** 2;
  const phase = (df_A: number): number => Math.PI * electronWavelength_A(300) * df_A * k2 + Math.asin(0.1);
  assert.ok(Math.abs(along + Math.sin(phase(30_000))) < 1e-6, `${along}`);
  assert.ok(Math.abs(across + Math.sin(phase(10_000))) < 1e-6, `${across}`);
});

test('optics of a row are read from slot ctf, and aberrations that the CTF leaves out are named', () => {
  const dataset = Dataset.create(BigUint64Array.of(1n, 2n), ['ctf']);
  dataset.f4('ctf/df1_A').set([1, 2]);
  dataset.f4('ctf/bfactor').set([0, 50]);
  assert.equal(ctfParamsOf(dataset, 1).df1_A, 2);
  assert.equal(ctfParamsOf(dataset, 1).bfactor, 50);
  assert.deepEqual(aberrationsLeftOut(dataset), []);
  dataset.f4('ctf/trefoil_A')[3] = 20;
  assert.deepEqual(aberrationsLeftOut(dataset), ['ctf/trefoil_A']);
  const [half, whole] = [dataset.select([0]), dataset.select([1])].map((d) => d.pick(['ctf']));
  half.drop('ctf/bfactor');
  assert.equal(ctfParamsOf(half, 0).bfactor, 0);
  assert.equal(ctfParamsOf(whole, 0).bfactor, 50);
});

const AVROT = 'GrigorieffLab__ctffind5_manuscript/data/mmm/mmm/Assets/CTF/mmm_CTF_1_avrot.txt';

test('|CTF| is the curve that CTFFIND fitted (300 kV, 0.07), for one defocus', { skip: without(AVROT) }, () => {
  const lines = readFileSync(sharedFile(AVROT), 'utf8').split('\n').slice(5);
  const numbers = (line: string): number[] => line.trim().split(/\s+/).map(Number);
  const k_iA = numbers(lines[0]).filter((k) => k > 0 && k < 1 / 80);
  const fit = numbers(lines[3]).slice(1, k_iA.length + 1);
  const worst = (df_A: number): number => {
    const p = { ...TITAN, amp_contrast: 0.07, df1_A: df_A, df2_A: df_A };
    return Math.max(...k_iA.map((k, i) => Math.abs(Math.abs(ctfAt(p, k, 0)) - fit[i])));
  };
  let [df_A, error] = [0, 1];
  for (let df = 1e6; df < 4e6; df += 1000) if (worst(df) < error) [df_A, error] = [df, worst(df)];
  for (let df = df_A - 1000; df < df_A + 1000; df += 10) if (worst(df) < error) [df_A, error] = [df, worst(df)];
  assert.ok(error < 5e-3, `defocus ${df_A} Å: largest difference ${error}`);
});

test('optics of a real .cs file are complete', { skip: without('ml-struct-bio__cryodrgn/empiar_10076_7.cs') }, () => {
  const p = ctfParamsOf(readDataset(sharedFile('ml-struct-bio__cryodrgn/empiar_10076_7.cs')), 0);
  assert.equal(p.accel_kv, 300);
  assert.ok(Math.abs(p.df1_A - 15301.1) < 0.01 && Math.abs(p.df2_A - 14916.4) < 0.01, `${p.df1_A}, ${p.df2_A}`);
  assert.ok(ctf2d(p, 320, 1.31).every(Number.isFinite));
});
