import { CsError } from '../base/errors.ts';
import { AtomicFile } from '../host/fs-atomic.ts';
import { InputFile } from '../host/fs-read.ts';
import { decodeSections, sectionValues } from './mrc-decode.ts';
import { MRC_HEADER_BYTES, formatMrcHeader, parseMrcHeader, type MrcHeader } from './mrc-header.ts';
import { PackedMrcReader } from './mrc-packed.ts';
import { statisticsOf } from './mrc-stack-writer.ts';
import { compressionOf } from './packed-source.ts';

export { PIXEL_SIZE_UNSET, type MrcHeader } from './mrc-header.ts';
export { MrcStackWriter, statisticsOf } from './mrc-stack-writer.ts';

/** Bytes of a file that are decoded at a time. */
const BLOCK = 16 << 20;

/**
 * Read a file's header and check it against the file's size.
 * @throws CsError kind input naming file and field: `CS_MRC_HEADER`, `CS_MRC_TRUNCATED`, `CS_FILE_MISSING` …
 */
export function readMrcHeader(path: string): MrcHeader {
  const reader = new MrcReader(path);
  reader.close();
  return reader.header;
}

/** A stack (or map) whose sections are read as they are asked for; nothing else of it is held in memory. */
export class MrcReader {
  readonly path: string;
  readonly header: MrcHeader;
  private readonly file: InputFile;

