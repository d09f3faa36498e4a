import { CsError } from '../base/errors.ts';

/**
 * The header of the MRC2014 format (Cheng et al. 2015, J. Struct. Biol. 192:146, doi:10.1016/j.jsb.2015.04.002;
 * https://www.ccpem.ac.uk/mrc-format/mrc2014/), read with the liberties that real files take.
 */
export interface MrcHeader {
  /** columns, rows, sections as stored */
  nx: number;
  ny: number;
  nz: number;
  mode: number;
  /** Å per column; 0 when the header does not tell */
  psize_A: number;
  /** pixel sizes along the x, y, z axes of the map, Å; 0 where unknown */
  voxel_A: [number, number, number];
  /** sampling of the cell along x, y, z */
  mx: number;
  my: number;
  mz: number;
  /** cell lengths, Å */
  cella_A: [number, number, number];
  /** first column, row, section in the cell */
  nstart: [number, number, number];
  /** position of the map's first voxel, Å */
  origin_A: [number, number, number];
  /** axis (1 = x, 2 = y, 3 = z) along columns, rows, sections */
  mapc: number;
  mapr: number;
  maps: number;
  dmin: number;
  dmax: number;
  dmean: number;
  rms: number;
  /** space group: 0 for a stack of images, 1 for a map, above 400 for a stack of maps */
  ispg: number;
  /** bytes of the extended header */
  nsymbt: number;
  exttyp: string;
  nversion: number;
  littleEndian: boolean;
  /** mode 0 holds values 0 to 255 (files of IMOD before 4.2.23) instead of -128 to 127 */
  unsignedBytes: boolean;
  /** byte position of the first section */
  dataOffset: number;
  /** bytes of one section */
  sectionBytes: number;
  /** whole sections that the file holds; below nz when it is cut off */
  sectionsPresent: number;
  /** liberties of the file that were tolerated, in words */
  warnings: string[];
}

export const MRC_HEADER_BYTES = 1024;
/** the warning that matters only to those who have no other source of the pixel size */
export const PIXEL_SIZE_UNSET = 'the pixel size is unset';
/** bits of one element of each mode that is read; mode 4 is a pair of 32-bit floats */
const MODE_BITS: Record<number, number> = { 0: 8, 1: 16, 2: 32, 4: 64, 6: 16, 12: 16, 101: 4 };
const MAX_SIDE = 1 << 20;
const IMOD_STAMP = 1146047817;

function refuse(path: string, field: string, found: unknown, wanted: string): CsError {
  const message = `MRC file ${path}: header field ${field} is ${String(found)}, wanted ${wanted}.`;
  return new CsError('input', 'CS_MRC_HEADER', message, { path, field, found: String(found) });
}

/** Bytes of one section; each row of 4-bit values begins on a byte. */
function sectionBytes(nx: number, ny: number, mode: number): number {
  return Math.ceil((nx * MODE_BITS[mode]) / 8) * ny;
}

/**
 * Read a header.
 *
 * What can be read without doubt is accepted with a warning: a missing `MAP `, a missing or wrong machine stamp
 * when the dimensions make sense in one byte order only, an unset sampling, axes or pixel size, a file that ends
 * before the last section. The rest is refused.
 *
 * @param bytes the first 1024 bytes of the file, or all there are
 * @param size bytes of the (decompressed) file; infinite where that is known only at its end
 * @throws CsError `CS_MRC_HEADER` naming the file and the field, `CS_MRC_TRUNCATED`
 */
