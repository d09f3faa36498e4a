import { CsError } from '../base/errors.ts';
import type { ScalarType } from '../schema/slots.ts';
import { ARRAY_OF, rowSize, type Field } from './dataset.ts';
import { parsePythonLiteral, type PythonValue } from './python-literal.ts';

/** How a column lies in each record of a structured `.npy` file. */
export interface RecordField extends Field {
  /** on disk: `S` bytes, `U` UTF-32, else a number; `i8`, `f2` and `b1` are widened on reading */
  readonly code: ScalarType | 'S' | 'U' | 'i8' | 'f2' | 'b1';
  readonly bigEndian: boolean;
  /** first byte of the field in its record */
  readonly offset: number;
  /** bytes of one element */
  readonly itemSize: number;
}

export interface NpyHeader {
  readonly length: number;
  readonly fields: readonly RecordField[];
  /** bytes of one record */
  readonly recordSize: number;
  /** byte position of the first record */
  readonly dataOffset: number;
}

export const NPY_MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const MAX_HEADER = 64 << 20;

function bad(path: string, what: string): CsError {
  return new CsError('input', 'CS_DATASET_FORMAT', `Dataset ${path}: ${what}.`, { path });
}

/** Bytes before the header text of a `.npy` file, and the text's length, from the first 12 bytes. */
export function npyPreamble(start: Buffer, path: string): { at: number; length: number } {
  const version = start.length >= 8 ? start[6] : -1;
  if (version !== 1 && version !== 2 && version !== 3) {
    throw bad(path, `NumPy format version is ${version}, wanted 1, 2 or 3`);
  }
  const at = version === 1 ? 10 : 12;
  if (start.length < at) throw bad(path, `the file ends after ${start.length} bytes, inside the header`);
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  if (length > MAX_HEADER) throw bad(path, `header length is ${length} bytes, wanted at most ${MAX_HEADER}`);
  return { at, length };
}

/**
 * The header of a structured one-dimensional array.
 * @param text the header's Python literal; @param dataOffset byte position after it
 * @throws CsError `CS_DATASET_FORMAT` naming the file and what was found
 */
export function parseNpyHeader(text: string, dataOffset: number, path: string): NpyHeader {
  let header: PythonValue;
  try {
    header = parsePythonLiteral(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw bad(path, `the NumPy header cannot be read: ${error.message}`);
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header))
    throw bad(path, 'the NumPy header is not a dict');
  const { descr, shape, fortran_order: fortran } = header as Record<string, PythonValue | undefined>;
  if (!Array.isArray(shape) || shape.length !== 1 || !isCount(shape[0]) || (fortran !== false && fortran !== true)) {
    throw bad(path, `array shape is ${JSON.stringify(shape)}, wanted one dimension`);
  }
  if (!Array.isArray(descr))
    throw bad(path, `array type is ${JSON.stringify(descr)}, wanted a structured one with named columns`);
  const fields: RecordField[] = [];
  let offset = 0;
  for (const entry of descr) {
    const field = parseField(entry, offset, path);
    if (!field) {
      offset += padding(entry);
      continue;
    }
    if (fields.some((f) => f.name === field.name)) throw bad(path, `two columns are named "${field.name}"`);
    fields.push(field);
    offset += field.itemSize * rowSize(field.shape);
  }
  if (fields.length === 0) throw bad(path, 'the array has no columns');
  return { length: shape[0], fields, recordSize: offset, dataOffset };
}

function isCount(value: PythonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** NumPy writes the gaps of aligned records as nameless void fields. */
function padding(entry: PythonValue): number {
  const size =
    Array.isArray(entry) && entry[0] === '' && typeof entry[1] === 'string' ? /^\|V(\d+)$/.exec(entry[1]) : null;
  return size ? Number(size[1]) : 0;
}

function parseField(entry: PythonValue, offset: number, path: string): RecordField | null {
  if (padding(entry) > 0) return null;
  const [name, dtype, shape = []] = Array.isArray(entry) ? entry : [];
  if (typeof name !== 'string' || name === '') throw bad(path, `column entry ${JSON.stringify(entry)} has no name`);
  const dimensions = Array.isArray(shape) ? shape : [shape];
  if (!dimensions.every(isCount)) throw bad(path, `column "${name}" has shape ${JSON.stringify(shape)}`);
  return { name, offset, shape: dimensions, ...parseType(dtype, name, path) };
}

/** A NumPy type text such as `<f4`, `|S63`. @throws CsError for types that no column of ours can hold */
function parseType(
  dtype: PythonValue | undefined,
  name: string,
  path: string,
): Pick<RecordField, 'type' | 'code' | 'bigEndian' | 'itemSize'> {
  const match = typeof dtype === 'string' ? /^([<>|=]?)([a-zA-Z])(\d*)$/.exec(dtype) : null;
  const [order, letter, digits] = match?.slice(1) ?? [];
  const bigEndian = order === '>';
  const size = Number(digits);
  if (letter === 'S' || letter === 'a') return { type: 'O', code: 'S', bigEndian, itemSize: size };
  if (letter === 'U') return { type: 'O', code: 'U', bigEndian, itemSize: 4 * size };
  const key = `${letter}${size}`;
  if (key in ARRAY_OF) return { type: key as ScalarType, code: key as ScalarType, bigEndian, itemSize: size };
  if (key === 'i8') return { type: 'i4', code: 'i8', bigEndian, itemSize: 8 };
  if (key === 'f2') return { type: 'f4', code: 'f2', bigEndian, itemSize: 2 };
  if (key === 'b1') return { type: 'u1', code: 'b1', bigEndian, itemSize: 1 };
  throw bad(path, `column "${name}" has type ${JSON.stringify(dtype)}, which is not a number of up to 64 bits or text`);
}

/** Bytes before the first record, with the header padded so that the records begin on a multiple of 64. */
export function formatNpyHeader(fields: readonly RecordField[], length: number): Buffer {
  const descr = fields.map(({ name, code, itemSize, shape }) => {
    const type = code === 'S' ? `|S${itemSize}` : `${itemSize === 1 ? '|' : '<'}${code}`;
    const dims = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
    const quoted = `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    return shape.length === 0 ? `(${quoted}, '${type}')` : `(${quoted}, '${type}', ${dims})`;
  });
  const text = `{'descr': [${descr.join(', ')}], 'fortran_order': False, 'shape': (${length},), }`;
  const bytes = Buffer.from(text, 'utf8');
  // version 1 counts the header in 16 bits, 2 in 32; 3 is 2 with UTF-8 names
  const ascii = bytes.length === text.length;
  const version = !ascii ? 3 : bytes.length + 75 > 0xffff ? 2 : 1;
  const before = version === 1 ? 10 : 12;
  const total = Math.ceil((before + bytes.length + 1) / 64) * 64;
  const out = Buffer.alloc(total, ' ');
  NPY_MAGIC.copy(out);
  out[6] = version;
  out[7] = 0;
  if (version === 1) out.writeUInt16LE(total - before, 8);
  else out.writeUInt32LE(total - before, 8);
  bytes.copy(out, before);
  out[total - 1] = 10;
  return out;
}
