import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Rng } from '../../../base/rng.ts';
import { Dataset } from '../../../data/dataset.ts';
import { MrcStackWriter } from '../../../io/mrc.ts';
import { type CtfParams, ctf2d } from '../../../math/ctf.ts';
import { RealFft2 } from '../../../math/fft.ts';
import { matrixToPose } from '../../../math/rotation.ts';
import { originToCentre, originToCorner } from '../../../math/volume.ts';

export interface StackOptions {
  readonly project_dir: string;
  /** relative to the project */
  readonly path: string;
  readonly n: number;
  readonly psize_A: number;
  readonly views: readonly Float64Array[];
  /** the clean projection in a view, shape [n, n] */
  readonly projection: (R: Float64Array) => Float32Array;
  readonly rng: Rng;
  /** images get CTFs of different defocus */
  readonly ctf?: boolean;
  /** `blob/sign`: with CTF, 1 turns the images to bright protein */
  readonly sign?: number;
  /** largest shift on an axis, px */
  readonly shift_px?: number;
  /** standard deviation of white noise */
  readonly noise?: number;
  /** pixel size in which the shifts are written, Å; default that of the images */
  readonly shiftUnit_A?: number;
}

/** Write a stack of projections with known poses, CTFs and shifts, and give its dataset. */
export function writeStack(o: StackOptions): Dataset {
  const { n, psize_A, rng, views } = o;
  const fft = new RealFft2(n, n);
  const count = views.length;
  const dataset = Dataset.create(
    BigUint64Array.from({ length: count }, () => rng.uid()),
    ['blob', 'alignments3D', ...(o.ctf ? ['ctf'] : [])],
  );
  dataset.drop('alignments3D/split');
  const file = join(o.project_dir, o.path);
  mkdirSync(dirname(file), { recursive: true });
  const writer = new MrcStackWriter(file, { nx: n, ny: n, psize_A });
  for (const [i, R] of views.entries()) {
    const spectrum = fft.forward(originToCorner(o.projection(R), [n, n]));
    const shift = [0, 1].map(() => (o.shift_px ?? 0) * (2 * rng.uniform() - 1));
    const ctf = o.ctf ? optics(rng) : null;
    degrade(spectrum, n, shift, ctf && ctf2d(ctf, n, psize_A), o.ctf && o.sign === 1 ? -1 : 1);
    const image = originToCentre(fft.inverse(spectrum), [n, n]);
    for (let k = 0; k < image.length; k++) image[k] += (o.noise ?? 0) * rng.normal();
    writer.append(image);
    dataset.text('blob/path')[i] = i % 2 === 0 ? o.path : `>${o.path}`;
    dataset.u4('blob/idx')[i] = i;
    dataset.u4('blob/shape').set([n, n], 2 * i);
    dataset.f4('alignments3D/pose').set(matrixToPose(R), 3 * i);
    const unit_A = o.shiftUnit_A ?? psize_A;
    dataset.f4('alignments3D/shift').set(
      shift.map((s) => (s * psize_A) / unit_A),
      2 * i,
    );
    dataset.f4('alignments3D/psize_A')[i] = unit_A;
    if (ctf) for (const [key, value] of Object.entries(ctf)) dataset.f4(`ctf/${key}`)[i] = value as number;
  }
  writer.finish();
  dataset.f4('blob/psize_A').fill(psize_A);
  dataset.f4('blob/sign').fill(o.sign ?? 0);
  return dataset;
}

function optics(rng: Rng): CtfParams {
  const df1_A = 8000 + 12_000 * rng.uniform();
  return {
    accel_kv: 300,
    cs_mm: 2.7,
    amp_contrast: 0.1,
    df1_A,
    df2_A: df1_A - 800 * rng.uniform(),
    df_angle_rad: Math.PI * rng.uniform(),
    phase_shift_rad: 0,
  };
}

/** Multiply by CTF and sign, and move the content by -shift. */
function degrade(
  spectrum: Float32Array,
  n: number,
  shift: readonly number[],
  ctf: Float32Array | null,
  sign: number,
): void {
  const nc = Math.floor(n / 2) + 1;
  for (let row = 0, at = 0; row < n; row++) {
    const ky = row <= n / 2 ? row : row - n;
    for (let kx = 0; kx < nc; kx++, at++) {
      const phase = (2 * Math.PI * (kx * shift[0] + ky * shift[1])) / n;
      const gain = sign * (ctf ? ctf[at] : 1);
      const re = gain * spectrum[2 * at];
      const im = gain * spectrum[2 * at + 1];
      spectrum[2 * at] = re * Math.cos(phase) - im * Math.sin(phase);
      spectrum[2 * at + 1] = re * Math.sin(phase) + im * Math.cos(phase);
    }
  }
}

/** Numbers of a plain little-endian f4 or f8 .npy file. */
export function readNumbers(path: string): Float64Array {
  const bytes = readFileSync(path);
  const end = 10 + bytes.readUInt16LE(8);
  const single = bytes.toString('latin1', 10, end).includes("'<f4'");
  const size = single ? 4 : 8;
  return Float64Array.from({ length: (bytes.length - end) / size }, (_, i) =>
    single ? bytes.readFloatLE(end + 4 * i) : bytes.readDoubleLE(end + 8 * i),
  );
}
