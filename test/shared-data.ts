import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../shared/data/', import.meta.url));

/** Absolute path of a real-data file kept beside the checkout (it may be missing: see `without`). */
export function sharedFile(path: string): string {
  return ROOT + path;
}

/** For `test(name, { skip: without('a', 'b') }, …)`: false where all files are there, else the reason to skip. */
export function without(...paths: string[]): false | string {
  const missing = paths.filter((p) => !existsSync(ROOT + p));
  return missing.length === 0 ? false : `real data not beside the checkout: ${missing.join(', ')}`;
}
