/**
 * Decoder of bzip2: Huffman coding, move-to-front and the Burrows–Wheeler transform, several streams one after the
 * other as parallel compressors write them, with all checksums verified.
 */
const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
const GROUP = 50;
const MAX_BITS = 20;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte << 24;
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c >>> 0;
});

class BitReader {
  private readonly bytes: Uint8Array;
  private at = 0;
  private buffer = 0;
  private available = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next bits as a number, first bit highest. @param count 1 to 24 */
  bits(count: number): number {
    while (this.available < count) {
      if (this.at >= this.bytes.length) throw new RangeError('the data end too early');
      // at most 23 old bits stay, so that 31 bits are never passed
      this.buffer = ((this.buffer << 8) | this.bytes[this.at++]) & 0x7fffffff;
      this.available += 8;
    }
    this.available -= count;
    return (this.buffer >>> this.available) & ((1 << count) - 1);
  }

  word(): number {
    return this.bits(16) * 0x10000 + this.bits(16);
  }

  /** Skip to the next whole byte; false when nothing follows. */
  align(): boolean {
    this.available -= this.available % 8;
    return this.available > 0 || this.at < this.bytes.length;
  }
}

/** Grows by doubling; a damaged file cannot ask for more than it really produces. */
class Output {
  private bytes = new Uint8Array(1 << 20);
  private length = 0;

