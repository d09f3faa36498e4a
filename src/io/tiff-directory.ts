import { CsError } from '../base/errors.ts';
import type { InputFile } from '../host/fs-read.ts';

/** Numbers of the tags that are read (TIFF 6.0; BigTIFF and EER use the same). */
export const TAG = {
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  PhotometricInterpretation: 262,
  FillOrder: 266,
  ImageDescription: 270,
  StripOffsets: 273,
  SamplesPerPixel: 277,
  RowsPerStrip: 278,
  StripByteCounts: 279,
  XResolution: 282,
  PlanarConfiguration: 284,
  ResolutionUnit: 296,
  Predictor: 317,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  SampleFormat: 339,
  EerRunBits: 65007,
  EerSubpixelBitsX: 65008,
  EerSubpixelBitsY: 65009,
} as const;
export type TagName = keyof typeof TAG;

/** bytes of one value of each field type; 5 and 10 are fractions of two 32-bit numbers */
const TYPE_BYTES: Record<number, number> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};
const MAX_PAGES = 1 << 20;
/** Most values of one tag: strips of a row each of the highest image, in three planes. */
const MAX_VALUES = 1 << 22;

/** An error of a TIFF file's header: names file, field, value found and value wanted. */
export function refuseTiff(path: string, field: string, found: unknown, wanted: string): CsError {
  const message = `TIFF file ${path}: field ${field} is ${String(found)}, wanted ${wanted}.`;
  return new CsError('input', 'CS_TIFF_HEADER', message, { path, field, found: String(found) });
}

interface Entry {
  readonly type: number;
  readonly count: number;
  /** byte position of the values in the file */
  readonly position: number;
}

/** One image file directory: its tags, whose values are read when they are asked for. */
export class TiffDirectory {
  readonly littleEndian: boolean;
  readonly big: boolean;
  private readonly file: InputFile;
  private readonly entries: Map<number, Entry>;

  constructor(file: InputFile, entries: Map<number, Entry>, littleEndian: boolean, big: boolean) {
    this.file = file;
    this.entries = entries;
    this.littleEndian = littleEndian;
    this.big = big;
  }

  has(name: TagName): boolean {
    return this.entries.has(TAG[name]);
  }

  /** All values of a numeric tag, or null where it is absent. @throws CsError `CS_TIFF_HEADER` */
  numbers(name: TagName): number[] | null {
    const entry = this.entries.get(TAG[name]);
    if (entry === undefined) return null;
    const { path } = this.file;
    const size = TYPE_BYTES[entry.type];
    if (size === undefined || entry.type === 2) throw refuseTiff(path, name, `of type ${entry.type}`, 'a number');
    if (entry.count > MAX_VALUES) throw refuseTiff(path, name, `${entry.count} values`, `at most ${MAX_VALUES}`);
    const bytes = this.file.read(entry.position, entry.count * size);
    if (bytes.length < entry.count * size) {
      throw refuseTiff(path, name, `at byte ${entry.position}, beyond the end`, `below ${this.file.size}`);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: entry.count }, (_, i) => valueAt(view, i * size, entry.type, this.littleEndian));
  }

  /** The first value of a numeric tag, or `absent`. */
  number(name: TagName, absent: number): number {
    return this.numbers(name)?.[0] ?? absent;
  }

  /** A text tag (at most 64 kB of it), or null where it is absent. */
  text(name: TagName): string | null {
    const entry = this.entries.get(TAG[name]);
    if (entry === undefined || TYPE_BYTES[entry.type] !== 1) return null;
    const text = this.file.read(entry.position, Math.min(entry.count, 1 << 16)).toString('utf8');
    const end = text.indexOf('\0');
    return end < 0 ? text : text.slice(0, end);
  }
}

