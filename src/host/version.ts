import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The directory that holds `bin`, `src` and `node_modules`. */
export const INSTALL_DIR = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');

/** Version of this installation, as `v0.1.0`. Master and workers must have the same one. */
export const VERSION = `v${(JSON.parse(readFileSync(`${INSTALL_DIR}/package.json`, 'utf8')) as { version: string }).version}`;
