import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Command, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { suggestion } from '../nearest.ts';
import { LOG_NAMES } from './instance-logs.ts';

const LEVELS = ['INFO', 'WARNING', 'ERROR'];

export interface LogFilter {
  /** messages of this level and above; null: all */
  level: string | null;
  /** messages whose time begins with this text: a day, an hour */
  date: string | null;
  /** messages that hold this text, whatever the case of its letters */
  text: string | null;
}

export const filterLogCommand: Command = {
  name: 'filterlog',
  usage: '<process> [-l <level>] [-d <date>] [-t <text>] [-m <lines>]',
  summary: `Show chosen messages of a log of ${LOG_NAMES.join(', ')}, those put aside included.`,
  options: {
    level: { type: 'string', short: 'l', summary: `this level and above: ${LEVELS.join(', ')}` },
    date: { type: 'string', short: 'd', summary: 'of a day or hour, as 2026-01-31 or 2026-01-31T15 (UTC)' },
    text: { type: 'string', short: 't', summary: 'messages that hold this text' },
    max_lines: { type: 'string', short: 'm', value: 'number', summary: 'only the last so many messages' },
  },
  words: [1, 1],
  run: async (args) => {
    const [name = ''] = args.positionals;
    if (!LOG_NAMES.includes(name)) {
      throw new UsageError(`There is no log of ${name}.${suggestion(name, LOG_NAMES)} Logs: ${LOG_NAMES.join(', ')}.`);
    }
    const level = args.text('level')?.toUpperCase() ?? null;
    if (level !== null && !LEVELS.includes(level)) {
      throw new UsageError(`There is no level ${level}. Levels: ${LEVELS.join(', ')}.`);
    }
    const date = args.text('date') ?? null;
    if (date !== null && !/^\d{4}(-\d{2}){0,2}(T\d{2}(:\d{2}){0,2})?$/.test(date)) {
      throw new UsageError(`--date is "${date}", wanted a day as 2026-01-31.`);
    }
    const most = Number(args.text('max_lines') ?? Infinity);
    if (!(most > 0)) throw new UsageError(`--max_lines is ${args.text('max_lines')}, wanted a number above 0.`);
    const { run_dir } = Instance.open(process.env);
    const found: string[] = [];
    for (const path of logFiles(`${run_dir}/${name}.log`)) {
      for await (const message of messages(path)) {
        if (!matches(message, { level, date, text: args.text('text') ?? null })) continue;
        found.push(message);
        if (found.length > most) found.shift();
      }
    }
    process.stdout.write(found.map((message) => `${message}\n`).join(''));
    return 0;
  },
};

/** A log and those put aside, oldest first. */
function logFiles(path: string): string[] {
  const aside: string[] = [];
  for (let n = 1; existsSync(`${path}.${n}`); n++) aside.unshift(`${path}.${n}`);
  return existsSync(path) ? [...aside, path] : aside;
}

/** Messages of a log: a line with a time, and the lines without one that follow it (a stack). */
async function* messages(path: string): AsyncGenerator<string> {
  let message = '';
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    if (/^\d{4}-\d{2}-\d{2}T\S+ /.test(line) && message !== '') {
      yield message;
      message = line;
    } else message = message === '' ? line : `${message}\n${line}`;
  }
  if (message !== '') yield message;
}

/** Whether a message is wanted. Lines without time and level count as INFO without a time. */
export function matches(message: string, { level, date, text }: LogFilter): boolean {
  const [, time = '', own = 'INFO'] = /^(\d{4}-\d{2}-\d{2}T\S+) (\w+) /.exec(message) ?? [];
  if (level !== null && LEVELS.indexOf(own) < LEVELS.indexOf(level)) return false;
  if (date !== null && !time.startsWith(date)) return false;
  return text === null || message.toLowerCase().includes(text.toLowerCase());
}
