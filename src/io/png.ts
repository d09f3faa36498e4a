import { crc32, deflateSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';

/** An 8-bit grey picture, shape [height, width]. */
export interface PngPicture {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A complete PNG file of an 8-bit grey picture.
 * @param gray shape [height, width], 0 black to 255 white, first row on top
 */
export function encodePng(width: number, height: number, gray: Uint8Array): Buffer {
  return encode(width, height, gray, 1);
}

/** A complete PNG file of an 8-bit colour picture. @param rgb shape [height, width, 3] */
export function encodePngRgb(width: number, height: number, rgb: Uint8Array): Buffer {
  return encode(width, height, rgb, 3);
}

function encode(width: number, height: number, pixels: Uint8Array, channels: 1 | 3): Buffer {
  const row = width * channels;
  if (width < 1 || height < 1 || pixels.length !== row * height) {
    const message = `A picture of ${width} × ${height} with ${channels} channels has ${pixels.length} bytes, wanted ${row * height}.`;
    throw new CsError('bug', 'CS_PNG_SHAPE', message);
  }
  // each row is preceded by its filter: 2, the difference to the row above, which suits smooth pictures
  const filtered = Buffer.alloc((row + 1) * height);
  for (let y = 0, to = 0; y < height; y++) {
    filtered[to++] = 2;
    for (let x = 0, from = y * row; x < row; x++, from++)
      filtered[to++] = pixels[from] - (y > 0 ? pixels[from - row] : 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 3 ? 2 : 0, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}
