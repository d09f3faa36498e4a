import { spawn } from 'node:child_process';

const OUTPUT_MAX = 4_000_000;

export interface Ran {
  /** exit status; null: it could not be started, or did not end in time */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** it was ended because it took too long */
  readonly late: boolean;
}

/** Run a command line in /bin/sh; after `timeout_ms` it is ended with all that it started. */
export function runCommand(command: string, timeout_ms: number): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/' });
    const texts = { stdout: '', stderr: '' };
    let late = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        if (texts[name].length < OUTPUT_MAX) texts[name] += part;
      });
    }
    const timer = setTimeout(() => {
      late = true;
      killGroup(child.pid);
    }, timeout_ms);
    const end = (status: number | null): void => {
      clearTimeout(timer);
      resolve({ ...texts, status, late });
    };
    child.once('error', (error) => {
      texts.stderr += error.message;
      end(null);
    });
    child.once('close', (status) => end(late ? null : status));
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has just ended by itself
  }
}

/** Why a command did not do what it should, in one line. */
export function failureText(command: string, { status, stdout, stderr, late }: Ran, timeout_ms: number): string {
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-3).join(' ').slice(0, 500);
  const what = late ? `did not end within ${timeout_ms / 1000} s` : `ended with status ${status ?? 'none'}`;
  return `"${command}" ${what}${said === '' ? '' : `: ${said}`}`;
}
