import { closeSync, fsyncSync, fchmodSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { fileError } from './fs-errors.ts';

/**
 * A file that appears under its name only when it is complete: it is written beside it under a temporary name,
 * then flushed to disk and renamed, and the directory is flushed too. A reader never sees half of it, and a crash
 * leaves the earlier version.
 */
export class AtomicFile {
  readonly path: string;
  private readonly temporary: string;
  private fd: number;
  private end = 0;

  /** @throws CsError `CS_FILE_MISSING` when the directory is not there, `CS_FILE_ACCESS`, `CS_DISK_FULL` */
  constructor(path: string, options: { mode?: number } = {}) {
    this.path = path;
    this.temporary = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      this.fd = openSync(this.temporary, 'wx+', options.mode ?? 0o666);
      if (options.mode !== undefined) fchmodSync(this.fd, options.mode);
    } catch (error) {
      throw fileError(error, 'File', path);
    }
  }

  /** Descriptor of the temporary file, open for reading and writing. */
  get descriptor(): number {
    return this.fd;
  }

  /** Bytes written at the end so far. */
  get length(): number {
    return this.end;
  }

  /** Append bytes. On failure the temporary file is removed. @throws CsError `CS_DISK_FULL` … */
  write(bytes: Uint8Array): void {
    this.writeAt(bytes, this.end);
    this.end += bytes.byteLength;
  }

  /** Write bytes at a byte offset (a header whose content is known last). */
  writeAt(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        done += writeSync(this.fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), position + done);
      }
    } catch (error) {
      this.abort();
      throw fileError(error, 'File', this.path);
    }
  }

  /** Flush, give the file its name, flush the directory. */
  commit(): void {
    try {
      fsyncSync(this.fd);
      closeSync(this.fd);
      this.fd = -1;
      renameSync(this.temporary, this.path);
      fsyncDirectory(dirname(this.path));
    } catch (error) {
      this.abort();
      throw fileError(error, 'File', this.path);
    }
  }

  /** Remove the temporary file; what stood under the name before stays. Does nothing after `commit`. */
  abort(): void {
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
    rmSync(this.temporary, { force: true });
  }
}

/**
 * Replace a file in one step (see `AtomicFile`).
 * @param options `mode`: permission bits of the new file, exactly (the umask does not apply)
 * @throws CsError `CS_DISK_FULL` (kind resource), `CS_FILE_MISSING`, `CS_FILE_ACCESS`
 */
export function writeFileAtomic(path: string, data: string | Uint8Array, options: { mode?: number } = {}): void {
  const file = new AtomicFile(path, options);
  file.write(typeof data === 'string' ? Buffer.from(data, 'utf8') : data);
  file.commit();
}

/** Make a directory and its parents. @throws CsError that names it */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw fileError(error, 'Directory', path);
  }
}

/** Make a rename in a directory durable. File systems that cannot flush a directory (some network ones) are let pass. */
function fsyncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'EPERM') throw error;
  } finally {
    closeSync(fd);
  }
}
