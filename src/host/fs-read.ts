import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileError } from './fs-errors.ts';

/** A regular file open for reading at any position; every failure names the file. */
export class InputFile {
  readonly path: string;
  readonly size: number;
  private readonly what: string;
  private fd: number;

  /** @param what the thing as the user knows it, for messages: `MRC file`, `Dataset` */
  constructor(path: string, what: string) {
    this.path = path;
    this.what = what;
    this.fd = -1;
    try {
      this.fd = openSync(path, 'r');
      const stat = fstatSync(this.fd);
      if (!stat.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
      this.size = stat.size;
    } catch (error) {
      this.close();
      throw fileError(error, what, path);
    }
  }

  /**
   * Fill `out` from a byte position.
   * @returns bytes read, fewer than asked only at the end of the file
   */
  readInto(out: Uint8Array, position: number): number {
    let done = 0;
    try {
      while (done < out.byteLength) {
        const count = readSync(this.fd, out, done, Math.min(out.byteLength - done, 1 << 30), position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw fileError(error, this.what, this.path);
    }
    return done;
  }

  /** New memory with bytes [position, position + length), shorter at the end of the file. */
  read(position: number, length: number): Buffer {
    const out = Buffer.alloc(Math.max(0, Math.min(length, this.size - position)));
    return out.subarray(0, this.readInto(out, position));
  }

  close(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }
}
