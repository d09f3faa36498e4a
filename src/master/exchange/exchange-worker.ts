import { parentPort, workerData } from 'node:worker_threads';
import { asCsError } from '../../base/errors.ts';
import { exportJob, exportOutput } from '../../data/export-results.ts';
import { importJobFiles } from '../../data/import-job.ts';
import type { ExchangeTask } from './exchange-thread.ts';

function perform(task: ExchangeTask): unknown {
  if (task.do === 'exportOutput') return exportOutput(task.project_dir, task.job, task.output, task.results);
  if (task.do === 'exportJob') return exportJob(task.project_dir, task.job);
  return importJobFiles(task.exported, task.job, task.project_dir, task.uid);
}

function reply(message: unknown, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

try {
  reply({ result: perform(workerData as ExchangeTask) });
} catch (error) {
  reply({ error: asCsError(error).toBody() });
}
