import { CsError } from '../base/errors.ts';
import type { ScalarType } from '../schema/slots.ts';
import { ARRAY_OF, Dataset, emptyColumn, rowSize, type Column, type Field } from './dataset.ts';
import { lz4Compress, lz4Decompress } from './lz4.ts';

/**
 * The stream form of a dataset: magic, u32 header length, JSON header, then for each column a u32 byte count and
 * its bytes (an LZ4 block where the header says so; uid never), then the texts. Text columns hold u64 offsets into
 * the texts, 0 being the empty one. All numbers little-endian. An empty dataset has neither columns nor texts.
 */
export const CSDAT_MAGIC = Buffer.from('\x95CSDAT', 'latin1');

interface CsdatHeader {
  length: number;
  dtype: readonly (readonly [name: string, dtype: string, shape?: readonly number[]])[];
  compression?: 'lz4' | null;
  compressed_fields?: readonly string[];
}

/** Encode a dataset as a stream, all columns but uid compressed. */
export function encodeCsdat(dataset: Dataset): Buffer {
  const texts: Buffer[] = [Buffer.alloc(1)];
  let heapLength = 1;
  const offsets = new Map<string, bigint>([['', 0n]]);
  const intern = (text: string): bigint => {
    const known = offsets.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(`${text}\0`, 'utf8');
    const offset = BigInt(heapLength);
    texts.push(bytes);
    heapLength += bytes.length;
    offsets.set(text, offset);
    return offset;
  };
  const fields = dataset.fields();
  const header: CsdatHeader = {
    length: dataset.length,
    dtype: fields.map(({ name, type, shape }) => {
      const dtype = type === 'O' ? '|O' : `${type[1] === '1' ? '|' : '<'}${type}`;
      return shape.length === 0 ? [name, dtype] : [name, dtype, shape];
    }),
    compression: 'lz4',
    compressed_fields: fields.map((f) => f.name).filter((name) => name !== 'uid'),
  };
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const parts: Buffer[] = [CSDAT_MAGIC, u32(json.length), json];
  if (dataset.length === 0) return Buffer.concat(parts);
  for (const { name, type } of fields) {
    const column = dataset.column(name);
    const numbers = type === 'O' ? BigUint64Array.from(column as string[], intern) : (column as Uint8Array);
    const plain = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    const bytes = name === 'uid' ? plain : lz4Compress(plain);
    parts.push(u32(bytes.length), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return Buffer.concat([...parts, ...texts]);
}

/**
 * Decode a stream.
 * @param path name of the source for messages
 * @throws CsError `CS_DATASET_FORMAT` naming the source, the column and what was found
 */
export function decodeCsdat(bytes: Buffer, path: string): Dataset {
  const { header, fields, dataOffset } = readCsdatHeader(bytes, path);
  const { length } = header;
  const compressed = new Set(
    header.compression === 'lz4' && Array.isArray(header.compressed_fields) ? header.compressed_fields : [],
  );
  const columns: Column[] = [];
  let at = dataOffset;
  for (const { name, type, shape } of length === 0 ? [] : fields) {
    const count = at + 4 <= bytes.length ? bytes.readUInt32LE(at) : -1;
    at += 4;
    if (count < 0 || at + count > bytes.length) {
      throw bad(path, `the file ends after ${bytes.length} bytes, inside column "${name}"`);
    }
    const block = bytes.subarray(at, at + count);
    at += count;
    const Type = type === 'O' ? BigUint64Array : ARRAY_OF[type];
    const wanted = length * rowSize(shape) * Type.BYTES_PER_ELEMENT;
    const plain = compressed.has(name) ? decompress(block, wanted, name, path) : new Uint8Array(block);
    if (plain.length !== wanted) throw bad(path, `column "${name}" has ${plain.length} bytes, wanted ${wanted}`);
    columns.push(new Type(plain.buffer, 0, length * rowSize(shape)));
  }
  const heap = bytes.subarray(at);
  const uid = fields.findIndex((f) => f.name === 'uid');
  const dataset = new Dataset((columns[uid] as BigUint64Array | undefined) ?? new BigUint64Array(0));
  fields.forEach(({ name, type, shape }, i) => {
    if (name === 'uid') return;
    const column = columns[i] ?? emptyColumn(type, 0);
    const values = type === 'O' && length > 0 ? heapTexts(heap, column as BigUint64Array, name, path) : column;
    dataset.set(name, type, values, shape);
  });
  return dataset;
}

/** Length and columns of a stream, from its start. */
export function readCsdatHeader(
  bytes: Buffer,
  path: string,
): { header: CsdatHeader; fields: Field[]; dataOffset: number } {
  const length = bytes.length >= 10 ? bytes.readUInt32LE(6) : 0;
  const dataOffset = 10 + length;
  if (length === 0 || dataOffset > bytes.length) throw bad(path, 'the file ends inside the header');
  let header: Partial<CsdatHeader> | null;
  try {
    header = JSON.parse(bytes.toString('utf8', 10, dataOffset)) as Partial<CsdatHeader> | null;
  } catch (error) {
    throw bad(path, `the header is not JSON: ${(error as Error).message}`);
  }
  const compression = header?.compression ?? null;
  if (!Number.isSafeInteger(header?.length) || (header?.length ?? -1) < 0 || !Array.isArray(header?.dtype)) {
    throw bad(path, 'the header has no length or dtype');
  }
  if (compression !== null && compression !== 'lz4') {
    throw bad(path, `compression is ${JSON.stringify(compression)}, wanted "lz4" or null`);
  }
  const fields = (header as CsdatHeader).dtype.map((entry) => parseField(entry, path));
  if (!fields.some((f) => f.name === 'uid' && f.type === 'u8')) throw bad(path, 'there is no column "uid" of type u8');
  return { header: header as CsdatHeader, fields, dataOffset };
}

function parseField(entry: unknown, path: string): Field {
  const [name, dtype, shape = []] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const type = typeof dtype === 'string' ? dtype.replace(/^[<|=]/, '') : '';
  const dimensions = Array.isArray(shape) ? (shape as unknown[]) : [shape];
  const known = type === 'O' || type in ARRAY_OF;
  if (typeof name !== 'string' || !known || !dimensions.every((n) => Number.isSafeInteger(n) && Number(n) >= 0)) {
    throw bad(path, `column entry ${JSON.stringify(entry)} is not [name, type, shape]`);
  }
  return { name, type: type as ScalarType, shape: dimensions as number[] };
}

function decompress(block: Buffer, length: number, name: string, path: string): Uint8Array<ArrayBuffer> {
  // a block can grow at most 255-fold: a length beyond that is a damaged header, not a reason to allocate
  if (length > block.length * 255 + 64)
    throw bad(path, `column "${name}": ${block.length} bytes cannot give ${length}`);
  try {
    return lz4Decompress(block, length);
  } catch (error) {
    throw bad(path, `column "${name}": ${(error as Error).message}`);
  }
}

function heapTexts(heap: Buffer, offsets: BigUint64Array, name: string, path: string): string[] {
  const cache = new Map<bigint, string>([[0n, '']]);
  return Array.from(offsets, (offset, row) => {
    const known = cache.get(offset);
    if (known !== undefined) return known;
    const end = offset < BigInt(heap.length) ? heap.indexOf(0, Number(offset)) : -1;
    if (end < 0)
      throw bad(path, `column "${name}" row ${row}: text offset ${offset} is outside ${heap.length} bytes of text`);
    const text = heap.toString('utf8', Number(offset), end);
    cache.set(offset, text);
    return text;
  });
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function bad(path: string, what: string): CsError {
  return new CsError('input', 'CS_DATASET_FORMAT', `Dataset ${path}: ${what}.`, { path });
}
