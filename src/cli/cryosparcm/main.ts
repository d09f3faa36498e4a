import { asCsError, CsError } from '../../base/errors.ts';
import { VERSION } from '../../host/version.ts';
import { type Command, commandHelp, parseCommandLine, programHelp, UsageError } from '../command.ts';
import { suggestion } from '../nearest.ts';
import { styled } from '../text-table.ts';
import { createUserCommand, listUsersCommand, resetPasswordCommand, updateUserCommand } from './accounts.ts';
import { cliCommand } from './cli.ts';
import { clusterCommand } from './cluster.ts';
import { backupCommand, checkDbCommand, compactCommand, recoverCommand, restoreCommand } from './database.ts';
import { envCommand } from './env.ts';
import { eventLogCommand } from './event-log.ts';
import { filterLogCommand } from './filter-log.ts';
import { icliCommand } from './icli.ts';
import { joblogCommand, logCommand } from './logs.ts';
import { errorReportCommand, snapLogsCommand } from './reports.ts';
import { restartCommand, startCommand, stopCommand } from './start-stop.ts';
import { statusCommand } from './status.ts';
import { testCommand } from './test.ts';
import { changePortCommand, licenseStatusCommand, maintenanceCommand } from './upkeep.ts';
import { workerCommand } from './worker.ts';

const PROGRAM = 'cryosparcm';

const versionCommand: Command = {
  name: 'version',
  usage: '',
  summary: 'Print the version of this installation.',
  words: [0, 0],
  run: async () => {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  },
};

const helpCommand: Command = {
  name: 'help',
  usage: '[<command>]',
  summary: 'List all commands, or explain one.',
  words: [0, 1],
  run: async ({ positionals: [name] }) => {
    const title = `Administration of an instance (${VERSION}).`;
    process.stdout.write(name === undefined ? programHelp(PROGRAM, title, COMMANDS) : commandHelp(PROGRAM, find(name)));
    return 0;
  },
};

const COMMANDS: readonly Command[] = [
  helpCommand,
  startCommand,
  stopCommand,
  restartCommand,
  statusCommand,
  logCommand,
  joblogCommand,
  eventLogCommand,
  filterLogCommand,
  snapLogsCommand,
  errorReportCommand,
  envCommand,
  clusterCommand,
  cliCommand,
  icliCommand,
  createUserCommand,
  resetPasswordCommand,
  updateUserCommand,
  listUsersCommand,
  workerCommand,
  testCommand,
  maintenanceCommand,
  backupCommand,
  restoreCommand,
  compactCommand,
  checkDbCommand,
  recoverCommand,
  changePortCommand,
  licenseStatusCommand,
  versionCommand,
];

function find(name: string): Command {
  const command = COMMANDS.find((c) => c.name === name);
  if (command) return command;
  const names = COMMANDS.map((c) => c.name);
  throw new UsageError(`There is no command ${name}.${suggestion(name, names)} "${PROGRAM} help" lists all.`);
}

async function main([name = 'help', ...rest]: readonly string[]): Promise<number> {
  if (name === '-h' || name === '--help') return main(['help']);
  if (name === '--version') return main(['version']);
  const command = find(name);
  const asksForHelp = command.raw !== true && rest.some((word) => word === '--help' || word === '-h');
  if (asksForHelp) return main(['help', name]);
  return command.run(parseCommandLine(PROGRAM, command, rest));
}

main(process.argv.slice(2)).then(
  // the status is set, not forced, so that output in a pipe is still written
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const known = asCsError(error);
    const text = known instanceof UsageError ? known.message : `${known.code}: ${known.message}`;
    process.stderr.write(`${styled('red', 'Error', process.stderr)} ${text}\n`);
    if (!(error instanceof CsError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = known instanceof UsageError ? 2 : 1;
  },
);
