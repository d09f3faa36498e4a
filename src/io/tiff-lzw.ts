/** Codes of the TIFF variant of LZW: 9 to 12 bits, first bit highest, one code early at each widening. */
const CLEAR = 256;
const END = 257;
const FIRST = 258;
const LAST = 4095;

/**
 * Where the string of each code stands in what has been decoded. A code's string is that of the code before it and
 * the byte that followed, and these stand one behind the other in the output: no string is ever put together.
 */
const begin = new Int32Array(LAST + 1);
const size = new Int32Array(LAST + 1);

/**
 * Decode one strip or tile of LZW codes (TIFF 6.0, section 13). Stops at the end mark, at the end of the input, or when
 * `out` is full.
 *
 * @param out memory for what the strip holds, count of bytes known beforehand
 * @returns number of bytes decoded
 * @throws RangeError for a code that is not in the table, with its place
 */
export function decodeLzw(input: Uint8Array, out: Uint8Array): number {
  const end = input.length;
  const room = out.length;
  let at = 0;
  let to = 0;
  let hold = 0;
  let held = 0;
  let width = 9;
  let next = FIRST;
  let lastBegin = 0;
  let lastSize = 0;
  while (to < room) {
    while (held < width) {
      if (at >= end) return to;
      hold = (hold << 8) | input[at++];
      held += 8;
    }
    held -= width;
    const code = (hold >>> held) & ((1 << width) - 1);
    if (code < CLEAR) {
      if (lastSize > 0 && next <= LAST) {
        begin[next] = lastBegin;
        size[next++] = lastSize + 1;
      }
      lastBegin = to;
      lastSize = 1;
      out[to++] = code;
    } else if (code === CLEAR) {
      width = 9;
      next = FIRST;
      lastSize = 0;
      continue;
    } else if (code === END) {
      return to;
    } else {
      if (lastSize === 0 || code > next || code > LAST) {
        throw new RangeError(`LZW code ${code} at byte ${at} is not in the table (${next} codes)`);
      }
      if (next <= LAST) {
        begin[next] = lastBegin;
        size[next++] = lastSize + 1;
      } else if (code === next) throw new RangeError(`LZW code ${code} at byte ${at} is beyond the full table`);
      let from = begin[code];
      const length = size[code];
      const stop = Math.min(room, to + length);
      lastBegin = to;
      lastSize = length;
      // forward, byte by byte: a string may run into itself by one byte
      while (to < stop) out[to++] = out[from++];
    }
    if (next >= (1 << width) - 1 && width < 12) width++;
  }
  return to;
}

/** Slots of the encoder's table; at most 3838 are taken. */
const SLOTS = 1 << 14;
const keys = new Int32Array(SLOTS);
const codes = new Uint16Array(SLOTS);

/**
 * Encode bytes as TIFF LZW.
 * @returns new memory
 */
export function encodeLzw(input: Uint8Array): Uint8Array {
  // a code of at most 12 bits for each byte, and the clear codes
  const out = new Uint8Array(Math.ceil(input.length * 1.51) + 16);
  let to = 0;
  let hold = 0;
  let held = 0;
  let width = 9;
  let next = FIRST;
  const put = (code: number): void => {
    hold = (hold << width) | code;
    held += width;
    while (held >= 8) {
      held -= 8;
      out[to++] = hold >>> held;
    }
    hold &= (1 << held) - 1;
  };
  keys.fill(-1);
  put(CLEAR);
  let prefix = -1;
  for (const byte of input) {
    if (prefix < 0) {
      prefix = byte;
      continue;
    }
    const key = (prefix << 8) | byte;
    let slot = (Math.imul(key, 0x9e3779b1) >>> 18) & (SLOTS - 1);
    while (keys[slot] >= 0 && keys[slot] !== key) slot = (slot + 1) & (SLOTS - 1);
    if (keys[slot] === key) {
      prefix = codes[slot];
      continue;
    }
    put(prefix);
    prefix = byte;
    keys[slot] = key;
    codes[slot] = next++;
    if (next > LAST - 1) {
      put(CLEAR);
      keys.fill(-1);
      next = FIRST;
      width = 9;
    } else if (next === 1 << width) width++;
  }
  if (prefix >= 0) {
    put(prefix);
    // the decoder adds an entry for this code too, which may widen the next
    next++;
    if (next === 1 << width && width < 12) width++;
  }
  put(END);
  if (held > 0) out[to++] = hold << (8 - held);
  return out.subarray(0, to);
}
