import { posix } from 'node:path';
import type { Dataset } from './dataset.ts';

/** Names of the columns that hold paths of data files. */
export function pathColumns(dataset: Dataset): string[] {
  return dataset
    .fields()
    .filter((field) => field.type === 'O' && /(^|\/|_)path$/.test(field.name))
    .map((field) => field.name);
}

/** Each data file that columns of a dataset name, once; a leading `>` dropped. */
export function dataFiles(dataset: Dataset, columns = pathColumns(dataset)): string[] {
  const files = new Set<string>();
  for (const name of columns) {
    for (const path of dataset.text(name)) if (path !== '') files.add(plainPath(path));
  }
  return [...files];
}

/** Replace the paths of data files. @param change the new path of an old one; called once for each */
export function replacePaths(dataset: Dataset, change: (path: string) => string): void {
  const known = new Map<string, string>();
  for (const name of pathColumns(dataset)) {
    const column = dataset.text(name);
    for (let row = 0; row < column.length; row++) {
      const path = column[row];
      if (path === '') continue;
      const next = known.get(path) ?? change(plainPath(path));
      known.set(path, next);
      column[row] = next;
    }
  }
}

/** Whether a path stays below the directory that it is relative to. */
export function staysBelow(path: string): boolean {
  const normal = posix.normalize(path);
  return !posix.isAbsolute(normal) && normal !== '..' && !normal.startsWith('../');
}

function plainPath(path: string): string {
  return path.replace(/^>/, '');
}
