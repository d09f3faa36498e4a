import { copyFileSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { CsError } from '../base/errors.ts';
import { makeDirectory, writeFileAtomic } from '../host/fs-atomic.ts';
import { fileError } from '../host/fs-errors.ts';
import type { Job, Output } from '../schema/model.ts';
import { readDataset, writeDataset } from './cs-file.ts';
import { formatResultGroup } from './group-file.ts';
import { dataFiles, replacePaths, staysBelow } from './path-columns.ts';

/**
 * Fill the directory of a job with what an exported job has. Data files that its results name are linked (those of other
 * jobs below `imported/`); tables are rewritten for the new paths; everything else is copied.
 * @param exported absolute path of the exported directory
 * @param job document of the exported job
 * @param uid the new job's
 * @returns the outputs as they are here
 */
export function importJobFiles(exported: string, job: Job, project_dir: string, uid: string): Output[] {
  const old = job.uid;
  /** path of a file of the exported project in this one */
  const moved = (named: string): string => {
    const path = posix.normalize(named);
    if (!staysBelow(path)) {
      throw new CsError('input', 'CS_PATH', `The results of ${exported} name a file outside of it: ${named}.`, {
        named,
      });
    }
    return path.startsWith(`${old}/`) ? `${uid}/${renamed(path.slice(old.length + 1))}` : `${uid}/imported/${path}`;
  };
  const renamed = (path: string): string => {
    const name = basename(path);
    return name.startsWith(`${old}_`) ? join(dirname(path), `${uid}${name.slice(old.length)}`) : path;
  };

  const tables = new Set(job.outputs.flatMap((o) => o.results.flatMap((r) => r.metafiles)));
  const data = new Set<string>();
  for (const table of tables) {
    const dataset = readDataset(join(exported, table));
    for (const file of dataFiles(dataset)) data.add(file);
    replacePaths(dataset, moved);
    const path = join(project_dir, moved(table));
    makeDirectory(dirname(path));
    writeDataset(path, dataset);
  }
  for (const file of filesBelow(exported, '')) {
    if (tables.has(file) || file === 'job.json' || file.endsWith('.csg')) continue;
    place(join(exported, file), join(project_dir, moved(file)), data.has(file));
  }
  const outputs = job.outputs.map((output) => ({
    ...output,
    image: output.image === null ? null : moved(output.image),
    results: output.results.map((result) => ({ ...result, metafiles: result.metafiles.map(moved) })),
  }));
  for (const output of outputs) {
    if (output.results.every((result) => result.metafiles.length === 0)) continue;
    writeFileAtomic(join(project_dir, uid, `${uid}_${output.name}.csg`), formatResultGroup(output));
  }
  return outputs;
}

function place(from: string, to: string, link: boolean): void {
  makeDirectory(dirname(to));
  try {
    if (link) symlinkSync(realpathSync(from), to);
    else copyFileSync(from, to);
  } catch (error) {
    throw fileError(error, 'File', from);
  }
}

function filesBelow(root: string, below: string): string[] {
  const dir = join(root, below);
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? filesBelow(root, path) : [path];
    });
  } catch (error) {
    throw fileError(error, 'Exported directory', dir);
  }
}
