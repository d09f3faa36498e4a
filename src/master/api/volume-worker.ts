import { parentPort, workerData } from 'node:worker_threads';
import { asCsError } from '../../base/errors.ts';
import { readVolume } from '../../io/mrc.ts';
import { binVolume } from './bin-volume.ts';

function reply(message: unknown, transfer: ArrayBuffer[]): void {
  parentPort?.postMessage(message, transfer);
}

const { path, max_size } = workerData as { path: string; max_size: number };
try {
  const map = readVolume(path);
  const binned = binVolume(map.data, map.shape, map.psize_A, max_size);
  const data = new Uint8Array(binned.data.buffer);
  reply({ header: binned.header, data }, [data.buffer]);
} catch (error) {
  reply({ error: asCsError(error).toBody() }, []);
}
