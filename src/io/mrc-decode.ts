import type { MrcHeader } from './mrc-header.ts';

/** Values that one section gives: pixels, or pairs of real and imaginary parts for mode 4. */
export function sectionValues(header: MrcHeader): number {
  return header.nx * header.ny * (header.mode === 4 ? 2 : 1);
}

/**
 * Stored values of whole sections as 32-bit floats.
 * @param raw bytes of the sections; swapped in place when the file is big-endian
 * @param out at least as many values as the sections hold, see `sectionValues`
 */
export function decodeSections(raw: Buffer, header: MrcHeader, out: Float32Array): Float32Array {
  const { mode, littleEndian, nx } = header;
  if (!littleEndian && mode !== 0 && mode !== 101) {
    if (mode === 2 || mode === 4) raw.swap32();
    else raw.swap16();
  }
  switch (mode) {
    case 0:
      return widen(header.unsignedBytes ? raw : new Int8Array(raw.buffer, raw.byteOffset, raw.length), out);
    case 1:
      return widen(new Int16Array(raw.buffer, raw.byteOffset, raw.length / 2), out);
    case 6:
      return widen(new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2), out);
    case 12:
      return widen(new Float16Array(raw.buffer, raw.byteOffset, raw.length / 2), out);
    case 101: {
      const rowBytes = Math.ceil(nx / 2);
      for (let row = 0, to = 0; row < raw.length / rowBytes; row++) {
        for (let x = 0; x < nx; x++) out[to++] = (raw[row * rowBytes + (x >> 1)] >> ((x & 1) * 4)) & 15;
      }
      return out;
    }
    default:
      return widen(new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4), out);
  }
}

function widen(
  from: Int8Array | Uint8Array | Int16Array | Uint16Array | Float16Array | Float32Array,
  out: Float32Array,
): Float32Array {
  out.set(from);
  return out;
}
