import { bindPlainArguments, bindPythonCall } from '../calls/bind-arguments.ts';
import { CALLS, type CallInfo, findCall, shortAnswer, signature } from '../calls/call-table.ts';
import { exitStatus, makeCall } from '../calls/make-call.ts';
import { parsePythonCall } from '../calls/python-call.ts';
import { pythonText } from '../calls/python-text.ts';
import { type Command, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { suggestion } from '../nearest.ts';

export const cliCommand: Command = {
  name: 'cli',
  usage: '[--json] "<call>(<arguments>)" | <call> <argument> ...',
  summary: "Make a call, as \"get_job('P1', 'J3')\" or get_job P1 J3; alone it lists all calls.",
  details: `The first form takes Python literals, positional or as keywords. In the second form a word name=value is a
keyword argument; lists and dicts are written as JSON or Python literals:

  cryosparcm cli make_job job_type=homo_reconstruct project_uid=P1 workspace_uid=W1 params='{"symmetry": "D7"}'

Answers are printed as Python values, with --json as JSON. "cryosparcm cli --help <call>" explains one call.
Exit status: 0, or 1 after an error; wait_job_complete: 0 completed, 1 failed, 2 killed, 3 not ended.`,
  words: [0, 0],
  raw: true,
  run: async ({ positionals: words }) => {
    const { flags, rest } = takeFlags(words);
    const [first, ...others] = rest;
    if (flags.has('--help')) {
      process.stdout.write(first === undefined ? listCalls() : explainCall(findCall(first)));
      return 0;
    }
    if (first === undefined) {
      process.stdout.write(listCalls());
      return 0;
    }
    const { call, input } = readCall(first, others);
    const answer = await makeCall(Instance.open(process.env), call, input, new AbortController().signal);
    process.stdout.write(`${flags.has('--json') ? JSON.stringify(answer, null, 2) : printed(answer)}\n`);
    return exitStatus(call, answer);
  },
};

/** An answer as `print` shows it: text stands without quotes. */
export function printed(answer: unknown): string {
  return typeof answer === 'string' ? answer.replace(/\n$/, '') : pythonText(answer);
}

/** All calls with their arguments. */
export function listCalls(): string {
  const lines = CALLS.map((call) => `  ${signature(call)}\n      ${call.summary}`);
  return `Calls:\n\n${lines.join('\n')}\n`;
}

/** One call with what its arguments mean. */
export function explainCall(call: CallInfo): string {
  const lines = call.args.map((a) => {
    const type = a.types.length === 0 ? 'any' : a.types.join(' or ');
    const rest = [type, a.required ? 'required' : '', a.description].filter((text) => text !== '');
    return `  ${a.name}: ${rest.join(', ')}`;
  });
  const field = shortAnswer(call);
  const answer = field === null ? '' : ` Answers with the ${field}; ${call.api_name} with the whole document.`;
  const text = `${call.summary} In the API: ${call.api_name}.${answer}`;
  return [signature(call), '', text, '', ...lines].join('\n').concat('\n');
}

/** Read one call in either form. @throws CsError `input` that says what does not fit */
export function readCall(first: string, others: readonly string[]): { call: CallInfo; input: Record<string, unknown> } {
  if (others.length === 0 && first.includes('(')) {
    const parsed = parsePythonCall(first);
    const call = findCall(parsed.name);
    return { call, input: bindPythonCall(call, parsed) };
  }
  const call = findCall(first);
  return { call, input: bindPlainArguments(call, others) };
}

const FLAGS = ['--json', '--help'];

/** Our own flags stand before or after the call; other words that begin with two dashes are mistakes. */
function takeFlags(words: readonly string[]): { flags: Set<string>; rest: string[] } {
  const flags = new Set<string>();
  const rest: string[] = [];
  for (const word of words) {
    if (word === '-h') flags.add('--help');
    else if (FLAGS.includes(word)) flags.add(word);
    else if (/^--\w/.test(word)) {
      throw new UsageError(
        `cryosparcm cli has no option ${word}.${suggestion(word, FLAGS)} Arguments are written name=value.`,
      );
    } else rest.push(word);
  }
  return { flags, rest };
}
