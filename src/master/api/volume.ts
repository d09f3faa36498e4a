import { Worker } from 'node:worker_threads';
import { CsError, type ErrorBody } from '../../base/errors.ts';

export interface VolumeHeader {
  shape: [number, number, number];
  psize_A: number;
  min: number;
  max: number;
  mean: number;
  std: number;
}

export interface BinnedVolume {
  header: VolumeHeader;
  /** f32 little-endian, x fastest */
  data: Uint8Array<ArrayBuffer>;
}

/** Maps are read on threads of their own, so many at once; the others wait. */
const PARALLEL = 2;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Read an MRC map on a thread of its own and average it down to at most `max_size` voxels a side.
 * @throws CsError of the MRC reader
 */
export async function readBinnedVolume(path: string, max_size: number): Promise<BinnedVolume> {
  if (running >= PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await new Promise<BinnedVolume>((resolve, reject) => {
      const worker = new Worker(new URL('./volume-worker.ts', import.meta.url), { workerData: { path, max_size } });
      worker.once('message', (reply: BinnedVolume | { error: ErrorBody }) => {
        if ('error' in reply) reject(CsError.fromBody(reply.error));
        else resolve(reply);
      });
      worker.once('error', reject);
      worker.once('exit', (code) =>
        reject(new CsError('bug', 'CS_VOLUME_THREAD', `The thread that reads ${path} ended with code ${code}.`)),
      );
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}