  /** @throws CsError as `readMrcHeader` */
  constructor(path: string) {
    this.path = path;
    this.file = new InputFile(path, 'MRC file');
    try {
      this.header = parseMrcHeader(this.file.read(0, MRC_HEADER_BYTES), this.file.size, path);
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /**
   * Sections as 32-bit floats in stored order (x fastest); mode 4 gives pairs of real and imaginary parts.
   * @param first index of the first section, from 0; @param count number of sections
   * @param out memory for count × nx × ny values (twice that for mode 4), or new memory
   * @throws CsError `CS_MRC_SECTION` when the file does not hold them
   */
  readSections(first: number, count: number, out?: Float32Array): Float32Array {
    const { header } = this;
    const { sectionsPresent, dataOffset, mode, littleEndian } = header;
    if (
      !Number.isInteger(first) ||
      !Number.isInteger(count) ||
      first < 0 ||
      count < 0 ||
      first + count > sectionsPresent
    ) {
      const message = `MRC file ${this.path}: sections ${first} to ${first + count - 1} were asked for, it holds 0 to ${sectionsPresent - 1}.`;
      throw new CsError('input', 'CS_MRC_SECTION', message, {
        path: this.path,
        field: 'nz',
        first,
        count,
        sectionsPresent,
      });
    }
    const perSection = sectionValues(header);
    const target = out ?? new Float32Array(count * perSection);
    const position = dataOffset + first * header.sectionBytes;
    if (mode === 2 && littleEndian) {
      this.readExactly(new Uint8Array(target.buffer, target.byteOffset, count * header.sectionBytes), position);
      return target;
    }
    const step = Math.max(1, Math.floor(BLOCK / header.sectionBytes));
    for (let done = 0; done < count; done += step) {
      const sections = Math.min(step, count - done);
      const raw = Buffer.from(new ArrayBuffer(sections * header.sectionBytes));
      this.readExactly(raw, position + done * header.sectionBytes);
      decodeSections(raw, header, target.subarray(done * perSection, (done + sections) * perSection));
    }
    return target;
  }

  close(): void {
    this.file.close();
  }

  private readExactly(bytes: Uint8Array, position: number): void {
    const read = this.file.readInto(bytes, position);
    if (read === bytes.length) return;
    const message = `MRC file ${this.path} became shorter while it was read: ${position + read} bytes, wanted ${position + bytes.length}.`;
    throw new CsError('input', 'CS_MRC_TRUNCATED', message, { path: this.path, field: 'nz' });
  }
}

export interface Volume {
  /** [z, y, x] */
  shape: [number, number, number];
  /** Å per voxel along x; 0 when the file does not tell */
  psize_A: number;
  data: Float32Array;
  header: MrcHeader;
}

/**
 * Read a whole map, `.gz` and `.bz2` too, with its axes put into the order x (fastest), y, z.
 * @throws CsError kind input naming file and field
 */
export function readVolume(path: string): Volume {
  const stored = readStored(path);
  const { header } = stored;
  if (header.sectionsPresent < header.nz) {
    const message = `MRC file ${path}: header field nz is ${header.nz}, but the file ends after ${header.sectionsPresent} sections: the map is cut off.`;
    throw new CsError('input', 'CS_MRC_TRUNCATED', message, { path, field: 'nz' });
  }
  if (header.mode === 4) {
    const message = `MRC file ${path}: header field mode is 4 (a complex transform), wanted a map of real values (0, 1, 2, 6, 12).`;
    throw new CsError('input', 'CS_MRC_HEADER', message, { path, field: 'mode' });
  }
  return reorderAxes(stored.data, header);
}

function readStored(path: string): { header: MrcHeader; data: Float32Array } {
  const file = new InputFile(path, 'MRC file');
  const compression = compressionOf(file.read(0, 3));
  file.close();
  if (compression === null) {
    const reader = new MrcReader(path);
    try {
      const { header } = reader;
      return { header, data: reader.readSections(0, header.sectionsPresent) };
    } finally {
      reader.close();
    }
  }
  const reader = new PackedMrcReader(path, compression);
  try {
    const { header } = reader;
    const size = sectionValues(header);
    const data = new Float32Array(header.nz * size);
    for (let z = 0; z < header.nz; z++) reader.readSection(z, data.subarray(z * size, (z + 1) * size));
    return { header, data };
  } finally {
    reader.close();
  }
}

function reorderAxes(data: Float32Array, header: MrcHeader): Volume {
  const { nx, ny, nz, mapc, mapr, maps, voxel_A } = header;
  const stored = [nx, ny, nz];
  const axes = [mapc, mapr, maps];
  const size = [1, 2, 3].map((axis) => stored[axes.indexOf(axis)]);
  const shape: [number, number, number] = [size[2], size[1], size[0]];
  const psize_A = voxel_A[0];
  if (mapc === 1 && mapr === 2) return { shape, psize_A, data, header };
  const strides = [1, size[0], size[0] * size[1]];
  const [sc, sr, ss] = axes.map((axis) => strides[axis - 1]);
  const out = new Float32Array(data.length);
  let from = 0;
  for (let s = 0; s < nz; s++) {
    for (let r = 0; r < ny; r++) {
      for (let c = 0, to = s * ss + r * sr; c < nx; c++, to += sc) out[to] = data[from++];
    }
  }
  return { shape, psize_A, data: out, header };
}

/**
 * Write a map as 32-bit floats (mode 2); it appears under its name when it is complete.
 * @param volume `shape` [z, y, x]; `origin_A` position of the first voxel, x, y, z (default 0)
 * @throws CsError `CS_MRC_VALUE` for a value that is not finite, `CS_DISK_FULL` …
 */
export function writeVolume(
  path: string,
  volume: {
    shape: readonly [number, number, number];
    psize_A: number;
    data: Float32Array;
    origin_A?: readonly number[];
  },
): void {
  const [nz, ny, nx] = volume.shape;
  if (volume.data.length !== nx * ny * nz) {
    const message = `Map ${path}: ${volume.data.length} values for shape ${volume.shape.join(' × ')}, wanted ${nx * ny * nz}.`;
    throw new CsError('bug', 'CS_MRC_SHAPE', message, { path });
  }
  const stats = statisticsOf(volume.data, nx * ny, path);
  const shape = { nx, ny, nz, mode: 2, stack: false, psize_A: volume.psize_A, origin_A: volume.origin_A ?? [0, 0, 0] };
  const file = new AtomicFile(path);
  file.write(formatMrcHeader(shape, stats));
  file.write(new Uint8Array(volume.data.buffer, volume.data.byteOffset, volume.data.byteLength));
  file.commit();
}
