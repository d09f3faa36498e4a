import { CsError } from '../base/errors.ts';
import { emptyColumn, rowSize, type Column, type Dataset } from './dataset.ts';
import type { RecordField } from './npy-header.ts';

/** Fills columns from the records of a structured array, a block of rows at a time. */
export class RecordReader {
  readonly columns: Column[];
  private readonly fields: readonly RecordField[];
  private readonly recordSize: number;
  private readonly path: string;

  constructor(fields: readonly RecordField[], recordSize: number, length: number, path: string) {
    this.fields = fields;
    this.recordSize = recordSize;
    this.path = path;
    this.columns = fields.map((f) => emptyColumn(f.type, length * rowSize(f.shape)));
  }

  /** @param bytes whole records; @param firstRow row of the first one */
  read(bytes: Buffer, firstRow: number): void {
    const count = bytes.length / this.recordSize;
    this.fields.forEach((field, i) => {
      const column = this.columns[i];
      if (Array.isArray(column)) this.readText(field, bytes, count, column, firstRow);
      else if (field.code === field.type) this.readPlain(field, bytes, count, column, firstRow);
      else this.readWidened(field, bytes, count, column, firstRow);
    });
  }

  private readPlain(
    f: RecordField,
    bytes: Buffer,
    count: number,
    column: Exclude<Column, string[]>,
    firstRow: number,
  ): void {
    const size = rowSize(f.shape) * f.itemSize;
    const out = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    let to = firstRow * size;
    for (let row = 0, from = f.offset; row < count; row++, from += this.recordSize) {
      for (let k = 0; k < size; k++) out[to++] = bytes[from + k];
    }
    if (!f.bigEndian || f.itemSize === 1) return;
    const part = Buffer.from(out.buffer, out.byteOffset + firstRow * size, count * size);
    if (f.itemSize === 2) part.swap16();
    else if (f.itemSize === 4) part.swap32();
    else part.swap64();
  }

  private readWidened(f: RecordField, bytes: Buffer, count: number, column: Column, firstRow: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = rowSize(f.shape);
    const out = column as Float32Array;
    for (let row = 0; row < count; row++) {
      for (let k = 0; k < size; k++) {
        const at = row * this.recordSize + f.offset + k * f.itemSize;
        const value =
          f.code === 'f2'
            ? view.getFloat16(at, !f.bigEndian)
            : f.code === 'b1'
              ? Number(view.getUint8(at) !== 0)
              : Number(view.getBigInt64(at, !f.bigEndian));
        if (f.code === 'i8' && value !== (value | 0)) {
          const what = `column "${f.name}" row ${firstRow + row} is ${value}, wanted a whole number of 32 bits`;
          throw new CsError('input', 'CS_DATASET_FORMAT', `Dataset ${this.path}: ${what}.`, { path: this.path });
        }
        out[(firstRow + row) * size + k] = value;
      }
    }
  }

  /** Neighbouring rows often hold the same text (the stack of a particle): it is decoded once. */
  private readText(f: RecordField, bytes: Buffer, count: number, out: string[], firstRow: number): void {
    const size = rowSize(f.shape);
    let previous = -1;
    for (let row = 0; row < count; row++) {
      for (let k = 0; k < size; k++) {
        const at = row * this.recordSize + f.offset + k * f.itemSize;
        const to = (firstRow + row) * size + k;
        const same = previous >= 0 && bytes.compare(bytes, at, at + f.itemSize, previous, previous + f.itemSize) === 0;
        out[to] = same ? out[to - 1] : decodeText(f, bytes, at);
        previous = at;
      }
    }
  }
}

function decodeText(f: RecordField, bytes: Buffer, at: number): string {
  if (f.code === 'S') {
    let end = at + f.itemSize;
    while (end > at && bytes[end - 1] === 0) end--;
    return bytes.toString('utf8', at, end);
  }
  let text = '';
  for (let k = 0; k < f.itemSize; k += 4) {
    const point = f.bigEndian ? bytes.readUInt32BE(at + k) : bytes.readUInt32LE(at + k);
    if (point === 0) break;
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  }
  return text;
}

/** The record layout in which a table is written: numbers little-endian, text as bytes of the longest value. */
export function recordLayout(dataset: Dataset): {
  fields: RecordField[];
  recordSize: number;
  texts: Map<string, Buffer[]>;
} {
  const texts = new Map<string, Buffer[]>();
  let offset = 0;
  const fields = dataset.fields().map((field): RecordField => {
    const { name, type, shape } = field;
    let itemSize = Number(type[1]);
    if (type === 'O') {
      const cache = new Map<string, Buffer>();
      const encoded = dataset.text(name).map((text) => {
        const bytes = cache.get(text) ?? Buffer.from(text, 'utf8');
        cache.set(text, bytes);
        return bytes;
      });
      texts.set(name, encoded);
      itemSize = encoded.reduce((most, bytes) => Math.max(most, bytes.length), 1);
    }
    const result: RecordField = { ...field, code: type === 'O' ? 'S' : type, bigEndian: false, offset, itemSize };
    offset += itemSize * rowSize(shape);
    return result;
  });
  return { fields, recordSize: offset, texts };
}

/** Records of rows [first, first + count) in a layout of `recordLayout`. */
export function packRecords(
  dataset: Dataset,
  layout: ReturnType<typeof recordLayout>,
  first: number,
  count: number,
): Buffer {
  const { fields, recordSize, texts } = layout;
  const out = Buffer.alloc(count * recordSize);
  for (const { name, type, shape, offset, itemSize } of fields) {
    const size = rowSize(shape);
    if (type === 'O') {
      const encoded = texts.get(name) as Buffer[];
      for (let row = 0; row < count; row++) {
        for (let k = 0; k < size; k++) {
          encoded[(first + row) * size + k].copy(out, row * recordSize + offset + k * itemSize);
        }
      }
      continue;
    }
    const column = dataset.column(name) as Uint8Array;
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    const width = size * itemSize;
    let from = first * width;
    for (let row = 0, to = offset; row < count; row++, to += recordSize) {
      for (let k = 0; k < width; k++) out[to + k] = bytes[from++];
    }
  }
  return out;
}
