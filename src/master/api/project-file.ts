import { realpath, stat } from 'node:fs/promises';
import { extname, isAbsolute, join, normalize, sep } from 'node:path';
import { CsError } from '../../base/errors.ts';
import { fileError } from '../../host/fs-errors.ts';

export interface LocatedFile {
  /** name as asked for, without directories */
  name: string;
  real: string;
  size: number;
  modified_ms: number;
}

/** Imported data lies elsewhere, behind symlinks of a job's `imported/`: only such files may be read through them. */
const IMPORTED = /^J[1-9]\d*\/imported\//;
const DATA_FILES = new Set([
  '.mrc',
  '.mrcs',
  '.map',
  '.st',
  '.rec',
  '.star',
  '.cs',
  '.tif',
  '.tiff',
  '.eer',
  '.gz',
  '.bz2',
  '.xml',
  '.png',
  '.jpg',
]);

/**
 * A file below a project directory, links followed.
 *
 * The real file must lie below the project directory too, or be a data file behind a job's `imported/`. Names that
 * start with a dot (launch tokens, unfinished files) and the instance's own directories are never given out.
 * @param path relative to the project directory
 * @param privateDirs real paths of directories of the instance
 * @throws CsError `CS_FILE_PATH`, `CS_FILE_UNKNOWN`
 */
export async function locateFile(
  project_dir: string,
  path: string,
  privateDirs: readonly string[],
): Promise<LocatedFile> {
  const clean = normalize(path);
  const parts = clean.split(sep);
  if (isAbsolute(clean) || path.includes('\0') || parts.some((part) => part.startsWith('.'))) {
    throw new CsError('input', 'CS_FILE_PATH', `"${path}" is not a path of a file below the project directory.`, {
      path,
    });
  }
  const full = join(project_dir, clean);
  let real: string;
  try {
    real = await realpath(full);
    const root = await realpath(project_dir);
    const imported =
      IMPORTED.test(clean) &&
      DATA_FILES.has(extname(real).toLowerCase()) &&
      !privateDirs.some((dir) => isBelow(dir, real));
    if (!isBelow(root, real) && !imported) {
      throw new CsError('denied', 'CS_FILE_PATH', `"${path}" leads out of the project directory.`, { path });
    }
    const info = await stat(real);
    if (!info.isFile()) throw new CsError('input', 'CS_FILE_PATH', `"${path}" is not a file.`, { path });
    return { name: parts.at(-1) ?? clean, real, size: info.size, modified_ms: info.mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new CsError('notFound', 'CS_FILE_UNKNOWN', `There is no file ${path} in the project directory.`, { path });
    }
    throw fileError(error, 'File', full);
  }
}

function isBelow(dir: string, path: string): boolean {
  return path.startsWith(dir.endsWith(sep) ? dir : dir + sep);
}
