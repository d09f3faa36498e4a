import { CsError, type ErrorBody } from '../../base/errors.ts';
import { MrcReader } from '../../io/mrc.ts';
import {
  BackProjector,
  type ReconstructOptions,
  type SharedBackProjector,
  type Slab,
} from '../../math/backprojector.ts';
import { type CtfParams, ctf2d } from '../../math/ctf.ts';
import { RealFft2 } from '../../math/fft.ts';
import {
  type AutoMask,
  assessHalfMaps,
  filterByFsc,
  type HalfMapAssessment,
  halvesAgree,
} from '../../math/half-maps.ts';
import { poseToMatrix } from '../../math/rotation.ts';

/** What the compute threads share; given to each once. */
export interface Setup {
  /** side of the images, px */
  readonly box: number;
  /** side of the map, px; images are Fourier-cropped to it */
  readonly n: number;
  /** pixel size at side n, Å */
  readonly psize_A: number;
  /** half sets A and B */
  readonly halves: readonly [SharedBackProjector, SharedBackProjector];
  readonly slabs: readonly Slab[];
  /** two batches: one is filled while the other is inserted */
  readonly batches: readonly [BatchMemory, BatchMemory];
  /** soft disc by which images are multiplied, shape [box, box], or null */
  readonly window: Float32Array | null;
}

/** Transforms of a batch of images, in SharedArrayBuffers. */
export interface BatchMemory {
  /** half-complex, shape [images, n, n/2+1], origin at index 0 */
  readonly spectra: Float32Array;
  /** shape [images, n, n/2+1] */
  readonly ctfs: Float32Array;
  /** 1 where an image was read */
  readonly good: Uint8Array;
}

/** The images of one batch, in the order in which they lie in their files. */
export interface Batch {
  /** which of the two memories */
  readonly memory: 0 | 1;
  readonly count: number;
  /** absolute path of each image's stack */
  readonly paths: readonly string[];
  /** where it is read: the same, or a copy of it that may vanish */
  readonly files: readonly string[];
  /** section in the stack */
  readonly indices: Uint32Array;
  /** rotation vectors, 3 an image, rad */
  readonly poses: Float32Array;
  /** 2 an image, px of the stored image */
  readonly shifts_px: Float32Array;
  /** factor on the image: its sign */
  readonly gains: Float32Array;
  /** 0 (A) or 1 (B) */
  readonly halves: Uint8Array;
  /** null: images are plain projections */
  readonly ctfs: readonly CtfParams[] | null;
}

/** Images that one step of `load` reads. */
export const CHUNK = 16;

export interface LoadFailure {
  /** position in the batch */
  readonly image: number;
  readonly error: ErrorBody;
}

/** What was not as expected in a chunk. */
export interface LoadReport {
  readonly failures: LoadFailure[];
  /** copies that could not be read; the images came from the stacks themselves */
  readonly lost: string[];
}

interface State extends Setup {
  readonly fft: RealFft2;
  readonly image: Float32Array;
  readonly spectrum: Float32Array;
  readonly back: readonly [BackProjector, BackProjector];
  reader: MrcReader | null;
  /** copies that could not be read once: they are not tried again */
  readonly lost: Set<string>;
}

let state: State | null = null;

/** Called once in each thread. */
export function init(setup: Setup): void {
  const { box } = setup;
  state = {
    ...setup,
    fft: new RealFft2(box, box),
    image: new Float32Array(box * box),
    spectrum: new Float32Array(2 * box * (Math.floor(box / 2) + 1)),
    back: [BackProjector.attach(setup.halves[0]), BackProjector.attach(setup.halves[1])],
    reader: null,
    lost: new Set(),
  };
}

/** Read the images of one chunk and put their centred transforms and CTFs into the batch's memory. */
export function load(step: number, batch: Batch): LoadReport | undefined {
  const s = ready();
  const memory = s.batches[batch.memory];
  const failures: LoadFailure[] = [];
  const lostBefore = s.lost.size;
  const size = s.n * (Math.floor(s.n / 2) + 1);
  for (let i = step * CHUNK; i < Math.min(batch.count, (step + 1) * CHUNK); i++) {
    memory.good[i] = 0;
    try {
      readFirst(s, batch.files[i], batch.paths[i], batch.indices[i]);
    } catch (error) {
      if (!(error instanceof CsError) || (error.kind !== 'input' && error.kind !== 'external')) throw error;
      failures.push({ image: i, error: error.toBody() });
      continue;
    }
    s.fft.forward(s.image, s.spectrum);
    const target = memory.spectra.subarray(2 * i * size, 2 * (i + 1) * size);
    centre(s, batch.shifts_px[2 * i], batch.shifts_px[2 * i + 1], batch.gains[i], target);
    if (batch.ctfs) ctf2d(batch.ctfs[i], s.n, s.psize_A, memory.ctfs.subarray(i * size, (i + 1) * size));
    memory.good[i] = 1;
  }
  const lost = [...s.lost].slice(lostBefore);
  return failures.length > 0 || lost.length > 0 ? { failures, lost } : undefined;
}

