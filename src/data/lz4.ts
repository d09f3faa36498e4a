/**
 * The LZ4 block format (no frame): sequences of a token, literals, a 16-bit distance and a match length.
 * Specification: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
const MIN_MATCH = 4;
/** a match may not begin in the last 12 bytes, and the last 5 are always literals */
const MATCH_LIMIT = 12;
const LAST_LITERALS = 5;
const HASH_BITS = 14;

/**
 * Decompress one block.
 * @param length bytes that come out, known from elsewhere
 * @returns new memory of exactly `length` bytes
 * @throws RangeError when the block is damaged or does not give `length` bytes
 */
export function lz4Decompress(block: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let at = 0;
  let to = 0;
  const extended = (start: number): number => {
    if (start < 15) return start;
    let total = start;
    for (;;) {
      if (at >= block.length) throw new RangeError('LZ4 block ends inside a length');
      const byte = block[at++];
      total += byte;
      if (byte < 255) return total;
    }
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = extended(token >> 4);
    if (at + literals > block.length || to + literals > length) throw new RangeError('LZ4 literals run past the end');
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) break;
    if (at + 2 > block.length) throw new RangeError('LZ4 block ends inside a distance');
    const distance = block[at] | (block[at + 1] << 8);
    at += 2;
    const match = extended(token & 15) + MIN_MATCH;
    if (distance === 0 || distance > to) throw new RangeError(`LZ4 distance ${distance} at output byte ${to}`);
    if (to + match > length) throw new RangeError('LZ4 match runs past the end');
    for (const end = to + match; to < end; to++) out[to] = out[to - distance];
  }
  if (to !== length) throw new RangeError(`LZ4 block gives ${to} bytes, wanted ${length}`);
  return out;
}

/** Compress into one block, greedily with a table of the last place of each 4-byte hash. */
export function lz4Compress(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(data.length + Math.floor(data.length / 255) + 16);
  const last = new Int32Array(1 << HASH_BITS).fill(-1);
  let to = 0;
  let anchor = 0;

  const putLength = (rest: number): void => {
    let left = rest;
    for (; left >= 255; left -= 255) out[to++] = 255;
    out[to++] = left;
  };
  const putSequence = (literalEnd: number, distance: number, match: number): void => {
    const literals = literalEnd - anchor;
    const coded = match - MIN_MATCH;
    out[to++] = (Math.min(literals, 15) << 4) | (match > 0 ? Math.min(coded, 15) : 0);
    if (literals >= 15) putLength(literals - 15);
    out.set(data.subarray(anchor, literalEnd), to);
    to += literals;
    if (match === 0) return;
    out[to++] = distance & 255;
    out[to++] = distance >> 8;
    if (coded >= 15) putLength(coded - 15);
  };
  const word = (i: number): number => data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);

  for (let at = 0; at <= data.length - MATCH_LIMIT; ) {
    const value = word(at);
    const hash = Math.imul(value, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = last[hash];
    last[hash] = at;
    if (candidate < 0 || at - candidate > 0xffff || word(candidate) !== value) {
      at++;
      continue;
    }
    let match = MIN_MATCH;
    while (at + match < data.length - LAST_LITERALS && data[candidate + match] === data[at + match]) match++;
    putSequence(at, at - candidate, match);
    at += match;
    anchor = at;
  }
  putSequence(data.length, 0, 0);
  return out.slice(0, to);
}
