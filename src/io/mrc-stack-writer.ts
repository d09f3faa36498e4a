import { readSync } from 'node:fs';
import { CsError } from '../base/errors.ts';
import { AtomicFile } from '../host/fs-atomic.ts';
import { MRC_HEADER_BYTES, formatMrcHeader, type MrcStatistics } from './mrc-header.ts';

/** Largest finite number of half precision. */
const FLOAT16_MAX = 65504;

/** Running minimum, maximum and moments of what is written. */
class Moments {
  private count = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private mean = 0;
  private squares = 0;

  /** Take values in; blocks are merged so that the variance does not suffer from a large mean (Chan et al. 1979). */
  add(values: Float32Array, perSection: number, firstSection: number, path: string): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    if (!Number.isFinite(sum)) throw notFinite(values, perSection, firstSection, path);
    if (values.length === 0) return;
    const mean = sum / values.length;
    let squares = 0;
    for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
    const total = this.count + values.length;
    const delta = mean - this.mean;
    this.squares += squares + (delta * delta * this.count * values.length) / total;
    this.mean += (delta * values.length) / total;
    this.min = Math.min(this.min, min);
    this.max = Math.max(this.max, max);
    this.count = total;
  }

  result(): MrcStatistics {
    if (this.count === 0) return { dmin: 0, dmax: -1, dmean: -2, rms: -1 }; // the format's way to say "not known"
    return { dmin: this.min, dmax: this.max, dmean: this.mean, rms: Math.sqrt(this.squares / this.count) };
  }
}

function notFinite(values: Float32Array, perSection: number, firstSection: number, path: string): CsError {
  const at = Math.max(
    0,
    values.findIndex((value) => !Number.isFinite(value)),
  );
  const section = firstSection + Math.floor(at / perSection);
  const message = `MRC file ${path}: the value at section ${section}, element ${at % perSection} is ${values[at]}, wanted a finite number.`;
  return new CsError('input', 'CS_MRC_VALUE', message, { path, section });
}

/**
 * Minimum, maximum, mean and standard deviation.
 * @param perSection values of one section (count), to say where a bad one is
 * @throws CsError `CS_MRC_VALUE` for NaN or infinity
 */
export function statisticsOf(values: Float32Array, perSection: number, path: string): MrcStatistics {
  const moments = new Moments();
  moments.add(values, perSection, 0, path);
  return moments.result();
}

/**
 * Writes a stack of images section by section, in constant memory. The file appears under its name at `finish`.
 *
 * Mode 12 (half precision) falls back to mode 2 for the whole file when a value is beyond ±65504; what was written
 * before then keeps the precision it was written with.
 */
export class MrcStackWriter {
  private readonly path: string;
  private readonly shape: { nx: number; ny: number; psize_A: number };
  private readonly moments = new Moments();
  private mode: 2 | 12;
  private sections = 0;
  private file: AtomicFile;

  /** @param o `nx`, `ny` size of an image in px; `psize_A` pixel size, Å */
  constructor(path: string, o: { nx: number; ny: number; psize_A: number; mode?: 2 | 12 }) {
    this.path = path;
    this.shape = { nx: o.nx, ny: o.ny, psize_A: o.psize_A };
    this.mode = o.mode ?? 2;
    this.file = new AtomicFile(path);
    this.file.write(Buffer.alloc(MRC_HEADER_BYTES));
  }

  /**
   * Append whole images.
   * @param images shape [count, ny, nx]
   * @throws CsError `CS_MRC_VALUE` for NaN or infinity, `CS_DISK_FULL`; the temporary file is removed
   */
  append(images: Float32Array): void {
    const perSection = this.shape.nx * this.shape.ny;
    const count = images.length / perSection;
    if (!Number.isInteger(count)) {
      this.abort();
      const message = `MRC file ${this.path}: ${images.length} values are not whole images of ${this.shape.nx} × ${this.shape.ny}.`;
      throw new CsError('bug', 'CS_MRC_SHAPE', message, { path: this.path });
    }
    if (this.mode === 12 && images.some((value) => Math.abs(value) > FLOAT16_MAX && Number.isFinite(value)))
      this.widen();
    const half = this.mode === 12 ? new Float16Array(images) : null;
    // the header's statistics are those of the values as stored
    const stored = half ? new Float32Array(half) : images;
    try {
      this.moments.add(stored, perSection, this.sections, this.path);
    } catch (error) {
      this.abort();
      throw error;
    }
    const raw = half ?? images;
    this.file.write(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength));
    this.sections += count;
  }

  /** Number of images so far. */
  get length(): number {
    return this.sections;
  }

  /** Write the header, flush, and give the file its name. @returns the mode in which the values stand */
  finish(): 2 | 12 {
    if (this.sections === 0) {
      this.abort();
      throw new CsError('bug', 'CS_MRC_SHAPE', `MRC file ${this.path} would have no images.`, { path: this.path });
    }
    const header = { ...this.shape, nz: this.sections, mode: this.mode, stack: true, origin_A: [0, 0, 0] };
    this.file.writeAt(formatMrcHeader(header, this.moments.result()), 0);
    this.file.commit();
    return this.mode;
  }

  /** Give up: nothing appears. */
  abort(): void {
    this.file.abort();
  }

  /** Copy what stands in half precision into a new file in single precision. */
  private widen(): void {
    const old = this.file;
    const next = new AtomicFile(this.path);
    next.write(Buffer.alloc(MRC_HEADER_BYTES));
    const half = new Float16Array(1 << 20);
    for (let at = MRC_HEADER_BYTES; at < old.length; ) {
      const bytes = readSync(
        old.descriptor,
        new Uint8Array(half.buffer),
        0,
        Math.min(half.byteLength, old.length - at),
        at,
      );
      const values = new Float32Array(half.subarray(0, bytes / 2));
      next.write(new Uint8Array(values.buffer));
      at += bytes;
    }
    old.abort();
    this.file = next;
    this.mode = 2;
  }
}
