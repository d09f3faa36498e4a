import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { asCsError, CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { bindPythonCall } from '../calls/bind-arguments.ts';
import { CALLS, findCall } from '../calls/call-table.ts';
import { makeCall } from '../calls/make-call.ts';
import { parsePythonLine, type PyValue } from '../calls/python-call.ts';
import { pythonText } from '../calls/python-text.ts';
import type { Command } from '../command.ts';
import { Instance } from '../instance.ts';
import { explainCall, listCalls, readCall } from './cli.ts';

export const icliCommand: Command = {
  name: 'icli',
  usage: '',
  summary: 'An interactive shell on the calls of "cryosparcm cli", with history and completion.',
  details: `Both forms of "cryosparcm cli" work, and answers can be kept: job = get_job('P1', 'J3'), then job['status'].
The last answer is _. Tab completes names of calls and arguments; an open bracket continues on the next line; Ctrl-C ends
a call that takes too long; Ctrl-D leaves.`,
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    const version = await instance.call('instance.version', {});
    if (process.stdin.isTTY) {
      process.stdout.write(`Instance ${instance.url}, ${version}. "help" lists all calls, Ctrl-D leaves.\n`);
    }
    return converse(instance);
  },
};

const HISTORY_LINES = 1000;

/** A line typed; `undefined` when it gives nothing to show. */
export type Evaluate = (line: string, signal: AbortSignal) => Promise<unknown>;

/** The shell's language over the calls of an instance, with the names that were given to answers. */
export function evaluator(instance: Pick<Instance, 'call'>): Evaluate {
  const names = new Map<string, PyValue>();
  const keep = (name: string | null, value: unknown): unknown => {
    names.set('_', value as PyValue);
    if (name === null) return value;
    names.set(name, value as PyValue);
    return undefined;
  };
  return async (typed, signal) => {
    const line = typed.trim();
    if (line === '') return undefined;
    const [, plain, rest = ''] = /^([\w.]+)\s+([^=(\s][^]*)$/.exec(line) ?? [];
    if (line === 'help' || line === '?') return new Said(listCalls());
    if (plain === 'help') return new Said(explainCall(findCall(rest)));
    const word = plain ?? (/^[a-z][\w.]*$/.test(line) ? line : undefined);
    if (word !== undefined && !names.has(word)) {
      const { call, input } = readCall(word, shellWords(rest));
      return keep(null, await makeCall(instance as Instance, call, input, signal));
    }
    const parsed = parsePythonLine(line, names);
    if (parsed.kind === 'value') return keep(parsed.target, parsed.value);
    const call = findCall(parsed.call.name);
    return keep(parsed.target, await makeCall(instance as Instance, call, bindPythonCall(call, parsed.call), signal));
  };
}

/** Text of the shell itself, shown as it is. */
class Said {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Names of calls, and within the brackets of a call its arguments. */
export function complete(line: string): [string[], string] {
  const [, name, word = ''] = /([\w.]+)\((?:[^()]*[,\s])?(\w*)$/.exec(line) ?? [];
  const call = CALLS.find((c) => c.name === name || `cli.${c.name}` === name);
  if (call !== undefined) {
    return [call.args.map((a) => `${a.name}=`).filter((a) => a.startsWith(word)), word];
  }
  const typed = /[\w.]*$/.exec(line)?.[0] ?? '';
  const known = ['help', ...CALLS.map((c) => c.name)].map((n) => (typed.startsWith('cli.') ? `cli.${n}` : n));
  return [known.filter((n) => n.startsWith(typed)), typed];
}

/** Words of a line, with quotes as a shell has them. */
function shellWords(text: string): string[] {
  const words = text.match(/(?:[^\s'"]+|'[^']*'|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return words.map((word) =>
    word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, single?: string, double?: string) =>
      double === undefined ? (single ?? '') : double.replaceAll(/\\(["\\])/g, '$1'),
    ),
  );
}

function isIncomplete(error: unknown): boolean {
  return error instanceof CsError && error.code === 'CS_CALL_SYNTAX' && error.details['incomplete'] === true;
}

/**
 * Read and answer lines until the end of the input, one after the other: pasted and piped lines wait for their turn.
 * @returns 1 when the input was no terminal and one of its calls failed
 */
async function converse(instance: Instance): Promise<number> {
  const evaluate = evaluator(instance);
  const history_path = `${instance.run_dir}/icli_history`;
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const shell = createInterface({
    input: process.stdin,
    output: terminal ? process.stdout : undefined,
    terminal,
    completer: complete,
    history: terminal ? readHistory(history_path) : [],
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
  });
  let running: AbortController | null = null;
  let pending = '';
  let failed = false;
  const prompt = (): void => {
    shell.setPrompt(pending === '' ? 'cryosparc> ' : '...        ');
    if (terminal) shell.prompt();
  };
  shell.on('SIGINT', () => {
    if (running !== null) {
      running.abort();
      return;
    }
    pending = '';
    process.stdout.write('\n');
    // what was typed of the line so far goes too
    shell.write(null, { ctrl: true, name: 'u' });
    prompt();
  });
  prompt();
  for await (const line of shell) {
    const text = pending + line;
    running = new AbortController();
    try {
      const value = await evaluate(text, running.signal);
      pending = '';
      if (value !== undefined) process.stdout.write(`${shown(value)}\n`);
    } catch (error) {
      pending = isIncomplete(error) && line.trim() !== '' ? `${text}\n` : '';
      if (pending === '' && !running.signal.aborted) {
        failed = true;
        const { code, message } = asCsError(error);
        process.stderr.write(`${code}: ${message}\n`);
      }
    } finally {
      running = null;
    }
    prompt();
  }
  if (terminal) writeHistory(history_path, (shell as unknown as { history: string[] }).history);
  return failed && !terminal ? 1 : 0;
}

function shown(value: unknown): string {
  return value instanceof Said ? value.text : pythonText(value, process.stdout.columns ?? 100);
}

/** Newest first, as readline keeps it. */
function readHistory(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    // none yet, or not ours to read: the shell works without
    return [];
  }
}

function writeHistory(path: string, lines: readonly string[]): void {
  try {
    writeFileAtomic(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  } catch (error) {
    process.stderr.write(`The history was not kept: ${(error as Error).message}\n`);
  }
}