  push(byte: number): void {
    if (this.length === this.bytes.length) {
      const wider = new Uint8Array(this.bytes.length * 2);
      wider.set(this.bytes);
      this.bytes = wider;
    }
    this.bytes[this.length++] = byte;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}

/**
 * Decompress a whole `.bz2` file.
 * @returns new memory
 * @throws RangeError saying what is damaged
 */
export function bunzip2(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const input = new BitReader(bytes);
  const output = new Output();
  do {
    if (input.bits(24) !== 0x425a68) throw new RangeError('a stream does not begin with "BZh"');
    const level = input.bits(8) - 48;
    if (level < 1 || level > 9) throw new RangeError(`block size level is ${level}, wanted 1 to 9`);
    readStream(input, output, level * 100000);
  } while (input.align());
  return output.finish();
}

function readStream(input: BitReader, output: Output, maxLength: number): void {
  let combined = 0;
  for (;;) {
    const magic = input.bits(24) * 0x1000000 + input.bits(24);
    const crc = input.word();
    if (magic === END_MAGIC) {
      if (crc !== combined) throw new RangeError('the checksum of a stream is wrong');
      return;
    }
    if (magic !== BLOCK_MAGIC) throw new RangeError('a block does not begin with its mark');
    if (readBlock(input, output, maxLength) !== crc) throw new RangeError('the checksum of a block is wrong');
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0;
  }
}

/** One block; returns the checksum of what it gave. */
function readBlock(input: BitReader, output: Output, maxLength: number): number {
  if (input.bits(1)) throw new RangeError('a block is randomised, a form that is no longer in use');
  const origin = input.bits(24);
  const symbols = readSymbols(input);
  const selectors = readSelectors(input);
  const tables = selectors.tables.map(() => readTable(input, symbols.length + 2));
  const last = readMoves(input, symbols, selectors.order, tables, maxLength);
  return unsort(last, origin, output);
}

function readSymbols(input: BitReader): number[] {
  const rows = input.bits(16);
  const symbols: number[] = [];
  for (let row = 0; row < 16; row++) {
    if (!(rows & (0x8000 >> row))) continue;
    const used = input.bits(16);
    for (let k = 0; k < 16; k++) if (used & (0x8000 >> k)) symbols.push(row * 16 + k);
  }
  if (symbols.length === 0) throw new RangeError('a block uses no symbols');
  return symbols;
}

function readSelectors(input: BitReader): { tables: number[]; order: Uint8Array } {
  const count = input.bits(3);
  if (count < 2 || count > 6) throw new RangeError(`a block has ${count} code tables, wanted 2 to 6`);
  const tables = Array.from({ length: count }, (_, i) => i);
  const recent = [...tables];
  const order = new Uint8Array(input.bits(15));
  if (order.length === 0) throw new RangeError('a block has no selectors');
  for (let i = 0; i < order.length; i++) {
    let place = 0;
    while (input.bits(1)) if (++place >= count) throw new RangeError('a selector is out of range');
    const [table] = recent.splice(place, 1);
    recent.unshift(table);
    order[i] = table;
  }
  return { tables, order };
}

interface CodeTable {
  /** largest code of each length, -1 for none */
  limit: Int32Array;
  /** index of the first symbol of a length, less its first code */
  base: Int32Array;
  sorted: Uint16Array;
}

function readTable(input: BitReader, size: number): CodeTable {
  const lengths = new Uint8Array(size);
  let length = input.bits(5);
  for (let i = 0; i < size; i++) {
    while (input.bits(1)) length += input.bits(1) ? -1 : 1;
    if (length < 1 || length > MAX_BITS) throw new RangeError(`a code has ${length} bits, wanted 1 to ${MAX_BITS}`);
    lengths[i] = length;
  }
  const limit = new Int32Array(MAX_BITS + 1).fill(-1);
  const base = new Int32Array(MAX_BITS + 1);
  const sorted = new Uint16Array(size);
  let code = 0;
  let index = 0;
  for (let bits = 1; bits <= MAX_BITS; bits++) {
    base[bits] = index - code;
    for (let i = 0; i < size; i++) {
      if (lengths[i] !== bits) continue;
      sorted[index++] = i;
      code++;
    }
    limit[bits] = code - 1;
    code <<= 1;
  }
  return { limit, base, sorted };
}

function readMoves(
  input: BitReader,
  symbols: readonly number[],
  order: Uint8Array,
  tables: readonly CodeTable[],
  maxLength: number,
): Uint8Array {
  const recent = Uint8Array.from(symbols);
  const end = symbols.length + 1;
  const out = new Uint8Array(maxLength);
  let length = 0;
  let run = 0;
  let weight = 1;
  const flush = (): void => {
    if (length + run > maxLength) throw new RangeError('a block is longer than its stream allows');
    out.fill(recent[0], length, length + run);
    length += run;
    run = 0;
    weight = 1;
  };
  for (let group = 0; ; group++) {
    if (group >= order.length) throw new RangeError('a block has too few selectors');
    const { limit, base, sorted } = tables[order[group]];
    for (let k = 0; k < GROUP; k++) {
      let code = 0;
      let bits = 0;
      do {
        if (++bits > MAX_BITS) throw new RangeError('a code is not in its table');
        code = (code << 1) | input.bits(1);
      } while (code > limit[bits]);
      // a code below the first of its length belongs to an over-full (damaged) table
      const index = base[bits] + code;
      if (index < 0 || index >= sorted.length) throw new RangeError('a code is not in its table');
      const symbol = sorted[index];
      if (symbol <= 1) {
        run += weight << symbol;
        weight *= 2;
        if (run > maxLength) throw new RangeError('a run is longer than its stream allows');
        continue;
      }
      flush();
      if (symbol === end) return out.subarray(0, length);
      if (length >= maxLength) throw new RangeError('a block is longer than its stream allows');
      const value = recent[symbol - 1];
      recent.copyWithin(1, 0, symbol - 1);
      recent[0] = value;
      out[length++] = value;
    }
  }
}

/** Invert the Burrows–Wheeler transform and the first run-length coding; returns the checksum. */
function unsort(last: Uint8Array, origin: number, output: Output): number {
  if (origin >= last.length) throw new RangeError(`a block begins at ${origin} of ${last.length}`);
  const start = new Uint32Array(256);
  for (const byte of last) start[byte]++;
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = start[byte];
    start[byte] = sum;
    sum += count;
  }
  const next = new Uint32Array(last.length);
  for (let i = 0; i < last.length; i++) next[start[last[i]]++] = i;
  let crc = 0xffffffff;
  const put = (byte: number): void => {
    crc = ((crc << 8) ^ CRC[(crc >>> 24) ^ byte]) >>> 0;
    output.push(byte);
  };
  let repeated = 0;
  let previous = -1;
  for (let i = 0, at = next[origin]; i < last.length; i++, at = next[at]) {
    const byte = last[at];
    if (repeated === 4) {
      for (let k = 0; k < byte; k++) put(previous);
      repeated = 0;
      previous = -1;
      continue;
    }
    repeated = byte === previous ? repeated + 1 : 1;
    previous = byte;
    put(byte);
  }
  return ~crc >>> 0;
}