function valueAt(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 3:
      return view.getUint16(at, little);
    case 4:
    case 13:
      return view.getUint32(at, little);
    case 5:
      return view.getUint32(at, little) / view.getUint32(at + 4, little);
    case 6:
      return view.getInt8(at);
    case 8:
      return view.getInt16(at, little);
    case 9:
      return view.getInt32(at, little);
    case 10:
      return view.getInt32(at, little) / view.getInt32(at + 4, little);
    case 11:
      return view.getFloat32(at, little);
    case 12:
      return view.getFloat64(at, little);
    case 16:
    case 18:
      return Number(view.getBigUint64(at, little));
    case 17:
      return Number(view.getBigInt64(at, little));
    default:
      return view.getUint8(at);
  }
}

/** Whether the first bytes of a file are those of a TIFF file, classic or big, in either byte order. */
export function isTiff(magic: Uint8Array): boolean {
  const [a, b, c, d] = magic;
  if (a === 0x49 && b === 0x49) return (c === 42 || c === 43) && d === 0;
  return a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
}

/**
 * All directories (pages) of a file, in the order of the chain.
 * @throws CsError `CS_TIFF_HEADER` naming file and field, for a chain that is cut off or bites its tail too
 */
export function readDirectories(file: InputFile): TiffDirectory[] {
  const head = file.read(0, 16);
  if (head.length < 8 || !isTiff(head)) {
    const found = JSON.stringify(head.toString('latin1', 0, 4));
    throw refuseTiff(file.path, 'byte order and version', found, '"II" or "MM" and 42 or 43');
  }
  const littleEndian = head[0] === 0x49;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const big = view.getUint16(2, littleEndian) === 43;
  if (big && (head.length < 16 || view.getUint16(4, littleEndian) !== 8)) {
    throw refuseTiff(
      file.path,
      'bytesize of offsets',
      head.length < 16 ? 'cut off' : view.getUint16(4, littleEndian),
      '8',
    );
  }
  let position = big ? Number(view.getBigUint64(8, littleEndian)) : view.getUint32(4, littleEndian);
  const seen = new Set<number>();
  const directories: TiffDirectory[] = [];
  while (position !== 0) {
    if (seen.has(position))
      throw refuseTiff(file.path, 'next directory', `${position} again`, 'a directory not seen yet');
    if (seen.size >= MAX_PAGES) throw refuseTiff(file.path, 'number of pages', seen.size, `at most ${MAX_PAGES}`);
    seen.add(position);
    const { entries, next } = readEntries(file, position, littleEndian, big, directories.length);
    directories.push(new TiffDirectory(file, entries, littleEndian, big));
    position = next;
  }
  if (directories.length === 0) throw refuseTiff(file.path, 'first directory', 0, 'a byte position');
  return directories;
}

function readEntries(
  file: InputFile,
  position: number,
  littleEndian: boolean,
  big: boolean,
  page: number,
): { entries: Map<number, Entry>; next: number } {
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  let bytes = file.read(position, 1024);
  const short = (): CsError =>
    refuseTiff(file.path, `directory of page ${page + 1}`, `at byte ${position}, cut off`, `whole below ${file.size}`);
  if (bytes.length < countBytes) throw short();
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = big ? Number(view.getBigUint64(0, littleEndian)) : view.getUint16(0, littleEndian);
  if (count > 65535) throw refuseTiff(file.path, `number of tags of page ${page + 1}`, count, 'at most 65535');
  const whole = countBytes + count * entryBytes + offsetBytes;
  if (bytes.length < whole) {
    bytes = file.read(position, whole);
    if (bytes.length < whole) throw short();
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const offset = (at: number): number =>
    big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < count; i++) {
    const at = countBytes + i * entryBytes;
    const type = view.getUint16(at + 2, littleEndian);
    const values = offset(at + 4);
    const inPlace = values * (TYPE_BYTES[type] ?? 1) <= offsetBytes;
    const valueAt = at + 4 + offsetBytes;
    entries.set(view.getUint16(at, littleEndian), {
      type,
      count: values,
      position: inPlace ? position + valueAt : offset(valueAt),
    });
  }
  return { entries, next: offset(whole - offsetBytes) };
}
