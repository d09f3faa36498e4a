import { CsError } from '../base/errors.ts';

const PAGE = 65536;
/** Cache line: no two arrays share one, and every lane load of an array's start is aligned. */
const GRAIN = 64;

interface Gap {
  at: number;
  bytes: number;
}

/**
 * Allocator of the memory that all threads share. First fit over gaps kept in order of address and joined when freed;
 * the memory grows when no gap is large enough. Arrays stay where they are for life: growth moves nothing.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  /** most that may be in use, bytes */
  readonly limit_bytes: number;
  private used = 0;
  private peak = 0;
  private end: number;
  private readonly gaps: Gap[] = [];
  private readonly sizes = new Map<number, number>();
  private readonly buffers = new WeakSet<ArrayBufferLike>();

  /** @param reserved_bytes at the start, not given out @param limit_bytes at most 4 GiB */
  constructor(reserved_bytes: number, limit_bytes: number) {
    this.limit_bytes = Math.min(limit_bytes, 65536 * PAGE);
    this.end = Math.ceil(reserved_bytes / GRAIN) * GRAIN;
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(this.end / PAGE), maximum: 65536, shared: true });
    this.buffers.add(this.memory.buffer);
  }

  get inUse_bytes(): number {
    return this.used;
  }

  get peak_bytes(): number {
    return this.peak;
  }

  /**
   * @param bytes count
   * @returns address, a multiple of 64; what lies there is not cleared
   * @throws CsError `resource` `CS_OUT_OF_MEMORY`
   */
  allocate(bytes: number): number {
    const size = Math.max(GRAIN, Math.ceil(bytes / GRAIN) * GRAIN);
    if (this.used + size > this.limit_bytes) throw this.exhausted(bytes);
    const i = this.gaps.findIndex((gap) => gap.bytes >= size);
    const gap = this.gaps[i];
    let at: number;
    if (gap) {
      at = gap.at;
      gap.at += size;
      gap.bytes -= size;
      if (gap.bytes === 0) this.gaps.splice(i, 1);
    } else {
      at = this.end;
      this.reach(at + size, bytes);
      this.end = at + size;
    }
    this.sizes.set(at, size);
    this.used += size;
    this.peak = Math.max(this.peak, this.used);
    return at;
  }

  /** Give back what `allocate` returned. @throws CsError `bug` when nothing is allocated at that address */
  release(at: number): void {
    const size = this.sizes.get(at);
    if (size === undefined)
      throw new CsError('bug', 'CS_ARENA_ADDRESS', `Nothing is allocated at address ${at}.`, { at });
    this.sizes.delete(at);
    this.used -= size;
    let i = this.gaps.findIndex((gap) => gap.at > at);
    if (i < 0) i = this.gaps.length;
    this.gaps.splice(i, 0, { at, bytes: size });
    this.join(i);
    this.join(i - 1);
    const last = this.gaps.at(-1);
    if (last && last.at + last.bytes === this.end) {
      this.end = last.at;
      this.gaps.pop();
    }
  }

  /** An array of `count` numbers, not cleared; release it with `free`. */
  floats(count: number): Float32Array {
    const at = this.allocate(4 * count);
    return new Float32Array(this.memory.buffer, at, count);
  }

  /** Release an array of `floats`. */
  free(array: Float32Array): void {
    this.release(this.addressOf(array));
  }

  /**
   * Address of an array's first number.
   * @throws CsError `bug` `CS_ARENA_ADDRESS` for an array outside of this memory, which kernels cannot reach
   */
  addressOf(array: Float32Array): number {
    if (!this.buffers.has(array.buffer)) {
      const message = `An array of ${array.length} numbers does not lie in the engine's memory, where kernels work.`;
      throw new CsError('bug', 'CS_ARENA_ADDRESS', message, { length: array.length });
    }
    return array.byteOffset;
  }

  private join(i: number): void {
    const a = this.gaps[i];
    const b = this.gaps[i + 1];
    if (!a || !b || a.at + a.bytes !== b.at) return;
    a.bytes += b.bytes;
    this.gaps.splice(i + 1, 1);
  }

  private reach(end: number, wanted: number): void {
    const have = this.memory.buffer.byteLength;
    if (end <= have) return;
    try {
      this.memory.grow(Math.ceil((end - have) / PAGE));
    } catch {
      throw this.exhausted(wanted);
    }
    // each growth makes a new buffer object over the same bytes; arrays on the former ones stay valid
    this.buffers.add(this.memory.buffer);
  }

  private exhausted(wanted_bytes: number): CsError {
    const message =
      `Out of compute memory: ${wanted_bytes} bytes wanted, ${this.used} in use, limit ${this.limit_bytes}. ` +
      'Use a smaller box or batch, or fewer threads.';
    const details = { wanted_bytes, inUse_bytes: this.used, limit_bytes: this.limit_bytes };
    return new CsError('resource', 'CS_OUT_OF_MEMORY', message, details);
  }
}
