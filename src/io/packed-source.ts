import { gunzipSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';
import type { InputFile } from '../host/fs-read.ts';
import { BLOCK_MAGIC, END_MAGIC, combine, decodeBlock } from './bzip2.ts';

/** The unpacked bytes of a compressed file. */
export interface PackedSource {
  /**
   * Fill `out` from a position in the unpacked bytes.
   * @returns bytes read, fewer than asked only at the end
   * @throws CsError `CS_COMPRESSION` naming the file
   */
  readInto(out: Uint8Array, position: number): number;
}

/** Most bytes of a block: 900 000 symbols of at most 20 bits, and its tables. */
const MAX_PACKED_BLOCK = 2_400_000;
/** Largest gzip file that is unpacked, bytes; it has no points at which one could begin to read. */
const MAX_GZIP = 8 * 2 ** 30;

/** How a file is compressed, by its first bytes. */
export function compressionOf(magic: Uint8Array): 'gzip' | 'bzip2' | null {
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'gzip';
  return magic[0] === 0x42 && magic[1] === 0x5a && magic[2] === 0x68 ? 'bzip2' : null;
}

/** Open the unpacked bytes of a compressed file, which stays the caller's to close. */
export function openPacked(file: InputFile, compression: 'gzip' | 'bzip2'): PackedSource {
  return compression === 'bzip2' ? new Bzip2Source(file) : new GzipSource(file);
}

function damaged(path: string, field: string, cause: unknown): CsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `File ${path}: its ${field} compression is damaged or cut off (${reason}).`;
  return new CsError('input', 'CS_COMPRESSION', message, { path, field }, cause);
}

/**
 * Reads bzip2 block by block: one unpacked block is held, and the places of all blocks read so far are remembered, so
 * that going on or going back costs no more than the blocks that are touched.
 */
class Bzip2Source implements PackedSource {
  private readonly file: InputFile;
  /** bit position of each known block in the file, and where its bytes begin among the unpacked ones */
  private readonly blocks: { bit: number; start: number; size: number }[] = [];
  private current: { index: number; bytes: Uint8Array } | null = null;
  /** where the block after the last known one begins; null behind the last */
  private nextBit: number | null = null;
  private streamCrc = 0;

  constructor(file: InputFile) {
    this.file = file;
    try {
      this.nextBit = this.enterStream(0);
    } catch (error) {
      throw damaged(file.path, 'bzip2', error);
    }
  }

  readInto(out: Uint8Array, position: number): number {
    let done = 0;
    try {
      while (done < out.length) {
        const index = this.find(position + done);
        if (index < 0) break;
        const bytes = this.load(index);
        const from = position + done - this.blocks[index].start;
        const count = Math.min(out.length - done, bytes.length - from);
        out.set(bytes.subarray(from, from + count), done);
        done += count;
      }
    } catch (error) {
      if (error instanceof CsError) throw error;
      throw damaged(this.file.path, 'bzip2', error);
    }
    return done;
  }

  /** Index of the block that holds a position, or −1 behind the end. */
  private find(position: number): number {
    const end = (): number => {
      const last = this.blocks.at(-1);
      return last ? last.start + last.size : 0;
    };
    while (position >= end()) if (!this.readNext()) return -1;
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle].start <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private load(index: number): Uint8Array {
    if (this.current?.index !== index) {
      const { bit } = this.blocks[index];
      this.current = { index, bytes: decodeBlock(this.packed(bit), bit % 8).bytes };
    }
    return this.current.bytes;
  }

  private packed(bit: number): Buffer {
    return this.file.read(Math.floor(bit / 8), MAX_PACKED_BLOCK);
  }

  private readNext(): boolean {
    while (this.nextBit !== null) {
      const bit = this.nextBit;
      const input = this.packed(bit);
      const mark = bitsAt(input, bit % 8, 48);
      if (mark === END_MAGIC) {
        if (bitsAt(input, (bit % 8) + 48, 32) !== this.streamCrc)
          throw new RangeError('the checksum of a stream is wrong');
        const byte = Math.ceil((bit + 80) / 8);
        this.nextBit = byte < this.file.size ? this.enterStream(byte) : null;
        continue;
      }
      if (mark !== BLOCK_MAGIC) throw new RangeError('a block does not begin with its mark');
      const { bytes, crc, end } = decodeBlock(input, bit % 8);
      const last = this.blocks.at(-1);
      this.blocks.push({ bit, start: last ? last.start + last.size : 0, size: bytes.length });
      this.current = { index: this.blocks.length - 1, bytes };
      this.streamCrc = combine(this.streamCrc, crc);
      this.nextBit = bit - (bit % 8) + end;
      return true;
    }
    return false;
  }

  /** @returns the bit behind a stream's head */
  private enterStream(byte: number): number {
    const head = this.file.read(byte, 4).toString('latin1');
    if (!/^BZh[1-9]$/.test(head))
      throw new RangeError(`a stream begins with ${JSON.stringify(head)}, wanted "BZh1" to "BZh9"`);
    this.streamCrc = 0;
    return (byte + 4) * 8;
  }
}

/** Bits from a position as a number, first bit highest. @param count at most 48 */
function bitsAt(bytes: Uint8Array, position: number, count: number): number {
  let value = 0;
  for (let i = position; i < position + count; i++) {
    if (i >> 3 >= bytes.length) throw new RangeError('the data end too early');
    value = value * 2 + ((bytes[i >> 3] >> (7 - (i & 7))) & 1);
  }
  return value;
}

/** Unpacks the whole file when it is first read. */
class GzipSource implements PackedSource {
  private readonly file: InputFile;
  private bytes: Buffer | null = null;

  constructor(file: InputFile) {
    this.file = file;
  }

  readInto(out: Uint8Array, position: number): number {
    this.bytes ??= this.unpack();
    return this.bytes.copy(out, 0, Math.min(position, this.bytes.length));
  }

  private unpack(): Buffer {
    try {
      return gunzipSync(this.file.read(0, this.file.size), { maxOutputLength: MAX_GZIP });
    } catch (error) {
      if (error instanceof CsError) throw error;
      throw damaged(this.file.path, 'gzip', error);
    }
  }
}
