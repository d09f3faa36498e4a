import { CsError } from '../../base/errors.ts';
import { fileUrl } from '../api/client.ts';

/** One column of a dataset file: `type` is NumPy's (`<f4`, `|S32` …), `shape` that of one row's value. */
export interface HeadColumn {
  name: string;
  type: string;
  shape: number[];
}

/** The first rows of a dataset file. */
export interface DatasetHead {
  columns: HeadColumn[];
  /** rows of the whole file */
  length: number;
  rows: (string | number | bigint | number[])[][];
}

/**
 * Reads the head of a `.cs` file: a NumPy structured array (format NPY 1 to 3).
 * @param bytes beginning of the file; rows that are cut off are left out
 * @throws CsError `CS_DATASET_HEAD` when it is not such a file, or the header itself is cut off
 */
export function parseDatasetHead(bytes: Uint8Array<ArrayBuffer>): DatasetHead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = String.fromCodePoint(...bytes.subarray(1, 6));
  if (bytes[0] !== 0x93 || magic !== 'NUMPY') throw refuse('it does not begin as a NumPy file');
  const wide = (bytes[6] ?? 1) > 1;
  const start = wide ? 12 : 10;
  const size = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (start + size > bytes.length) throw refuse('its header is cut off');
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, start + size));
  const columns = [
    ...header.matchAll(/\(\s*'([^']+)'\s*,\s*'([<|>]?[A-Za-z]\d+)'(?:\s*,\s*\(([\d,\s]*)\))?\s*\)/g),
  ].map(([, name = '', type = '', shape = '']) => ({
    name,
    type,
    shape: shape
      .split(',')
      .filter((s) => s.trim() !== '')
      .map(Number),
  }));
  const length = Number(/'shape':\s*\((\d+)/.exec(header)?.[1] ?? Number.NaN);
  if (columns.length === 0 || Number.isNaN(length)) throw refuse('its header lists no columns');
  const widths = columns.map((c) => Number(c.type.replace(/^\D+/, '')) * c.shape.reduce((a, b) => a * b, 1));
  const rowBytes = widths.reduce((a, b) => a + b, 0);
  const available = Math.min(length, Math.floor((bytes.length - start - size) / rowBytes));
  const rows = Array.from({ length: available }, (_, row) => {
    let at = start + size + row * rowBytes;
    return columns.map((column, i) => {
      const cell = readCell(view, at, column);
      at += widths[i] ?? 0;
      return cell;
    });
  });
  return { columns, length, rows };
}

function readCell(view: DataView<ArrayBuffer>, at: number, column: HeadColumn): string | number | bigint | number[] {
  const kind = column.type.replace(/^[<|>]/, '');
  const size = Number(kind.slice(1));
  if (kind.startsWith('S')) {
    const raw = new Uint8Array(view.buffer, view.byteOffset + at, size);
    const end = raw.indexOf(0);
    return new TextDecoder().decode(end < 0 ? raw : raw.subarray(0, end));
  }
  const values = Array.from({ length: column.shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    readNumber(view, at + i * size, kind),
  );
  return column.shape.length === 0 ? (values[0] ?? 0) : values.map(Number);
}

function readNumber(view: DataView<ArrayBuffer>, at: number, kind: string): number | bigint {
  switch (kind) {
    case 'u8':
      return view.getBigUint64(at, true);
    case 'i8':
      return view.getBigInt64(at, true);
    case 'f8':
      return view.getFloat64(at, true);
    case 'f4':
      return view.getFloat32(at, true);
    case 'u4':
      return view.getUint32(at, true);
    case 'i4':
      return view.getInt32(at, true);
    case 'u2':
      return view.getUint16(at, true);
    case 'i2':
      return view.getInt16(at, true);
    case 'u1':
    case 'b1':
      return view.getUint8(at);
    case 'i1':
      return view.getInt8(at);
    default:
      throw refuse(`it has a column of type ${kind}`);
  }
}

function refuse(why: string): CsError {
  return new CsError('input', 'CS_DATASET_HEAD', `The dataset cannot be shown: ${why}.`);
}

const HEAD_BYTES = 262_144;

/** Fetches the first rows of a dataset, never more than a quarter of a megabyte. */
export async function fetchDatasetHead(project_uid: string, path: string, signal?: AbortSignal): Promise<DatasetHead> {
  const response = await fetch(fileUrl(project_uid, path), {
    headers: { range: `bytes=0-${HEAD_BYTES - 1}` },
    ...(signal ? { signal } : {}),
  });
  if (!response.ok)
    throw new CsError(
      'notFound',
      'CS_DATASET_HEAD',
      `The dataset ${path} cannot be read (HTTP status ${response.status}).`,
    );
  return parseDatasetHead(new Uint8Array(await response.arrayBuffer()));
}

/** Path of the map that a volume's dataset names for a slot, relative to the project directory. */
export function mapPathIn(head: DatasetHead, slot: string, row = 0): string | null {
  const at = head.columns.findIndex((c) => c.name === `${slot}/path`);
  const path = at < 0 ? undefined : head.rows[row]?.[at];
  return typeof path === 'string' && path !== '' ? path.replace(/^>/, '') : null;
}
