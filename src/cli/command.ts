import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { CsError } from '../base/errors.ts';
import { suggestion } from './nearest.ts';

export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly summary: string;
  /** what stands for the value in the help text */
  readonly value?: string;
}

export interface CommandArgs {
  readonly positionals: readonly string[];
  /** the option's value; undefined when it was not given */
  text(option: string): string | undefined;
  flag(option: string): boolean;
}

/** One command of a command-line program. */
export interface Command {
  readonly name: string;
  /** what follows the name, as `<process>` */
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** how many words it takes: at least, at most */
  readonly words: readonly [number, number];
  /** the command reads its words itself: nothing in them is an option of ours */
  readonly raw?: boolean;
  /** @returns the exit status */
  run(args: CommandArgs): Promise<number>;
}

/** What was typed does not fit: exit status 2. */
export class UsageError extends CsError {
  constructor(message: string) {
    super('input', 'CS_USAGE', message);
  }
}

/** @throws UsageError naming the unknown option or the word too many, with the nearest option there is */
export function parseCommandLine(program: string, command: Command, argv: readonly string[]): CommandArgs {
  if (command.raw) return { positionals: argv, text: () => undefined, flag: () => false };
  const known = command.options ?? {};
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(known).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
  for (const word of argv) {
    if (word === '--') break;
    const [, name] = /^--(?:no-)?([^=]+)/.exec(word) ?? [];
    const full = word.slice(2).split('=', 1)[0] ?? '';
    if (name !== undefined && !(full in known)) {
      throw new UsageError(
        `${called(program, command)} has no option --${full}.${suggestion(full, Object.keys(known))}`,
      );
    }
  }
  const { values, positionals } = parse(program, command, argv, config);
  const [least, most] = command.words;
  if (positionals.length < least || positionals.length > most) {
    throw new UsageError(usageLine(program, command));
  }
  return {
    positionals,
    text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    flag: (option) => values[option] === true,
  };
}

function parse(
  program: string,
  command: Command,
  argv: readonly string[],
  options: ParseArgsOptionsConfig,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = (error as Error).message.split('. ')[0];
    throw new UsageError(`${called(program, command)}: ${reason}.\n${usageLine(program, command)}`);
  }
}

/** How a command is typed; a program that is one command has no name after its own. */
function called(program: string, command: Command): string {
  return `${program} ${command.name}`.trimEnd();
}

function usageLine(program: string, command: Command): string {
  return `Usage: ${called(program, command)} ${command.usage}`.trimEnd();
}

/** The help text of one command. */
export function commandHelp(program: string, command: Command): string {
  const lines = [usageLine(program, command), '', command.summary];
  if (command.details !== undefined) lines.push('', command.details);
  const options = Object.entries(command.options ?? {}).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.type === 'string' ? ` <${option.value ?? name}>` : '';
    return [`  ${short}--${name}${value}`, option.summary] as const;
  });
  if (options.length > 0) lines.push('', 'Options:', ...columns(options));
  return `${lines.join('\n')}\n`;
}

/** The list of all commands. */
export function programHelp(program: string, title: string, commands: readonly Command[]): string {
  const rows = commands.map((c) => [`  ${`${c.name} ${c.usage}`.trimEnd()}`, c.summary] as const);
  return `${title}\n\nUsage: ${program} <command> [options]\n\n${columns(rows).join('\n')}\n\n"${program} help <command>" tells more.\n`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)) + 2);
  return rows.map(([left, right]) =>
    left.length < width ? left.padEnd(width) + right : `${left}\n${' '.repeat(width)}${right}`,
  );
}
