import { constants, inflateSync, zstdDecompressSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';
import { decodeLzw } from './tiff-lzw.ts';
import { COMPRESSION, type TiffPage } from './tiff-page.ts';
import { floatValues, intValues } from './tiff-samples.ts';

/** Place of one strip or tile in its page, px. */
interface ChunkPlace {
  readonly x: number;
  readonly y: number;
  /** first sample that it holds, and how many */
  readonly sample: number;
  readonly samples: number;
  /** rows that are stored, and rows and columns that lie inside the image */
  readonly storedRows: number;
  readonly rows: number;
  readonly columns: number;
}

/** Number of strips or tiles of a page. */
export function chunkCount(page: TiffPage): number {
  return page.chunksAcross * page.chunksDown * (page.planar ? page.samples : 1);
}

function placeOf(page: TiffPage, chunk: number): ChunkPlace {
  const perPlane = page.chunksAcross * page.chunksDown;
  const inPlane = chunk % perPlane;
  const x = (inPlane % page.chunksAcross) * page.chunkWidth;
  const y = Math.floor(inPlane / page.chunksAcross) * page.chunkHeight;
  const rows = Math.min(page.chunkHeight, page.height - y);
  return {
    x,
    y,
    sample: page.planar ? Math.floor(chunk / perPlane) : 0,
    samples: page.planar ? 1 : page.samples,
    storedRows: page.tiled ? page.chunkHeight : rows,
    rows,
    columns: Math.min(page.chunkWidth, page.width - x),
  };
}

/**
 * Decode one strip or tile and put its values into the page. A pure function of its arguments, so that the strips of a
 * page can be decoded by several threads into shared memory.
 *
 * @param raw bytes as stored; may be overwritten
 * @param out values of the whole page, shape [height, width, samples]
 * @throws CsError `CS_TIFF_DATA` naming file, page and strip
 */
export function decodeChunk(page: TiffPage, chunk: number, raw: Uint8Array, out: Float32Array): void {
  const place = placeOf(page, chunk);
  const rowValues = page.chunkWidth * place.samples;
  const rowBytes = Math.ceil((rowValues * page.bits) / 8);
  const bytes = decompress(page, chunk, raw, rowBytes * place.storedRows);
  const values =
    page.format === 'float'
      ? floatValues(bytes, page, rowValues, place.samples)
      : intValues(bytes, page, rowValues, place.samples);
  const { width, samples } = page;
  const target = (place.y * width + place.x) * samples + place.sample;
  if (place.samples === samples) {
    const count = place.columns * samples;
    if (count === rowValues && place.columns === width) {
      out.set(count * place.rows === values.length ? values : values.subarray(0, count * place.rows), target);
      return;
    }
    for (let row = 0; row < place.rows; row++) {
      out.set(values.subarray(row * rowValues, row * rowValues + count), target + row * width * samples);
    }
    return;
  }
  for (let row = 0; row < place.rows; row++) {
    for (let x = 0, to = target + row * width * samples; x < place.columns; x++, to += samples) {
      out[to] = values[row * rowValues + x];
    }
  }
}

function damaged(page: TiffPage, chunk: number, reason: string, cause?: unknown): CsError {
  const part = page.tiled ? 'tile' : 'strip';
  const message = `TIFF file ${page.path}: ${part} ${chunk + 1} of page ${page.page + 1} is damaged: ${reason}.`;
  const field = page.tiled ? 'TileOffsets' : 'StripOffsets';
  return new CsError('input', 'CS_TIFF_DATA', message, { path: page.path, field, page: page.page + 1, chunk }, cause);
}

/** @returns at least `size` bytes that begin at a multiple of 8 in their memory */
function decompress(page: TiffPage, chunk: number, raw: Uint8Array, size: number): Uint8Array {
  if (page.reversedBits) for (let i = 0; i < raw.length; i++) raw[i] = REVERSED[raw[i]];
  let bytes: Uint8Array;
  try {
    bytes = expand(page.compression, raw, size);
  } catch (error) {
    throw damaged(page, chunk, (error as Error).message, error);
  }
  if (bytes.length < size) throw damaged(page, chunk, `it holds ${bytes.length} bytes, wanted ${size}`);
  return bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
}

function expand(compression: number, raw: Uint8Array, size: number): Uint8Array {
  switch (compression) {
    case COMPRESSION.lzw: {
      if (raw.length > 1 && raw[0] === 0 && (raw[1] & 1) === 1) {
        throw new RangeError('its LZW codes are of the form before TIFF 5.0 (first bit lowest)');
      }
      const out = new Uint8Array(size);
      return out.subarray(0, decodeLzw(raw, out));
    }
    case COMPRESSION.deflate:
    case COMPRESSION.deflateOld:
      // what follows the wanted bytes does not matter, nor does a missing end
      return inflateSync(raw, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: size + (1 << 16) });
    case COMPRESSION.zstd:
      return zstdDecompressSync(raw, { maxOutputLength: size + (1 << 16) });
    case COMPRESSION.packbits: {
      const out = new Uint8Array(size);
      return out.subarray(0, decodePackBits(raw, out));
    }
    default:
      return raw;
  }
}

/**
 * Decode run lengths (TIFF 6.0, section 9) until `out` is full or the input ends.
 * @returns number of bytes decoded
 */
export function decodePackBits(input: Uint8Array, out: Uint8Array): number {
  let at = 0;
  let to = 0;
  while (at < input.length && to < out.length) {
    const control = input[at++];
    if (control < 128) {
      const count = Math.min(control + 1, out.length - to, input.length - at);
      out.set(input.subarray(at, at + count), to);
      at += control + 1;
      to += count;
    } else if (control > 128) {
      if (at >= input.length) break;
      const count = Math.min(257 - control, out.length - to);
      out.fill(input[at++], to, to + count);
      to += count;
    }
  }
  return to;
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let k = 0; k < 8; k++) if (byte & (1 << k)) reversed |= 0x80 >> k;
  return reversed;
});