/** Read an image from the copy of its stack, or from the stack itself where the copy fails. */
function readFirst(s: State, file: string, path: string, index: number): void {
  if (file !== path && !s.lost.has(file)) {
    try {
      readImage(s, file, index);
      return;
    } catch (error) {
      if (!(error instanceof CsError)) throw error;
      s.lost.add(file);
    }
  }
  readImage(s, path, index);
}

function readImage(s: State, path: string, index: number): void {
  if (s.reader?.path !== path) {
    s.reader?.close();
    s.reader = null;
    s.reader = new MrcReader(path);
  }
  const { image, window } = s;
  s.reader.readSections(index, 1, image);
  let sum = 0;
  for (let i = 0; i < image.length; i++) sum += image[i];
  if (!Number.isFinite(sum)) {
    const message = `Image ${index} of ${path} holds a value that is not a finite number.`;
    throw new CsError('input', 'CS_IMAGE_VALUE', message, { path, index });
  }
  if (window) for (let i = 0; i < image.length; i++) image[i] *= window[i];
}

/**
 * Crop a transform to side n and move its origin from pixel floor(box/2) - shift to index 0: the content of an image
 * lies at -shift from the centre, as RELION's origins say it too.
 */
function centre(s: State, shiftX_px: number, shiftY_px: number, gain: number, out: Float32Array): void {
  const { box, n, spectrum } = s;
  const fromWidth = Math.floor(box / 2) + 1;
  const width = Math.floor(n / 2) + 1;
  const scale = gain * (n / box) ** 2;
  const half = Math.floor(box / 2);
  const turnX = (-2 * Math.PI * (shiftX_px - half)) / box;
  const turnY = (-2 * Math.PI * (shiftY_px - half)) / box;
  const stepR = Math.cos(turnX);
  const stepI = Math.sin(turnX);
  for (let row = 0; row < n; row++) {
    const ky = row < n - row ? row : row - n;
    let from = 2 * (ky < 0 ? ky + box : ky) * fromWidth;
    let to = 2 * row * width;
    let pr = scale * Math.cos(turnY * ky);
    let pi = scale * Math.sin(turnY * ky);
    for (let kx = 0; kx < width; kx++, from += 2, to += 2) {
      const re = spectrum[from];
      const im = spectrum[from + 1];
      out[to] = re * pr - im * pi;
      out[to + 1] = re * pi + im * pr;
      const next = pr * stepR - pi * stepI;
      pi = pr * stepI + pi * stepR;
      pr = next;
    }
  }
}

/** Insert a batch's images of one half set into one slab; step = half · number of slabs + slab. */
export function insert(step: number, batch: Batch): void {
  const s = ready();
  const half = Math.floor(step / s.slabs.length);
  const slab = s.slabs[step % s.slabs.length];
  const { spectra, ctfs, good } = s.batches[batch.memory];
  const size = s.n * (Math.floor(s.n / 2) + 1);
  const R = new Float64Array(9);
  for (let i = 0; i < batch.count; i++) {
    if (batch.halves[i] !== half || good[i] === 0) continue;
    poseToMatrix(batch.poses[3 * i], batch.poses[3 * i + 1], batch.poses[3 * i + 2], R);
    const spectrum = spectra.subarray(2 * i * size, 2 * (i + 1) * size);
    s.back[half].insert(spectrum, batch.ctfs && ctfs.subarray(i * size, (i + 1) * size), R, 1, slab);
  }
}

/** Sums over a point group, some sections of the grid a step. */
export interface SymmetryWork {
  readonly from: SharedBackProjector;
  readonly to: SharedBackProjector;
  readonly operators: readonly Float64Array[];
  readonly sections: readonly Slab[];
}

export function symmetrise(step: number, work: SymmetryWork): void {
  BackProjector.attach(work.from).applySymmetry(work.operators, BackProjector.attach(work.to), work.sections[step]);
}

/** Maps to be made, one a step; `out` lies in a SharedArrayBuffer, shape [n, n, n]. */
export type MapWork = readonly {
  readonly from: SharedBackProjector;
  readonly out: Float32Array;
  readonly options: ReconstructOptions;
}[];

export function reconstruct(step: number, work: MapWork): void {
  const { from, out, options } = work[step];
  BackProjector.attach(from).reconstruct(options, out);
}

/** Comparison of the half maps and filter of their average. Maps lie in SharedArrayBuffers, shape [n, n, n]. */
export interface AssessWork {
  readonly n: number;
  readonly psize_A: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** replaced by the map weighted by the corrected FSC */
  readonly map: Float32Array;
  /** given, or to be made into `maskOut` */
  readonly mask: Float32Array | AutoMask;
  readonly maskOut: Float32Array;
  readonly seed: number;
}

export function assess(_step: number, work: AssessWork): Omit<HalfMapAssessment, 'mask'> {
  const { n, psize_A, a, b, map, maskOut } = work;
  const { mask, ...rest } = assessHalfMaps(a, b, n, psize_A, work.mask, work.seed);
  maskOut.set(mask);
  // half-maps that share nothing would leave an empty map: then it stays as it is, for the eye to judge
  if (halvesAgree(rest.curves.corrected)) map.set(filterByFsc(map, n, rest.curves.corrected));
  return rest;
}

function ready(): State {
  if (!state) throw new CsError('bug', 'CS_THREADS', 'A compute thread was used before it was set up.');
  return state;
}
