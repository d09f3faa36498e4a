import { CsError } from '../base/errors.ts';
import { AtomicFile } from '../host/fs-atomic.ts';
import { encodeLzw } from './tiff-lzw.ts';
import { TAG } from './tiff-directory.ts';

export interface TiffShape {
  /** size of a page, px */
  readonly nx: number;
  readonly ny: number;
  readonly bits: 8 | 16;
  readonly compression: 'none' | 'lzw';
  /** rows of one strip, count; as many as make about 64 kB if not given */
  readonly rowsPerStrip?: number;
  /** 64-bit positions, for files beyond 4 GB */
  readonly big?: boolean;
}

const CLASSIC_MAX = 2 ** 32 - 1;

/** Writes grey pages of unsigned whole numbers one behind the other, in constant memory. The file appears at `finish`. */
export class TiffWriter {
  private readonly path: string;
  private readonly shape: TiffShape;
  private readonly file: AtomicFile;
  /** byte position of the link to the next directory */
  private link: number;
  private pages = 0;

  constructor(path: string, shape: TiffShape) {
    this.path = path;
    this.shape = shape;
    this.file = new AtomicFile(path);
    const head = Buffer.alloc(shape.big ? 16 : 8);
    head.write('II', 0, 'latin1');
    head.writeUInt16LE(shape.big ? 43 : 42, 2);
    if (shape.big) head.writeUInt16LE(8, 4);
    this.link = shape.big ? 8 : 4;
    this.file.write(head);
  }

  /** Number of pages so far. */
  get length(): number {
    return this.pages;
  }

  /**
   * Append a page.
   * @param image shape [ny, nx], of the type that `bits` asks for
   * @throws CsError `CS_TIFF_SIZE` when a classic file would grow beyond 4 GB, `CS_DISK_FULL` …
   */
  append(image: Uint8Array | Uint16Array): void {
    const { nx, ny, bits, compression } = this.shape;
    if (image.length !== nx * ny || image.BYTES_PER_ELEMENT * 8 !== bits) {
      this.abort();
      const message = `TIFF file ${this.path}: a page of ${image.length} values of ${image.BYTES_PER_ELEMENT * 8} bits, wanted ${nx} × ${ny} of ${bits}.`;
      throw new CsError('bug', 'CS_TIFF_SHAPE', message, { path: this.path });
    }
    const rowBytes = (nx * bits) / 8;
    const rows = Math.min(ny, this.shape.rowsPerStrip ?? Math.max(1, Math.ceil(65536 / rowBytes)));
    const bytes = new Uint8Array(image.buffer, image.byteOffset, image.byteLength);
    const offsets: number[] = [];
    const counts: number[] = [];
    for (let row = 0; row < ny; row += rows) {
      const plain = bytes.subarray(row * rowBytes, Math.min(ny, row + rows) * rowBytes);
      const strip = compression === 'lzw' ? encodeLzw(plain) : plain;
      offsets.push(this.file.length);
      counts.push(strip.length);
      this.write(strip);
    }
    this.writeDirectory(rows, offsets, counts);
    this.pages++;
  }

  /** Flush, and give the file its name. */
  finish(): void {
    if (this.pages === 0) {
      this.abort();
      throw new CsError('bug', 'CS_TIFF_SHAPE', `TIFF file ${this.path} would have no pages.`, { path: this.path });
    }
    this.file.commit();
  }

  /** Give up: nothing appears. */
  abort(): void {
    this.file.abort();
  }

  private write(bytes: Uint8Array): void {
    if (!this.shape.big && this.file.length + bytes.length > CLASSIC_MAX) {
      this.abort();
      const message = `TIFF file ${this.path} would grow beyond 4 GB: write it as BigTIFF.`;
      throw new CsError('input', 'CS_TIFF_SIZE', message, { path: this.path });
    }
    this.file.write(bytes);
  }

  private writeDirectory(rows: number, offsets: readonly number[], counts: readonly number[]): void {
    const { nx, ny, bits, compression } = this.shape;
    const big = this.shape.big ?? false;
    const wide = (values: readonly number[]): number => {
      if (values.length === 1) return values[0];
      const at = this.file.length;
      const table = Buffer.alloc(values.length * (big ? 8 : 4));
      values.forEach((value, i) => {
        if (big) table.writeBigUInt64LE(BigInt(value), i * 8);
        else table.writeUInt32LE(value, i * 4);
      });
      this.write(table);
      return at;
    };
    const [SHORT, LONG, PLACE] = [3, 4, big ? 16 : 4];
    const entries: [number, number, number, number][] = [
      [TAG.ImageWidth, LONG, 1, nx],
      [TAG.ImageLength, LONG, 1, ny],
      [TAG.BitsPerSample, SHORT, 1, bits],
      [TAG.Compression, SHORT, 1, compression === 'lzw' ? 5 : 1],
      [TAG.PhotometricInterpretation, SHORT, 1, 1],
      [TAG.StripOffsets, PLACE, offsets.length, wide(offsets)],
      [TAG.SamplesPerPixel, SHORT, 1, 1],
      [TAG.RowsPerStrip, LONG, 1, rows],
      [TAG.StripByteCounts, PLACE, counts.length, wide(counts)],
      [TAG.SampleFormat, SHORT, 1, 1],
    ];
    // directories begin on an even byte
    if (this.file.length % 2 === 1) this.write(new Uint8Array(1));
    const position = this.file.length;
    const [head, size, place] = big ? [8, 20, 8] : [2, 12, 4];
    const directory = Buffer.alloc(head + entries.length * size + place);
    if (big) directory.writeBigUInt64LE(BigInt(entries.length), 0);
    else directory.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, type, count, value], i) => {
      const at = head + i * size;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      if (big) {
        directory.writeBigUInt64LE(BigInt(count), at + 4);
        directory.writeBigUInt64LE(BigInt(value), at + 12);
      } else {
        directory.writeUInt32LE(count, at + 4);
        directory.writeUInt32LE(value, at + 8);
      }
    });
    this.write(directory);
    const link = Buffer.alloc(place);
    if (big) link.writeBigUInt64LE(BigInt(position));
    else link.writeUInt32LE(position);
    this.file.writeAt(link, this.link);
    this.link = position + directory.length - place;
  }
}
