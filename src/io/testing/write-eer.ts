import { writeFileSync } from 'node:fs';
import type { EerCoding } from '../eer-codec.ts';

/** One electron: detector pixel and place inside it in quarters, px. */
export interface Electron {
  readonly x: number;
  readonly y: number;
  /** 0 to 3, from the pixel's left (upper) edge */
  readonly subX: number;
  readonly subY: number;
}

/** Encode the electrons of a frame, at most one per pixel, as the format describes it, bit by bit. */
export function encodeElectrons(
  electrons: readonly Electron[],
  width: number,
  height: number,
  coding: EerCoding,
): Uint8Array {
  const bits: number[] = [];
  const put = (value: number, count: number): void => {
    for (let k = 0; k < count; k++) bits.push((value >> k) & 1);
  };
  const most = 2 ** coding.runBits - 1;
  const place = (sub: number, count: number): number =>
    count === 0 ? 0 : (sub >> Math.max(0, 2 - count)) ^ (1 << (count - 1));
  const run = (length: number): number => {
    let left = length;
    for (; left >= most; left -= most) {
      put(most, coding.runBits);
      if (coding.padded) put(0, coding.subBitsX + coding.subBitsY);
    }
    return left;
  };
  const sorted = [...electrons].sort((a, b) => a.y * width + a.x - (b.y * width + b.x));
  let pixel = 0;
  for (const { x, y, subX, subY } of sorted) {
    put(run(y * width + x - pixel), coding.runBits);
    put(place(subX, coding.subBitsX), coding.subBitsX);
    put(place(subY, coding.subBitsY), coding.subBitsY);
    pixel = y * width + x + 1;
  }
  const rest = run(width * height - pixel);
  if (rest > 0) put(rest, coding.runBits);
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    bytes[i >> 3] |= bit << (i & 7);
  });
  return bytes;
}

/** Write frames as an EER file: BigTIFF, one page and one strip a frame. */
export function writeEer(
  path: string,
  frames: readonly Uint8Array[],
  o: { readonly width: number; readonly height: number; readonly compression: number; readonly coding: EerCoding },
): void {
  const head = Buffer.alloc(16);
  head.write('II', 'latin1');
  head.writeUInt16LE(43, 2);
  head.writeUInt16LE(8, 4);
  const parts: Buffer[] = [head];
  let length = 16;
  let link: { buffer: Buffer; at: number } = { buffer: head, at: 8 };
  for (const frame of frames) {
    const offset = length;
    parts.push(Buffer.from(frame));
    length += frame.length;
    const entries: [number, number, number][] = [
      [256, 4, o.width],
      [257, 4, o.height],
      [259, 3, o.compression],
      [273, 16, offset],
      [278, 4, o.height],
      [279, 16, frame.length],
      [65007, 3, o.coding.runBits],
      [65008, 3, o.coding.subBitsX],
      [65009, 3, o.coding.subBitsY],
    ];
    const directory = Buffer.alloc(8 + entries.length * 20 + 8);
    directory.writeBigUInt64LE(BigInt(entries.length), 0);
    entries.forEach(([tag, type, value], i) => {
      const at = 8 + i * 20;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeBigUInt64LE(1n, at + 4);
      directory.writeBigUInt64LE(BigInt(value), at + 12);
    });
    link.buffer.writeBigUInt64LE(BigInt(length), link.at);
    link = { buffer: directory, at: directory.length - 8 };
    parts.push(directory);
    length += directory.length;
  }
  writeFileSync(path, Buffer.concat(parts));
}
