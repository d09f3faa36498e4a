import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CsError } from '../base/errors.ts';
import { makeDirectory, writeFileAtomic } from '../host/fs-atomic.ts';
import { fileError } from '../host/fs-errors.ts';
import type { Job, Output } from '../schema/model.ts';
import { readDataset, writeDataset } from './cs-file.ts';
import { formatResultGroup } from './group-file.ts';
import { fileExists } from './import-files.ts';
import { readGroup } from './inputs.ts';
import { dataFiles, staysBelow } from './path-columns.ts';

export interface Exported {
  /** absolute */
  path: string;
  /** data files that are named but not there, relative to the project directory */
  missing: string[];
}

/**
 * Lay out results of a job in `exports/groups/<P>_<J>_<output>`: one table with all of them, the group file, and links
 * to the data files under the paths that the table names. A copy of the directory that follows links stands for itself.
 * @param results names of results; all of the output when null
 * @returns path of the group file
 */
export function exportOutput(project_dir: string, job: Job, output: Output, results: string[] | null): Exported {
  const chosen = output.results.filter((r) => r.metafiles.length > 0 && (results?.includes(r.name) ?? true));
  const name = `${job.project_uid}_${job.uid}_${output.name}`;
  const dir = emptyDirectory(join(project_dir, 'exports', 'groups', name));
  const files = chosen.map((r) => ({
    name: r.name,
    source: r.name,
    dtype: r.dtype,
    metafile: r.metafiles.at(-1) ?? '',
  }));
  const wanted = chosen.map((r) => ({ name: r.name, required: true }));
  const { dataset } = readGroup(project_dir, files, wanted);
  const missing = linkFiles(project_dir, dir, dataFiles(dataset));
  const table = `${name}_exported.cs`;
  writeDataset(join(dir, table), dataset);
  const merged = chosen.map((r) => ({ ...r, versions: ['F'], metafiles: [table], num_items: [dataset.length] }));
  const path = join(dir, `${name}_exported.csg`);
  writeFileAtomic(path, formatResultGroup({ ...output, results: merged }));
  return { path, missing };
}

/**
 * Lay out a whole job in `exports/jobs/<P>_<J>`: its document, links to all its files, and to the data files of other jobs
 * that its results name.
 * @returns path of that directory
 */
export function exportJob(project_dir: string, job: Job): Exported {
  const path = emptyDirectory(join(project_dir, 'exports', 'jobs', `${job.project_uid}_${job.uid}`));
  const own = filesBelow(project_dir, job.job_dir);
  const metafiles = new Set(job.outputs.flatMap((o) => o.results.flatMap((r) => r.metafiles)));
  const named = new Set<string>();
  for (const file of metafiles) for (const data of dataFiles(readDataset(join(project_dir, file)))) named.add(data);
  const missing = linkFiles(project_dir, path, [...new Set([...own, ...metafiles, ...named])]);
  writeFileAtomic(join(path, 'job.json'), `${JSON.stringify(job, null, 1)}\n`);
  return { path, missing };
}

/** Files below a job directory, relative to the project; hidden ones and the document are the instance's own. */
function filesBelow(project_dir: string, below: string): string[] {
  const dir = join(project_dir, below);
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'job.json') return [];
      const path = join(below, entry.name);
      return entry.isDirectory() ? filesBelow(project_dir, path) : [path];
    });
  } catch (error) {
    throw fileError(error, 'Directory', dir);
  }
}

/** Link files under the same relative paths. @returns those that are not there */
function linkFiles(project_dir: string, dir: string, files: readonly string[]): string[] {
  const made = new Set<string>();
  return files.filter((file) => {
    if (!staysBelow(file)) {
      throw new CsError('input', 'CS_PATH', `The results name a file outside the project directory: ${file}.`, {
        file,
      });
    }
    if (!fileExists(join(project_dir, file))) return true;
    const link = join(dir, file);
    if (!made.has(dirname(link))) makeDirectory(dirname(link));
    made.add(dirname(link));
    try {
      symlinkSync(relative(dirname(link), join(project_dir, file)), link);
    } catch (error) {
      throw fileError(error, 'Link', link);
    }
    return false;
  });
}

/** An earlier export of the same results is replaced. */
function emptyDirectory(path: string): string {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    throw fileError(error, 'Directory', path);
  }
  makeDirectory(path);
  return path;
}