export function parseMrcHeader(bytes: Buffer, size: number, path: string): MrcHeader {
  if (bytes.length < MRC_HEADER_BYTES) {
    const message = `MRC file ${path} has ${bytes.length} bytes, wanted at least a header of ${MRC_HEADER_BYTES}.`;
    throw new CsError('input', 'CS_MRC_TRUNCATED', message, { path, field: 'header' });
  }
  const warnings: string[] = [];
  const littleEndian = byteOrder(bytes, size, path, warnings);
  const view = new DataView(bytes.buffer, bytes.byteOffset, MRC_HEADER_BYTES);
  const int = (word: number): number => view.getInt32((word - 1) * 4, littleEndian);
  const float = (word: number): number => {
    const value = view.getFloat32((word - 1) * 4, littleEndian);
    return Number.isFinite(value) ? value : 0;
  };
  const triple = (get: (word: number) => number, word: number): [number, number, number] => [
    get(word),
    get(word + 1),
    get(word + 2),
  ];
  const [nx, ny, nz, mode] = [int(1), int(2), int(3), int(4)];
  const perSection = sectionBytes(nx, ny, mode);
  const nsymbt = extendedHeader(int(24), size, perSection * nz, path, warnings);
  const dataOffset = MRC_HEADER_BYTES + nsymbt;
  const sectionsPresent = Math.min(nz, Math.floor((size - dataOffset) / perSection));
  if (sectionsPresent < 1) {
    const message = `MRC file ${path}: header field nz asks for ${nz} sections of ${perSection} bytes, but the file has only ${size - dataOffset} bytes of data.`;
    throw new CsError('input', 'CS_MRC_TRUNCATED', message, { path, field: 'nz' });
  }
  if (sectionsPresent < nz) {
    warnings.push(`nz is ${nz} but the file ends after ${sectionsPresent} whole sections`);
  } else if (Number.isFinite(size) && size - dataOffset > perSection * nz) {
    warnings.push(`${size - dataOffset - perSection * nz} bytes follow the last section`);
  }
  if (bytes.toString('latin1', 208, 211) !== 'MAP') warnings.push('the "MAP " mark is missing');
  const axes = axisOrder(triple(int, 17), path, warnings);
  const sampling = triple(int, 8);
  const cella_A = triple(float, 11);
  const voxel_A = voxelSize(sampling, cella_A, [nx, ny, nz], axes, warnings);
  const column = voxel_A[axes[0] - 1];
  return {
    nx,
    ny,
    nz,
    mode,
    psize_A: column,
    voxel_A,
    mx: sampling[0],
    my: sampling[1],
    mz: sampling[2],
    cella_A,
    nstart: triple(int, 5),
    origin_A: triple(float, 50),
    mapc: axes[0],
    mapr: axes[1],
    maps: axes[2],
    dmin: float(20),
    dmax: float(21),
    dmean: float(22),
    rms: float(55),
    ispg: int(23),
    nsymbt,
    exttyp: bytes.toString('latin1', 104, 108).replace(/[^\x20-\x7e]/g, ''),
    nversion: int(28),
    littleEndian,
    unsignedBytes: int(39) === IMOD_STAMP && (int(40) & 1) === 0,
    dataOffset,
    sectionBytes: perSection,
    sectionsPresent,
    warnings,
  };
}

interface Shape {
  field: 'nx' | 'ny' | 'nz' | 'mode' | null;
  value: number;
  /** whole bytes of the data as the header says fit the file */
  fits: boolean;
}

/** Whether dimensions and mode make sense in a byte order; `field` names the first that does not. */
function judge(view: DataView, littleEndian: boolean, size: number): Shape {
  const [nx, ny, nz, mode] = [0, 4, 8, 12].map((at) => view.getInt32(at, littleEndian));
  const sides = [
    ['nx', nx],
    ['ny', ny],
    ['nz', nz],
  ] as const;
  for (const [field, value] of sides) if (value < 1 || value > MAX_SIDE) return { field, value, fits: false };
  if (!(mode in MODE_BITS)) return { field: 'mode', value: mode, fits: false };
  return { field: null, value: 0, fits: MRC_HEADER_BYTES + sectionBytes(nx, ny, mode) * nz <= size };
}

function byteOrder(bytes: Buffer, size: number, path: string, warnings: string[]): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, MRC_HEADER_BYTES);
  const stamp = bytes[212];
  const stamped = stamp === 0x44 ? true : stamp === 0x11 ? false : null;
  const little = judge(view, true, size);
  const big = judge(view, false, size);
  const sound = (littleEndian: boolean): Shape => (littleEndian ? little : big);
  const order = stamped ?? true;
  // a stamp is believed unless only the other order makes sense
  const chosen = sound(order).field === null ? (stamped === null && !little.fits && big.fits ? false : order) : !order;
  if (sound(chosen).field !== null) {
    const { field, value } = sound(order);
    throw refuse(path, field ?? 'mode', value, field === 'mode' ? 'one of 0, 1, 2, 4, 6, 12, 101' : `1 to ${MAX_SIDE}`);
  }
  const hex = bytes.subarray(212, 214).toString('hex');
  if (stamped === null) {
    warnings.push(`the machine stamp is 0x${hex}; read as ${chosen ? 'little' : 'big'}-endian by its dimensions`);
  } else if (stamped !== chosen) {
    warnings.push(`the machine stamp 0x${hex} is wrong; read as ${chosen ? 'little' : 'big'}-endian by its dimensions`);
  }
  return chosen;
}

