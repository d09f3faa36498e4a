import type { TiffPage } from './tiff-page.ts';

type Stored =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/**
 * Whole numbers of decoded rows as 32-bit floats, differences of neighbours undone.
 *
 * @param bytes whole rows, begins at a multiple of 8 in its memory; overwritten
 * @param rowValues values of a row (count); @param samples values of a pixel in these rows (count)
 */
export function intValues(bytes: Uint8Array, page: TiffPage, rowValues: number, samples: number): Float32Array {
  const rowBytes = Math.ceil((rowValues * page.bits) / 8);
  const rows = Math.floor(bytes.length / rowBytes);
  const count = rows * rowValues;
  const stored = storedValues(bytes, page, count);
  if (stored instanceof BigUint64Array || stored instanceof BigInt64Array) {
    if (page.predictor === 2) undoBigDifferences(stored, rowValues, samples);
    const top = 2n ** 64n - 1n;
    return Float32Array.from(stored, (value) => Number(page.inverted ? top - value : value));
  }
  const values = stored ?? unpackBits(bytes, page, rowValues, rows);
  const mask = stored ? -1 : page.bits === 32 ? -1 : 2 ** page.bits - 1;
  if (page.predictor === 2) undoDifferences(values, rowValues, samples, mask);
  if (!page.inverted) return new Float32Array(values);
  const top = page.format === 'uint' ? 2 ** page.bits - 1 : -1;
  return Float32Array.from(values, (value) => top - value);
}

/** The rows as an array of their own type, in the machine's byte order; null for numbers of other than 8, 16 … bits. */
function storedValues(bytes: Uint8Array, page: TiffPage, count: number): Stored | null {
  const { buffer, byteOffset } = bytes;
  const signed = page.format === 'int';
  swapBytes(bytes, page, count);
  switch (page.bits) {
    case 8:
      return signed ? new Int8Array(buffer, byteOffset, count) : bytes.subarray(0, count);
    case 16:
      return signed ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
    case 32:
      return signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
    case 64:
      return signed ? new BigInt64Array(buffer, byteOffset, count) : new BigUint64Array(buffer, byteOffset, count);
    default:
      return null;
  }
}

function swapBytes(bytes: Uint8Array, page: TiffPage, count: number): void {
  if (page.littleEndian || ![16, 32, 64].includes(page.bits)) return;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, (count * page.bits) / 8);
  if (page.bits === 16) view.swap16();
  else if (page.bits === 32) view.swap32();
  else view.swap64();
}

/** Values packed without gaps, first bit highest; each row begins on a byte. Whole bytes keep the file's byte order. */
function unpackBits(bytes: Uint8Array, page: TiffPage, rowValues: number, rows: number): Uint32Array {
  const { bits } = page;
  const out = new Uint32Array(rows * rowValues);
  const rowBytes = Math.ceil((rowValues * bits) / 8);
  if (bits === 24 && page.littleEndian) {
    for (let i = 0, at = 0; i < out.length; i++, at += 3) {
      out[i] = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    }
    return out;
  }
  const mask = 2 ** bits - 1;
  for (let row = 0; row < rows; row++) {
    let at = row * rowBytes;
    let hold = 0;
    let held = 0;
    for (let x = row * rowValues; x < (row + 1) * rowValues; x++) {
      while (held < bits) {
        hold = ((hold & 0xffffff) << 8) | bytes[at++];
        held += 8;
      }
      held -= bits;
      out[x] = (hold >>> held) & mask;
    }
  }
  return out;
}

/** Sums modulo the width of the array's type, or `mask` where that is wider than the values. */
function undoDifferences(
  values: Exclude<Stored, BigUint64Array | BigInt64Array>,
  rowValues: number,
  samples: number,
  mask: number,
): void {
  for (let start = 0; start < values.length; start += rowValues) {
    if (mask === -1) {
      for (let i = start + samples; i < start + rowValues; i++) values[i] += values[i - samples];
    } else {
      for (let i = start + samples; i < start + rowValues; i++) values[i] = (values[i] + values[i - samples]) & mask;
    }
  }
}

function undoBigDifferences(values: BigUint64Array | BigInt64Array, rowValues: number, samples: number): void {
  for (let start = 0; start < values.length; start += rowValues) {
    for (let i = start + samples; i < start + rowValues; i++) values[i] += values[i - samples];
  }
}

/**
 * Floats of decoded rows (16, 32 or 64 bits), differences undone.
 *
 * @param bytes whole rows, begins at a multiple of 8 in its memory; overwritten
 * @param rowValues values of a row (count); @param samples values of a pixel in these rows (count)
 */
export function floatValues(bytes: Uint8Array, page: TiffPage, rowValues: number, samples: number): Float32Array {
  const valueBytes = page.bits / 8;
  const rows = Math.floor(bytes.length / (rowValues * valueBytes));
  const count = rows * rowValues;
  if (page.predictor === 3) undoFloatDifferences(bytes, rows, rowValues, valueBytes, samples);
  else swapBytes(bytes, page, count);
  if (page.predictor === 2) {
    const whole = storedInts(bytes, page.bits, count);
    if (whole instanceof BigUint64Array) undoBigDifferences(whole, rowValues, samples);
    else undoDifferences(whole, rowValues, samples, -1);
  }
  const { buffer, byteOffset } = bytes;
  if (page.bits === 16) return new Float32Array(new Float16Array(buffer, byteOffset, count));
  if (page.bits === 64) return new Float32Array(new Float64Array(buffer, byteOffset, count));
  return new Float32Array(new Float32Array(buffer, byteOffset, count));
}

function storedInts(bytes: Uint8Array, bits: number, count: number): Uint16Array | Uint32Array | BigUint64Array {
  if (bits === 16) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  if (bits === 32) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return new BigUint64Array(bytes.buffer, bytes.byteOffset, count);
}

/**
 * The floating-point predictor (Adobe Photoshop TIFF Technical Note 3): in each row the highest bytes of all values
 * come first, then the next, and so on, as differences. Leaves the values little-endian.
 */
function undoFloatDifferences(
  bytes: Uint8Array,
  rows: number,
  rowValues: number,
  valueBytes: number,
  samples: number,
): void {
  const rowBytes = rowValues * valueBytes;
  const row = new Uint8Array(rowBytes);
  for (let start = 0; start < rows * rowBytes; start += rowBytes) {
    row.set(bytes.subarray(start, start + rowBytes));
    for (let i = samples; i < rowBytes; i++) row[i] += row[i - samples];
    for (let b = 0; b < valueBytes; b++) {
      const plane = (valueBytes - 1 - b) * rowValues;
      for (let i = 0; i < rowValues; i++) bytes[start + i * valueBytes + b] = row[plane + i];
    }
  }
}
