import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../../host/fs-errors.ts';

/** Letters, digits and dashes of a title, for a directory's name. */
export function slug(title: string): string {
  const plain = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 60) || 'project'
  );
}

/**
 * Make `CS-<title>` below the container, with a number when that name is taken.
 * @returns its absolute path
 */
export async function makeProjectDir(container: string, title: string): Promise<string> {
  await mkdir(container).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST')
      throw fileError(error, 'Project container directory', error.code === 'ENOENT' ? dirname(container) : container);
  });
  for (let i = 1; ; i++) {
    const path = join(container, `CS-${slug(title)}${i === 1 ? '' : `-${i}`}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw fileError(error, 'Project container directory', container);
    }
  }
}
