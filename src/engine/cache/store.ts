import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { errnoOf, fileError } from '../../host/fs-errors.ts';

/** Directory below the cache path; accounts have a store each in it. */
export const CACHE_DIR = 'cryosparc_cache';
const MARKER = 'store.json';
/** key and extension; the key begins with the name of its directory */
const NAME = /^([0-9a-f]{2})[0-9a-f]{38}(\.[a-z0-9]{1,8})?$/;

/** Directories of one account's store; `docs/ssd-cache.md` has the layout and its rules. */
export class CacheStore {
  readonly root: string;
  /** `<first two digits of the key>/<key><extension>` */
  readonly files: string;
  /** `<first two digits of the key>/<key>.json`: what is known of a file */
  readonly about: string;
  /** one directory for each process that uses the store */
  readonly users: string;
  /** `<key>.lease`: who copies a file */
  readonly copying: string;

  private constructor(root: string) {
    this.root = root;
    this.files = join(root, 'files');
    this.about = join(root, 'about');
    this.users = join(root, 'users');
    this.copying = join(root, 'copying');
  }

  /** The store of this account below a cache path, whether it is there or not. */
  static at(cache_path: string): CacheStore {
    return new CacheStore(join(cache_path, CACHE_DIR, `v1-${process.geteuid?.() ?? 0}`));
  }

  /**
   * The store of this account, made when it is missing. The cache path itself is not made: where a drive is not
   * mounted, the files would fill the disk below.
   *
   * @throws CsError `CS_CACHE_PATH` when the path is missing, is not a directory, cannot be written or is not ours
   */
  static open(cache_path: string): CacheStore {
    const store = CacheStore.at(cache_path);
    try {
      if (!statSync(cache_path).isDirectory()) throw notOurs(cache_path, 'is not a directory');
      makeShared(join(cache_path, CACHE_DIR));
      mkdirSync(store.root, { recursive: true, mode: 0o700 });
      store.check();
      for (const dir of [store.files, store.users, store.copying]) mkdirSync(dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      if (error instanceof CsError) throw error;
      const { kind, message } = fileError(error, 'SSD cache', cache_path);
      throw new CsError(kind, 'CS_CACHE_PATH', message, { path: cache_path }, error);
    }
    return store;
  }

  /** Whether there is a store of this account that was made by us. */
  get exists(): boolean {
    return statSync(join(this.root, MARKER), { throwIfNoEntry: false }) !== undefined;
  }

  /** Where a file of the cache stands. */
  pathOf(name: string): string {
    return join(this.files, name.slice(0, 2), name);
  }

  metaPathOf(name: string): string {
    return join(this.about, name.slice(0, 2), `${name.slice(0, 40)}.json`);
  }

  /** Make the place for a file, and write what is known of it: for `status` alone, so it is not flushed to the drive. */
  writeMeta(name: string, meta: Readonly<Record<string, unknown>>): void {
    const path = this.metaPathOf(name);
    for (const file of [path, this.pathOf(name)]) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${JSON.stringify(meta)}\n`, { mode: 0o600 });
  }

  /** Take a file out of the store; processes that read it keep their own link. */
  discard(name: string): void {
    rmSync(this.pathOf(name), { force: true });
    rmSync(this.metaPathOf(name), { force: true });
  }

  /** Names of all files in the store; what else may lie there is not ours. */
  names(): string[] {
    return list(this.files).flatMap((part) =>
      list(join(this.files, part)).filter((name) => NAME.exec(name)?.[1] === part),
    );
  }

  private check(): void {
    const stat = lstatSync(this.root);
    if (!stat.isDirectory()) throw notOurs(this.root, 'is not a directory');
    if (stat.uid !== (process.geteuid?.() ?? stat.uid)) throw notOurs(this.root, 'belongs to another account');
    if (this.exists) return;
    const strange = readdirSync(this.root).find((name) => !name.includes(MARKER));
    // a process that makes the store at this moment has written the marker before anything else
    if (strange !== undefined && !this.exists) throw notOurs(this.root, `holds "${strange}" but no ${MARKER}`);
    writeFileAtomic(join(this.root, MARKER), `${JSON.stringify({ format: 'cryosparc SSD cache', version: 1 })}\n`);
  }
}

/** All accounts may make their own directory in it, and none may touch another's: as /tmp. */
function makeShared(dir: string): void {
  try {
    mkdirSync(dir);
    chmodSync(dir, 0o1777);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

/** Whether a name is that of a cached file. */
export function isCachedName(name: string): boolean {
  return NAME.test(name);
}

function notOurs(path: string, what: string): CsError {
  return new CsError('input', 'CS_CACHE_PATH', `SSD cache ${path} ${what}.`, { path });
}

/** Names in a directory; none where there is no such directory. */
export function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
