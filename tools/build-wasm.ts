/**
 * Builds the compute kernels: src/wasm/assembly/*.as (AssemblyScript) to build/wasm/kernels.wasm and
 * kernels-relaxed.wasm (the same with fused multiply-add). Does nothing when the sources are those of the last build.
 *
 * The sources end in .as, not .ts, because they are not TypeScript: the compiler, the linter and the formatter would
 * reject their decorators and number types. The AssemblyScript compiler asks for .ts and is given .as.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { writeFileAtomic } from '../src/host/fs-atomic.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'src/wasm/assembly');
const BUILT = join(ROOT, 'build/wasm');
const STAMP = join(BUILT, 'sources.sha256');

const OPTIONS = [
  ['--runtime', 'stub', '--noAssert', '--noExportMemory', '-O3', '--converge', '--uncheckedBehavior', 'always'],
  ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
  // constants of the kernels (tables of the logarithm) start behind the command block and end within the first page
  ['--memoryBase', '16384'],
].flat();

const MODULES = [
  { file: 'kernels.wasm', features: ['simd', 'threads'] },
  { file: 'kernels-relaxed.wasm', features: ['simd', 'threads', 'relaxed-simd'] },
];

/** Identifies what a build depends on: the sources, this file and the compiler's version. */
function sourcesHash(): string {
  const hash = createHash('sha256');
  const files = readdirSync(SOURCES).sort();
  for (const file of files) hash.update(file).update(readFileSync(join(SOURCES, file)));
  hash.update(readFileSync(import.meta.filename));
  hash.update(readFileSync(join(ROOT, 'node_modules/assemblyscript/package.json')));
  return hash.digest('hex');
}

function stamp(): string | null {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return null;
  }
}

/** A source for the compiler; null where it looks for a file that does not exist. */
function source(name: string, base: string): string | null {
  const path = (isAbsolute(name) ? name : join(base, name)).replace(/\.ts$/, '.as');
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Bring build/wasm up to date.
 * @returns whether anything was built
 * @throws Error with the compiler's messages
 */
export async function buildWasm(): Promise<boolean> {
  const wanted = sourcesHash();
  if (stamp() === wanted) return false;
  const { createMemoryStream, main } = await import('assemblyscript/asc');
  mkdirSync(BUILT, { recursive: true });
  for (const { file, features } of MODULES) {
    let binary: Uint8Array | null = null;
    const stderr = createMemoryStream();
    const result = await main(
      ['index.ts', ...OPTIONS, ...features.flatMap((f) => ['--enable', f]), '--baseDir', SOURCES, '-o', file],
      {
        stderr,
        readFile: source,
        writeFile: (_name, contents) => {
          binary = contents as Uint8Array;
        },
        listFiles: () => [],
      },
    );
    if (result.error || !binary) throw new Error(`The kernels do not compile:\n${stderr.toString()}`);
    writeFileAtomic(join(BUILT, file), binary);
  }
  writeFileAtomic(STAMP, wanted);
  return true;
}

if (import.meta.main) {
  const built = await buildWasm();
  console.log(
    built ? `Built ${MODULES.map((m) => `build/wasm/${m.file}`).join(' and ')}.` : 'build/wasm is up to date.',
  );
}
