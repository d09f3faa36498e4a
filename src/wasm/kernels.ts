import { readFileSync } from 'node:fs';
import { CsError } from '../base/errors.ts';

/** What a module of kernels exports. */
export interface Kernels {
  /**
   * Take work items of the current command until none is left.
   * @param block address of the command block @param thread number of this thread, for its scratch
   */
  work(block: number, thread: number): void;
}

/** Operations of the kernels; see src/wasm/assembly/index.as. */
export const OPERATION = {
  rows: 1,
  columns: 2,
  image: 3,
  complexRows: 4,
  pack: 5,
  score: 6,
  slice: 7,
  insert: 8,
} as const;

/** (module (func (param v128 v128 v128) (result v128) … f32x4.relaxed_madd)): valid where relaxed SIMD is known. */
const RELAXED_PROBE = Buffer.from('0061736d0100000001080160037b7b7b017b030201000a0d010b00200020012002fd85020b', 'hex');

/** Whether this runtime has fused multiply-add for WebAssembly. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

/**
 * Compile the kernels that suit this runtime.
 * @param relaxed whether to take those with fused multiply-add
 * @throws CsError `resource` `CS_KERNELS_MISSING` when they have not been built
 */
export async function loadKernels(relaxed: boolean = hasRelaxedSimd()): Promise<WebAssembly.Module> {
  const url = new URL(`../../build/wasm/kernels${relaxed ? '-relaxed' : ''}.wasm`, import.meta.url);
  let binary: Uint8Array<ArrayBuffer>;
  try {
    binary = new Uint8Array(readFileSync(url));
  } catch (error) {
    const message = `The compute kernels cannot be read from ${url.pathname}; build them with: npm run build:wasm`;
    throw new CsError('resource', 'CS_KERNELS_MISSING', message, { path: url.pathname }, error);
  }
  return WebAssembly.compile(binary);
}

/** The kernels on a shared memory; each thread has its own instance. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
