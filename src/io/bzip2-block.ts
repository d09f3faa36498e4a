/** Symbols that are coded by one table before the next is chosen. */
const GROUP = 50;
const MAX_BITS = 20;
/** Codes up to this length are looked up in one step. */
const QUICK_BITS = 10;

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte << 24;
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1;
  return c;
});

/** Reads bits, the first of a byte highest. */
export class BitReader {
  private readonly bytes: Uint8Array;
  private at = 0;
  private hold = 0;
  private held = 0;

  /** @param skip bits of the first byte to leave out, 0 to 7 */
  constructor(bytes: Uint8Array, skip = 0) {
    this.bytes = bytes;
    if (skip > 0) this.bits(skip);
  }

  /** The next bits as a number. @param count 1 to 24 @throws RangeError at the end of the data */
  bits(count: number): number {
    const value = this.peek(count);
    this.skip(count);
    return value;
  }

  /** The next bits without going on; zeros behind the end. @param count 1 to 24 */
  peek(count: number): number {
    while (this.held < count) {
      this.hold = (this.hold << 8) | (this.at < this.bytes.length ? this.bytes[this.at] : 0);
      this.at++;
      this.held += 8;
    }
    return (this.hold >>> (this.held - count)) & ((1 << count) - 1);
  }

  /** Go on by bits that have been peeked at. @throws RangeError when they were behind the end */
  skip(count: number): void {
    this.held -= count;
    if (this.at - (this.held >> 3) > this.bytes.length) throw new RangeError('the data end too early');
  }

  word(): number {
    return this.bits(16) * 0x10000 + this.bits(16);
  }

  /** Bits read so far, with those skipped at the start. */
  get position(): number {
    return this.at * 8 - this.held;
  }

  /** Skip to the next whole byte; false when nothing follows. */
  align(): boolean {
    this.held -= this.held % 8;
    return this.position < this.bytes.length * 8;
  }
}

/**
 * Decode what follows the mark and the checksum of a block.
 * @param maxLength most symbols that the stream allows, count
 * @returns the bytes, and their checksum as computed
 * @throws RangeError saying what is damaged
 */
export function readBlock(input: BitReader, maxLength: number): { bytes: Uint8Array<ArrayBuffer>; crc: number } {
  if (input.bits(1)) throw new RangeError('a block is randomised, a form that is no longer in use');
  const origin = input.bits(24);
  const symbols = readSymbols(input);
  const selectors = readSelectors(input);
  const tables = selectors.tables.map(() => readTable(input, symbols.length + 2));
  const last = readMoves(input, symbols, selectors.order, tables, maxLength);
  return unsort(last, origin);
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
  /** for the next `QUICK_BITS` bits: symbol × 32 + length of its code, or 0 when that is longer */
  quick: Uint16Array;
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
  const quick = new Uint16Array(1 << QUICK_BITS);
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
      if (bits <= QUICK_BITS) {
        const shift = QUICK_BITS - bits;
        quick.fill(i * 32 + bits, code << shift, (code + 1) << shift);
      }
      code++;
    }
    limit[bits] = code - 1;
    code <<= 1;
  }
  return { quick, limit, base, sorted };
}

function longSymbol(input: BitReader, table: CodeTable): number {
  const { limit, base, sorted } = table;
  let bits = 1;
  let code = input.peek(1);
  while (code > limit[bits]) {
    if (++bits > MAX_BITS) throw new RangeError('a code is not in its table');
    code = input.peek(bits);
  }
  // a code below the first of its length belongs to an over-full (damaged) table
  const index = base[bits] + code;
  if (index < 0 || index >= sorted.length) throw new RangeError('a code is not in its table');
  input.skip(bits);
  return sorted[index];
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
  for (const selector of order) {
    const table = tables[selector];
    const { quick } = table;
    for (let k = 0; k < GROUP; k++) {
      const entry = quick[input.peek(QUICK_BITS)];
      let symbol = entry >> 5;
      if (entry === 0) symbol = longSymbol(input, table);
      else input.skip(entry & 31);
      if (symbol <= 1) {
        run += weight << symbol;
        weight *= 2;
        if (run > maxLength) throw new RangeError('a run is longer than its stream allows');
        continue;
      }
      if (run > 0) {
        if (length + run > maxLength) throw new RangeError('a block is longer than its stream allows');
        out.fill(recent[0], length, length + run);
        length += run;
        run = 0;
        weight = 1;
      }
      if (symbol === end) return out.subarray(0, length);
      if (length >= maxLength) throw new RangeError('a block is longer than its stream allows');
      const value = recent[symbol - 1];
      for (let i = symbol - 1; i > 0; i--) recent[i] = recent[i - 1];
      recent[0] = value;
      out[length++] = value;
    }
  }
  throw new RangeError('a block has too few selectors');
}

/** Invert the Burrows–Wheeler transform and the first run-length coding. */
function unsort(last: Uint8Array, origin: number): { bytes: Uint8Array<ArrayBuffer>; crc: number } {
  const count = last.length;
  if (origin >= count) throw new RangeError(`a block begins at ${origin} of ${count}`);
  const start = new Uint32Array(256);
  for (const byte of last) start[byte]++;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    sum += start[byte];
    start[byte] = sum - start[byte];
  }
  // the byte and the place of the one after it in one number: one access to far memory for each byte
  const chain = new Uint32Array(count);
  for (let i = 0; i < count; i++) chain[start[last[i]]++] = i << 8;
  for (let i = 0; i < count; i++) chain[i] |= last[i];
  let bytes = new Uint8Array(count + (count >> 3) + 1024);
  let length = 0;
  let crc = -1;
  let repeated = 0;
  let previous = -1;
  let entry = chain[chain[origin] >>> 8];
  for (let i = 0; i < count; i++, entry = chain[entry >>> 8]) {
    const byte = entry & 255;
    if (length + 256 > bytes.length) {
      const wider = new Uint8Array(bytes.length * 2);
      wider.set(bytes);
      bytes = wider;
    }
    if (repeated === 4) {
      for (let k = 0; k < byte; k++) crc = (crc << 8) ^ CRC[(crc >>> 24) ^ previous];
      bytes.fill(previous, length, length + byte);
      length += byte;
      repeated = 0;
      previous = -1;
      continue;
    }
    repeated = byte === previous ? repeated + 1 : 1;
    previous = byte;
    crc = (crc << 8) ^ CRC[(crc >>> 24) ^ byte];
    bytes[length++] = byte;
  }
  return { bytes: bytes.slice(0, length), crc: ~crc >>> 0 };
}