function extendedHeader(nsymbt: number, size: number, dataBytes: number, path: string, warnings: string[]): number {
  if (nsymbt >= 0 && MRC_HEADER_BYTES + nsymbt <= size) return nsymbt;
  if (size === MRC_HEADER_BYTES + dataBytes) {
    warnings.push(`the extended header length nsymbt is ${nsymbt}; the file has none by its size`);
    return 0;
  }
  throw refuse(path, 'nsymbt', nsymbt, `0 to ${size - MRC_HEADER_BYTES} for a file of ${size} bytes`);
}

function axisOrder(axes: [number, number, number], path: string, warnings: string[]): [number, number, number] {
  if ([1, 2, 3].every((axis) => axes.includes(axis))) return axes;
  if (axes.every((axis) => axis === 0)) {
    warnings.push('the axis order mapc, mapr, maps is unset; taken as 1, 2, 3');
    return [1, 2, 3];
  }
  throw refuse(path, 'mapc, mapr, maps', axes.join(', '), 'the axes 1, 2, 3 in some order');
}

/** Å per voxel along x, y, z: cell length over sampling, falling back on the stored size where that is unset. */
function voxelSize(
  sampling: readonly number[],
  cella_A: readonly number[],
  stored: readonly number[],
  axes: readonly number[],
  warnings: string[],
): [number, number, number] {
  const sizes = [0, 1, 2].map((axis) => {
    const intervals = sampling[axis] > 0 ? sampling[axis] : stored[axes.indexOf(axis + 1)];
    const size = cella_A[axis] / intervals;
    return size > 0 && Number.isFinite(size) ? size : 0;
  });
  const [x, y, z] = sizes;
  if (x === 0) warnings.push(PIXEL_SIZE_UNSET);
  else if (Math.abs(y - x) > 0.01 * x) warnings.push(`the pixel is not square: ${x} × ${y} Å`);
  return [x, y, z];
}

export interface MrcStatistics {
  dmin: number;
  dmax: number;
  dmean: number;
  rms: number;
}

/**
 * Bytes of a header of our own: little-endian, axes x, y, z, no extended header, cell = size × pixel size.
 * A stack of images has ispg 0 and mz 1, a map ispg 1 and mz = nz.
 */
export function formatMrcHeader(
  o: { nx: number; ny: number; nz: number; mode: number; psize_A: number; stack: boolean; origin_A: readonly number[] },
  stats: MrcStatistics,
): Buffer {
  const bytes = Buffer.alloc(MRC_HEADER_BYTES);
  const int = (word: number, ...values: number[]): void =>
    values.forEach((value, i) => void bytes.writeInt32LE(value, (word - 1 + i) * 4));
  const float = (word: number, ...values: number[]): void =>
    values.forEach((value, i) => void bytes.writeFloatLE(value, (word - 1 + i) * 4));
  const mz = o.stack ? 1 : o.nz;
  int(1, o.nx, o.ny, o.nz, o.mode);
  int(8, o.nx, o.ny, mz);
  float(11, o.nx * o.psize_A, o.ny * o.psize_A, mz * o.psize_A, 90, 90, 90);
  int(17, 1, 2, 3);
  float(20, stats.dmin, stats.dmax, stats.dmean);
  int(23, o.stack ? 0 : 1, 0);
  int(28, 20141);
  float(50, ...o.origin_A);
  bytes.write('MAP ', 208, 'latin1');
  bytes.set([0x44, 0x44, 0, 0], 212);
  float(55, stats.rms);
  int(56, 1);
  bytes.write('Written by open-cryosparc'.padEnd(80), 224, 'latin1');
  return bytes;
}
