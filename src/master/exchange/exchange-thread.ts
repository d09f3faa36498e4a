import { Worker } from 'node:worker_threads';
import { CsError, type ErrorBody } from '../../base/errors.ts';
import type { exportJob, exportOutput } from '../../data/export-results.ts';
import type { importJobFiles } from '../../data/import-job.ts';
import type { Job, Output } from '../../schema/model.ts';

/** Work on files that takes long: tables of millions of rows, thousands of links. */
export type ExchangeTask =
  | { do: 'exportOutput'; project_dir: string; job: Job; output: Output; results: string[] | null }
  | { do: 'exportJob'; project_dir: string; job: Job }
  | { do: 'importJob'; exported: string; job: Job; project_dir: string; uid: string };

interface Results {
  exportOutput: ReturnType<typeof exportOutput>;
  exportJob: ReturnType<typeof exportJob>;
  importJob: ReturnType<typeof importJobFiles>;
}

/** Do it on a thread of its own, so that the API goes on answering. @throws CsError of the task */
export function onThread<T extends ExchangeTask>(task: T): Promise<Results[T['do']]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./exchange-worker.ts', import.meta.url), { workerData: task });
    worker.once('message', (reply: { result: Results[T['do']] } | { error: ErrorBody }) => {
      if ('error' in reply) reject(CsError.fromBody(reply.error));
      else resolve(reply.result);
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new CsError('bug', 'CS_EXCHANGE_THREAD', `The thread of ${task.do} ended with code ${code}.`)),
    );
  });
}
