import { CsError } from '../../base/errors.ts';
import { INSTALL_DIR, VERSION } from '../../host/version.ts';
import { suggestion } from '../nearest.ts';
import { styled, textTable } from '../text-table.ts';
import { cacheClear, cacheStatus } from './cache.ts';
import { type Command, EXIT } from './commands.ts';
import { connect } from './connect.ts';
import { gpulist } from './gpulist.ts';
import { parseOptions, usage } from './options.ts';
import { run } from './run.ts';

const env: Command = {
  name: 'env',
  summary: 'Print the settings of this installation for a shell: eval "$(cryosparcw env)".',
  options: [],
  run: async () => {
    const settings: [string, string][] = [
      ['CRYOSPARC_ROOT_DIR', INSTALL_DIR],
      ['CRYOSPARC_VERSION', VERSION],
      ['CRYOSPARC_NODE', process.execPath],
    ];
    for (const [name, value] of Object.entries(process.env)) {
      if (name.startsWith('CRYOSPARC_') && value !== undefined) settings.push([name, value]);
    }
    const lines = new Map(settings.map(([name, value]) => [name, `export ${name}=${shellQuoted(value)}`]));
    process.stdout.write(
      `${[...lines.values()].join('\n')}\nexport PATH=${shellQuoted(`${INSTALL_DIR}/bin`)}:"$PATH"\n`,
    );
    return EXIT.ok;
  },
};

const version: Command = {
  name: 'version',
  summary: 'Print the version of this installation.',
  options: [],
  run: async () => {
    process.stdout.write(`${VERSION}\n`);
    return EXIT.ok;
  },
};

const COMMANDS: readonly Command[] = [connect, gpulist, cacheStatus, cacheClear, run, env, version];

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const [name = 'help', ...args] = joined(words);
  try {
    if (name === 'help' || name === '--help' || name === '-h') return help(joined(args)[0]);
    if (name === '--version') return await version.run(parseOptions([], args));
    const command = find(name);
    if (args.includes('--help') || args.includes('-h')) return help(name);
    return await command.run(parseOptions(command.options, args));
  } catch (error) {
    return tell(name, error);
  }
}

/** The words with a command's name of two words, such as `cache status`, as one. */
function joined([first, second, ...rest]: readonly string[]): string[] {
  const both = `${first} ${second}`;
  if (COMMANDS.some((c) => c.name === both)) return [both, ...rest];
  return [first, second].filter((word) => word !== undefined).concat(rest);
}

function find(name: string): Command {
  const command = COMMANDS.find((c) => c.name === name);
  if (!command) {
    const group = COMMANDS.flatMap((c) => (c.name.startsWith(`${name} `) ? [c.name] : []));
    if (group.length > 0) throw usage(`Wanted one of: ${group.join(', ')}. See cryosparcw help.`);
    throw usage(
      `Unknown command "${name}".${suggestion(name, [...COMMANDS.map((c) => c.name), 'help'])} See cryosparcw help.`,
    );
  }
  return command;
}

function help(name: string | undefined): number {
  if (name === undefined) {
    const rows = [
      ...COMMANDS.map((c) => [c.name, c.summary]),
      ['help', 'Print this text, or `help <command>` that of a command.'],
    ];
    process.stdout.write(`cryosparcw ${VERSION}: commands of a worker\n\n${textTable(rows, { indent: '  ' })}\n`);
    return EXIT.ok;
  }
  const { options, summary, details } = find(name);
  const forms = options.map((o) => {
    const form = o.value === undefined ? `--${o.name}` : `--${o.name} ${o.value}`;
    return [o.required ? form : `[${form}]`, `: ${o.help}`];
  });
  const table = forms.length === 0 ? '' : `\n\n${textTable(forms, { indent: '  ' })}`;
  const text = `${styled('bold', `cryosparcw ${name}`)}${table}\n\n${[summary, details].filter(Boolean).join('\n')}`;
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

function tell(command: string, error: unknown): number {
  const prefix = styled('red', `cryosparcw${command ? ` ${command}` : ''}:`, process.stderr);
  if (error instanceof CsError) {
    const hint =
      error.code === 'CS_USAGE'
        ? ` See cryosparcw help${COMMANDS.some((c) => c.name === command) ? ` ${command}` : ''}.`
        : '';
    process.stderr.write(
      `${prefix} ${error.message}${error.message.includes('See cryosparcw help') ? '' : hint} [${error.code}]\n`,
    );
    return error.code === 'CS_USAGE' ? EXIT.usage : EXIT.failed;
  }
  process.stderr.write(`${prefix} ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failed;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
