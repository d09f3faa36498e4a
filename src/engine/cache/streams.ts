/** Bytes read and written in one go. */
export const CHUNK_BYTES = 8 << 20;

/**
 * Buffers for the chunks that are on their way at one time, over all files: one large file is copied by as many
 * streams as many small ones.
 */
export class Streams {
  readonly count: number;
  private readonly free: Buffer[];
  private readonly waiting: ((buffer: Buffer) => void)[] = [];

  constructor(count: number) {
    this.count = count;
    this.free = Array.from({ length: count }, () => Buffer.allocUnsafeSlow(CHUNK_BYTES));
  }

  /**
   * Call `step` for 0 to `steps` - 1, each with a buffer of its own while it runs.
   * @throws the first failure, when no step runs any more
   */
  async each(steps: number, step: (i: number, buffer: Buffer) => Promise<void>): Promise<void> {
    let next = 0;
    let failure: { error: unknown } | null = null;
    const lane = async (): Promise<void> => {
      while (next < steps && !failure) {
        const i = next++;
        const buffer = await this.take();
        try {
          if (!failure) await step(i, buffer);
        } catch (error) {
          failure ??= { error };
        } finally {
          this.give(buffer);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.count, steps) }, lane));
    if (failure) throw (failure as { error: unknown }).error;
  }

  private take(): Buffer | Promise<Buffer> {
    return this.free.pop() ?? new Promise((resolve) => this.waiting.push(resolve));
  }

  private give(buffer: Buffer): void {
    const next = this.waiting.shift();
    if (next) next(buffer);
    else this.free.push(buffer);
  }
}
