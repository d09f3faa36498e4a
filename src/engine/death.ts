import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Exit } from './job-process.ts';
import type { Outcome } from './messages.ts';

const USUAL_CAUSE: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'out of memory is the usual cause',
  SIGABRT: 'the runtime gave up, see the end of job.log',
  SIGSEGV: 'a fault in compiled code, see the end of job.log',
  SIGBUS: 'a file that it had mapped was cut short, or the disk is full',
  SIGILL: 'this processor lacks an instruction',
  SIGXCPU: 'a limit on CPU time',
};

/** The outcome of a job whose process died without telling one, in words. */
export function outcomeOfDeath(exit: Exit, peak_mb: number, memory_mb: number, job_log: string): Outcome {
  const memory = peak_mb > 0 ? ` It had used up to ${Math.round(peak_mb)} MB of memory (${memory_mb} MB given).` : '';
  const heap = /heap out of memory|Allocation failed/.test(endOf(job_log));
  if (heap || exit.signal === 'SIGKILL') {
    const how = exit.signal === null ? `ended with exit code ${exit.code}` : `was killed by signal ${exit.signal}`;
    const cause = heap ? 'the heap of the runtime was full' : USUAL_CAUSE.SIGKILL;
    return failed('resource', 'CS_PROCESS_KILLED', `The job's process ${how}: ${cause}.${memory}`);
  }
  if (exit.signal !== null) {
    const cause = USUAL_CAUSE[exit.signal];
    const message = `The job's process was killed by signal ${exit.signal}${cause ? `: ${cause}` : ''}.${memory}`;
    return failed('external', 'CS_PROCESS_KILLED', message);
  }
  const message = `The job's process ended with exit code ${exit.code} before the job was done; see the end of job.log.`;
  return failed('bug', 'CS_PROCESS_EXIT', message);
}

export function failed(kind: Outcome['errors'][number]['kind'], code: string, message: string): Outcome {
  return { status: 'failed', errors: [{ kind, code, message }], outputs: [] };
}

/** The last 4 kB of a text file; empty when it cannot be read. */
function endOf(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const length = Math.min(4096, fstatSync(fd).size);
      const buffer = Buffer.alloc(length);
      readSync(fd, buffer, 0, length, fstatSync(fd).size - length);
      return buffer.toString('utf8');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
