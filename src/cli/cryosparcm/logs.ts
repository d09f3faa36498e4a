import { once } from 'node:events';
import { CsError } from '../../base/errors.ts';
import { type Command, type CommandArgs, type CommandOption, UsageError } from '../command.ts';
import { followFile, lastLines } from '../follow-file.ts';
import { Instance } from '../instance.ts';
import { suggestion } from '../nearest.ts';

const PROCESSES = ['webapp', 'database', 'command_core', 'supervisord'];

const options: Record<string, CommandOption> = {
  lines: {
    type: 'string',
    short: 'n',
    value: 'number',
    summary: 'how many of the last lines to show first (default 50)',
  },
  'no-follow': { type: 'boolean', summary: 'end after these lines instead of showing new ones as they come' },
};

export const logCommand: Command = {
  name: 'log',
  usage: '<process> [-n <lines>] [--no-follow]',
  summary: `Show the log of ${PROCESSES.join(', ')} and follow it; Ctrl-C ends it.`,
  options,
  words: [1, 1],
  run: async (args) => {
    const [name = ''] = args.positionals;
    if (!PROCESSES.includes(name)) {
      throw new UsageError(`There is no log of ${name}.${suggestion(name, PROCESSES)} Logs: ${PROCESSES.join(', ')}.`);
    }
    const instance = Instance.open(process.env);
    return show(`${instance.run_dir}/${name}.log`, args);
  },
};

export const joblogCommand: Command = {
  name: 'joblog',
  usage: '<PX> <JXX> [-n <lines>] [--no-follow]',
  summary: 'Show what a job wrote to standard output and follow it; Ctrl-C ends it.',
  options,
  words: [2, 2],
  run: async (args) => {
    const [project_uid = '', job_uid = ''] = args.positionals;
    const job_dir = await Instance.open(process.env).call('jobs.dir', { project_uid, job_uid });
    return show(`${job_dir}/job.log`, args);
  },
};

async function show(path: string, args: CommandArgs): Promise<number> {
  const lines = Number(args.text('lines') ?? 50);
  if (!Number.isInteger(lines) || lines < 0)
    throw new UsageError(`-n wants a whole number, found ${args.text('lines')}.`);
  const follow = !args.flag('no-follow');
  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  process.once('SIGTERM', () => ended.abort());
  // the reader of a pipe (head, grep -m) went away: that is an end like any other
  process.stdout.on('error', () => ended.abort());
  try {
    const { text, end } = lastLines(path, lines);
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
    if (follow) await followFile(path, end, (chunk) => process.stdout.write(chunk), ended.signal);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CsError('external', 'CS_LOG', `Cannot read ${path}: ${message}.`, { path }, error);
  }
  return 0;
}
