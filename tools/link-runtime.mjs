// Puts the pinned runtime on npm's PATH: node_modules/.bin/node -> the package of this platform.
// npm 11 makes this link itself. npm 10 links all platforms' packages, then removes the foreign ones and the link with
// them. Plain JavaScript, because it runs under whatever Node came with npm.
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';

const modules = new URL('../node_modules/', import.meta.url);
const link = new URL('.bin/node', modules);
const installed = existsSync(modules) ? readdirSync(modules) : [];
const runtime = installed.find((name) => /^node-(bin-)?(linux|darwin)-/.test(name) && existsSync(new URL(`${name}/bin/node`, modules)));
if (runtime && !existsSync(link)) {
  rmSync(link, { force: true });
  symlinkSync(`../${runtime}/bin/node`, link);
}
