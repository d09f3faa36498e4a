import { closeSync, existsSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

export interface RotationSize {
  /** size after which the file is put aside */
  readonly max_bytes: number;
  /** number of older files that are kept as `<path>.1` (newest) to `<path>.<kept>` */
  readonly kept: number;
}

export const LOG_SIZE: RotationSize = { max_bytes: 10_000_000, kept: 5 };

/** Put `path` aside as `path.1`, after `path.1` became `path.2` and so on; the oldest is overwritten. */
export function rotate(path: string, kept: number): void {
  for (let i = kept; i >= 1; i--) {
    const from = i === 1 ? path : `${path}.${i - 1}`;
    if (existsSync(from)) renameSync(from, `${path}.${i}`);
  }
}

/** `rotate` where the file has grown past its size; for files that another process appends to by name. */
export function rotateIfLarge(path: string, size: RotationSize = LOG_SIZE): void {
  if (existsSync(path) && statSync(path).size >= size.max_bytes) rotate(path, size.kept);
}

/** A log file that is appended to and put aside when it is full. A full disk loses lines, never the process. */
export class RotatingLog {
  private fd: number;
  private bytes: number;
  private readonly path: string;
  private readonly size: RotationSize;

  constructor(path: string, size: RotationSize = LOG_SIZE) {
    this.path = path;
    this.size = size;
    this.fd = openSync(path, 'a', 0o640);
    this.bytes = fstatSync(this.fd).size;
  }

  write(chunk: Uint8Array | string): void {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    try {
      if (this.bytes >= this.size.max_bytes) this.startNewFile();
      for (let at = 0; at < data.length; ) at += writeSync(this.fd, data, at);
      this.bytes += data.length;
    } catch {
      // ENOSPC, EIO: nobody is left to tell, and what is watched must go on
    }
  }

  /** One line with time and level, as all processes of the instance write them. */
  line(level: 'INFO' | 'WARNING' | 'ERROR', text: string): void {
    this.write(`${new Date().toISOString()} ${level} ${text}\n`);
  }

  close(): void {
    closeSync(this.fd);
  }

  private startNewFile(): void {
    rotate(this.path, this.size.kept);
    closeSync(this.fd);
    this.fd = openSync(this.path, 'a', 0o640);
    this.bytes = 0;
  }
}
