import { appendFileSync } from 'node:fs';
import { asCsError } from '../base/errors.ts';

/** One line a message, with time and level, to standard output or to a file of its own. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string, cause?: unknown): void;
}

/** @param path file to append to; standard output when left out. A log that cannot be written never stops the server. */
export function createLog(path?: string): Log {
  const write = (level: string, text: string): void => {
    const line = `${new Date().toISOString()} ${level} ${text}\n`;
    if (path === undefined) {
      process.stdout.write(line);
      return;
    }
    try {
      appendFileSync(path, line);
    } catch {
      process.stdout.write(line);
    }
  };
  return {
    info: (text) => write('INFO', text),
    warn: (text) => write('WARNING', text),
    error: (text, cause) => {
      write('ERROR', cause === undefined ? text : `${text} ${describe(cause)}`);
    },
  };
}

/** What went wrong, with the stack when it is our own fault. */
function describe(cause: unknown): string {
  const error = asCsError(cause);
  if (error.kind !== 'bug') return `${error.code}: ${error.message}`;
  const origin = error.cause instanceof Error ? error.cause : error;
  return `${error.code}: ${origin.stack ?? error.message}`;
}

/** For tests and tools that do not want a log. */
export const SILENT_LOG: Log = { info: () => {}, warn: () => {}, error: () => {} };
