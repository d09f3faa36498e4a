import { readdir, readlink, rename, stat, symlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { CsError } from '../../../base/errors.ts';
import { errnoOf, fileError } from '../../../host/fs-errors.ts';

export interface Symlink {
  /** relative to the project directory */
  path: string;
  /** as written in the link */
  target: string;
  /** whether there is something at the target */
  exists: boolean;
}

/** All symbolic links below a job's directory, by name; directories behind links are not entered. */
export async function findSymlinks(project_dir: string, job_dir: string): Promise<Symlink[]> {
  const found: Symlink[] = [];
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(project_dir, below), { withFileTypes: true }).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw fileError(error, 'Directory', join(project_dir, below));
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(below, entry.name);
      if (entry.isDirectory()) await visit(path);
      else if (entry.isSymbolicLink()) found.push(await describe(project_dir, path));
    }
  };
  await visit(job_dir);
  return found;
}

async function describe(project_dir: string, path: string): Promise<Symlink> {
  const full = join(project_dir, path);
  try {
    const target = await readlink(full);
    const exists = await stat(full).then(
      () => true,
      () => false,
    );
    return { path, target, exists };
  } catch (error) {
    throw fileError(error, 'Link', full);
  }
}

/**
 * Point links whose target begins with `prefix_cut` to the same place below `prefix_new`, each in one step.
 * @returns how many links were changed
 * @throws CsError `CS_PATH` unless both prefixes are absolute paths
 */
export async function replaceSymlinks(
  project_dir: string,
  job_dir: string,
  prefix_cut: string,
  prefix_new: string,
): Promise<number> {
  for (const prefix of [prefix_cut, prefix_new]) {
    if (!prefix.startsWith('/')) {
      throw new CsError('input', 'CS_PATH', `The prefix "${prefix}" must be an absolute path.`, { prefix });
    }
  }
  const [cut, put] = [prefix_cut, prefix_new].map((prefix) => prefix.replace(/\/+$/, '')) as [string, string];
  const links = (await findSymlinks(project_dir, job_dir)).filter(
    ({ target }) => target === cut || target.startsWith(`${cut}/`),
  );
  for (const { path, target } of links) {
    const full = join(project_dir, path);
    const next = join(dirname(full), `.${randomUUID()}.link`);
    try {
      await symlink(`${put}${target.slice(cut.length)}`, next);
      await rename(next, full);
    } catch (error) {
      throw fileError(error, 'Link', full);
    }
  }
  return links.length;
}

/** What to say of the links of a job that lead nowhere; null when all resolve. */
export function brokenLinksText(job_uid: string, links: readonly Symlink[]): string | null {
  const broken = links.filter((link) => !link.exists);
  const [first] = broken;
  if (!first) return null;
  const many = broken.length === 1 ? 'a link to an imported file does' : `${broken.length} links to imported files do`;
  return `${job_uid}: ${many} not resolve, first ${first.path} -> ${first.target}. Make the files available there, or point the links elsewhere with job_import_replace_symlinks.`;
}
