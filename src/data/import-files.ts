import { createHash } from 'node:crypto';
import { copyFileSync, globSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { CsError } from '../base/errors.ts';
import { makeDirectory } from '../host/fs-atomic.ts';
import { errnoOf, fileError } from '../host/fs-errors.ts';

/** Whether a path names a file that is there (a link to one counts). Anything else than "not there" is an error. */
export function fileExists(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return false;
    throw fileError(error, 'File', path);
  }
}

/**
 * Files that a path or glob pattern (`*`, `?`, `[…]`, `**`) names, as absolute paths in alphabetical order.
 * A path that is there as it stands is taken literally, whatever characters it has.
 * @throws CsError `CS_FILE_MISSING` when there are none
 */
export function findFiles(pattern: string): string[] {
  if (fileExists(pattern)) return [resolve(pattern)];
  const found = globSync(pattern)
    .filter(fileExists)
    .map((path) => resolve(path));
  if (found.length === 0) {
    const message = /[*?[{]/.test(pattern)
      ? `No file matches the pattern ${pattern}.`
      : `File ${pattern} does not exist.`;
    throw new CsError('input', 'CS_FILE_MISSING', message, { path: pattern });
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

/** Identity of an imported file: the first 8 bytes of the SHA-1 of its original absolute path, little-endian. */
export function importSignature(path: string): bigint {
  return createHash('sha1').update(path).digest().readBigUInt64LE(0);
}

/** Links to imported files, all in one directory under names of their own. */
export class ImportLinks {
  private readonly job_dir: string;
  private readonly targets = new Map<string, string>();
  private readonly taken = new Set<string>();

  /** @param job_dir absolute; links go to `<job_dir>/imported` */
  constructor(job_dir: string) {
    this.job_dir = job_dir;
    const directory = join(job_dir, 'imported');
    // what an earlier run of the job left must not pass for this one's
    rmSync(directory, { recursive: true, force: true });
    makeDirectory(directory);
  }

  /**
   * Link a file; the same file always gets the same link. Where the file system has no links the file is copied.
   * @param original absolute path
   * @returns the link relative to the project directory, `J1/imported/stack.mrcs`
   */
  add(original: string): string {
    const known = this.targets.get(original);
    if (known !== undefined) return known;
    const name = this.freeName(basename(original));
    const link = join(this.job_dir, 'imported', name);
    try {
      symlinkSync(original, link);
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw fileError(error, 'Link', link);
      this.copy(original, link);
    }
    const relative = `${basename(this.job_dir)}/imported/${name}`;
    this.targets.set(original, relative);
    return relative;
  }

  /** A free name for a file that the job writes itself, relative to the project directory. */
  reserve(name: string): string {
    return `${basename(this.job_dir)}/imported/${this.freeName(name)}`;
  }

  private copy(original: string, link: string): void {
    try {
      copyFileSync(original, link);
    } catch (error) {
      throw fileError(error, 'Imported file', original);
    }
  }

  private freeName(name: string): string {
    const extension = extname(name);
    const stem = basename(name, extension);
    let free = name;
    for (let n = 2; this.taken.has(free); n++) free = `${stem}_${n}${extension}`;
    this.taken.add(free);
    return free;
  }
}

/**
 * Finds files that a table names by paths relative to a directory that is not known: below `root`, as an absolute
 * path, below the table's directory and its parents (a RELION project's tables lie some levels below its root), or by
 * its bare name in one of the first two.
 */
export class PathFinder {
  private readonly directories: string[];
  private readonly flat: string[];
  private readonly found = new Map<string, string | null>();

  /** @param table absolute path of the table; @param root directory given by the user, or null */
  constructor(table: string, root: string | null) {
    this.directories = root === null ? [] : [resolve(root)];
    let directory = dirname(resolve(table));
    this.flat = [...this.directories, directory];
    for (let level = 0; level < 5; level++) {
      this.directories.push(directory);
      directory = dirname(directory);
    }
  }

  /** Absolute path of the first candidate that is there, or null. */
  find(name: string): string | null {
    const known = this.found.get(name);
    if (known !== undefined) return known;
    const candidates = [
      ...this.directories.map((directory) => join(directory, name)),
      ...(name.startsWith('/') ? [name] : []),
      ...this.flat.map((directory) => join(directory, basename(name))),
    ];
    const path = candidates.find(fileExists) ?? null;
    this.found.set(name, path);
    return path;
  }

  /** Where was looked, for messages. */
  get searched(): string {
    return [...new Set(this.directories)].join(', ');
  }
}
