import { BitReader, readBlock } from './bzip2-block.ts';

/**
 * Decoder of bzip2: Huffman coding, move-to-front and the Burrows–Wheeler transform, several streams one after the
 * other as parallel compressors write them, with all checksums verified.
 */
export const BLOCK_MAGIC = 0x314159265359;
export const END_MAGIC = 0x177245385090;
/** Most bytes of a block before the first run-length coding is undone. */
const MAX_BLOCK = 900_000;

/**
 * Decompress a whole `.bz2` file.
 * @returns new memory
 * @throws RangeError saying what is damaged
 */
export function bunzip2(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = new BitReader(bytes);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  do {
    if (input.bits(24) !== 0x425a68) throw new RangeError('a stream does not begin with "BZh"');
    const level = input.bits(8) - 48;
    if (level < 1 || level > 9) throw new RangeError(`block size level is ${level}, wanted 1 to 9`);
    readStream(input, parts, level * 100_000);
  } while (input.align());
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let length = 0;
  for (const part of parts) {
    out.set(part, length);
    length += part.length;
  }
  return out;
}

function readStream(input: BitReader, parts: Uint8Array<ArrayBuffer>[], maxLength: number): void {
  let combined = 0;
  for (;;) {
    const magic = input.bits(24) * 0x1000000 + input.bits(24);
    if (magic === END_MAGIC) {
      if (input.word() !== combined) throw new RangeError('the checksum of a stream is wrong');
      return;
    }
    const { bytes, crc } = checkedBlock(input, magic, maxLength);
    parts.push(bytes);
    combined = combine(combined, crc);
  }
}

function checkedBlock(
  input: BitReader,
  magic: number,
  maxLength: number,
): { bytes: Uint8Array<ArrayBuffer>; crc: number } {
  if (magic !== BLOCK_MAGIC) throw new RangeError('a block does not begin with its mark');
  const crc = input.word();
  const block = readBlock(input, maxLength);
  if (block.crc !== crc) throw new RangeError('the checksum of a block is wrong');
  return block;
}

/** Checksum of a stream from those of its blocks. */
export function combine(stream: number, block: number): number {
  return (((stream << 1) | (stream >>> 31)) ^ block) >>> 0;
}

/** One block, decoded alone. */
export interface Bzip2Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** checksum of the bytes, verified */
  readonly crc: number;
  /** bits from the first byte given to the end of the block */
  readonly end: number;
}

/**
 * Decode one block alone: a pure function, so that blocks can be decoded side by side (see `findBlocks`).
 *
 * @param input from the byte in which the block's mark begins, to the block's end or further
 * @param skip bits of the first byte before the mark (count), 0 to 7
 * @throws RangeError saying what is damaged
 */
export function decodeBlock(input: Uint8Array, skip: number): Bzip2Block {
  const reader = new BitReader(input, skip);
  const { bytes, crc } = checkedBlock(reader, reader.bits(24) * 0x1000000 + reader.bits(24), MAX_BLOCK);
  return { bytes, crc, end: reader.position };
}

/**
 * Bit positions at which a block may begin: those of the 48-bit mark. In a large file one in some ten thousand files
 * has a mark by chance, whose block does not decode or does not begin where the one before ends.
 */
export function findBlocks(bytes: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 0; at + 6 <= bytes.length; at++) {
    // the third byte lies inside the mark wherever in the first byte it begins: few values pass
    const begins = BEGINS[bytes[at + 2]];
    if (begins === 0) continue;
    const high = bytes[at] * 0x10000 + bytes[at + 1] * 0x100 + bytes[at + 2];
    const low = bytes[at + 3] * 0x10000 + bytes[at + 4] * 0x100 + bytes[at + 5];
    const next = bytes[at + 6] ?? 0;
    for (let skip = 0; skip < 8; skip++) {
      if (!(begins & (1 << skip)) || (skip > 0 && at + 7 > bytes.length)) continue;
      const first = ((high << skip) | (low >>> (24 - skip))) & 0xffffff;
      const second = ((low << skip) | (next >>> (8 - skip))) & 0xffffff;
      if (first * 0x1000000 + second === BLOCK_MAGIC) found.push(at * 8 + skip);
    }
  }
  return found;
}

/** For each value of the third byte: in which bits of the first byte a mark can begin, as a set of bits. */
const BEGINS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let set = 0;
  for (let skip = 0; skip < 8; skip++) {
    if (Math.floor(BLOCK_MAGIC / 2 ** (24 + skip)) % 256 === byte) set |= 1 << skip;
  }
  return set;
});
