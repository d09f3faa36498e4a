import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** One comparison. `goal` is the speedup that the project asks for. */
export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly peer: string;
  readonly ours_ms: number;
  readonly peer_ms: number;
  readonly goal: number;
}

/** Rounds in which both sides take turns, so that other load on the machine meets both. */
const ROUNDS = 5;
/** About how long one side works in a round, ms. */
const ROUND_MS = 250;
/** Rest before a side's turn, ms: OpenBLAS's threads keep a core busy for some 30 ms after their last product. */
const PAUSE_MS = 80;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Times of `repeats` calls, ms. */
export async function timed(work: () => void | Promise<void>, repeats: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times;
}

/** Medians of two sides that take turns. Each side is called with the number of repeats it should time. */
export async function compare(
  ours: (repeats: number) => Promise<number[]>,
  peer: (repeats: number) => Promise<number[]>,
): Promise<{ ours_ms: number; peer_ms: number }> {
  // the first calls compile, touch memory, and tell how many fit into a round
  const repeatsOf = async (side: (repeats: number) => Promise<number[]>): Promise<number> => {
    await side(3);
    return Math.max(1, Math.round(ROUND_MS / median(await side(2))));
  };
  const [oursRepeats, peerRepeats] = [await repeatsOf(ours), await repeatsOf(peer)];
  const oursTimes: number[] = [];
  const peerTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await pause(PAUSE_MS);
    oursTimes.push(...(await ours(oursRepeats)));
    await pause(PAUSE_MS);
    peerTimes.push(...(await peer(peerRepeats)));
  }
  return { ours_ms: median(oursTimes), peer_ms: median(peerTimes) };
}

/** The system's Python with NumPy and SciPy, doing the same work. */
export class PythonPeer {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    const env = { ...process.env, OMP_NUM_THREADS: '2', OPENBLAS_NUM_THREADS: '2' };
    const script = join(import.meta.dirname, 'peer.py');
    const child = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.child = child;
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Times of `repeats` calls of an operation of peer.py, ms. */
  async times(request: Record<string, unknown>, repeats: number): Promise<number[]> {
    this.child.stdin?.write(`${JSON.stringify({ ...request, repeats })}\n`);
    const answer = await this.lines.next();
    if (answer.done) throw new Error('The Python peer ended. Are python3-numpy and python3-scipy installed?');
    return JSON.parse(answer.value) as number[];
  }

  close(): void {
    this.child.stdin?.end();
  }
}
