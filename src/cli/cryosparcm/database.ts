import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileError } from '../../host/fs-errors.ts';
import { checkProjects } from '../../master/core/check-projects.ts';
import { noteNewerFiles } from '../../master/core/moving/newer-files.ts';
import { recover } from '../../master/core/moving/recover.ts';
import { Database } from '../../master/db/database.ts';
import { checkBackup, fileStamp, replaceDatabase } from '../../master/db/replace.ts';
import { SILENT_LOG } from '../../master/log.ts';
import { type Command, type CommandArgs, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { textTable } from '../text-table.ts';
import { holdingDatabase, withStoppedDatabase } from './stopped-database.ts';

export const backupCommand: Command = {
  name: 'backup',
  usage: '[--dir <dir>] [--file <name>]',
  summary: 'Write a consistent copy of the database; the instance may run meanwhile.',
  details:
    'Without --dir it goes to "backup" in the database directory, without --file its name has the time. Project directories are not part of it.',
  options: {
    dir: { type: 'string', summary: 'directory of the backup' },
    file: { type: 'string', value: 'name', summary: 'name of the backup file' },
  },
  words: [0, 0],
  run: async (args) => {
    const instance = Instance.open(process.env);
    const dir = resolve(args.text('dir') ?? join(instance.settings.db_path, 'backup'));
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileError(error, 'Backup directory', dir);
    }
    const name = args.text('file');
    if (name !== undefined && (name === '' || name.includes('/'))) {
      throw new UsageError(`--file is "${name}", wanted a name without slashes; --dir names the directory.`);
    }
    const path = join(dir, name ?? `cryosparc_backup_${fileStamp()}.db`);
    const size_mb =
      instance.runningSupervisor() === null
        ? await withStoppedDatabase(instance, (db) => db.backup(path))
        : (await instance.call('instance.backup', { path }, { timeout_ms: 3_600_000 })).size_mb;
    process.stdout.write(`Backup written to ${path} (${size_mb.toFixed(1)} MB).\n`);
    return 0;
  },
};

export const restoreCommand: Command = {
  name: 'restore',
  usage: '--file <path>',
  summary: 'Put a backup in the place of the database; the instance must be stopped.',
  details:
    'The replaced database is kept beside it. Jobs that project directories have and the backup does not know are named; their directories are not touched.',
  options: { file: { type: 'string', value: 'path', summary: 'backup to restore' } },
  words: [0, 0],
  run: async (args) => {
    const file = args.text('file');
    if (file === undefined) throw new UsageError('--file is missing.');
    const instance = Instance.open(process.env);
    const { db_path } = instance.settings;
    const path = resolve(file);
    const backup = checkBackup(path);
    const { replaced, notes } = await holdingDatabase(instance, async () => {
      const replaced = replaceDatabase(db_path, path);
      const db = new Database(db_path, SILENT_LOG);
      try {
        return { replaced, notes: await noteNewerFiles(db) };
      } finally {
        db.close();
      }
    });
    process.stdout.write(`Restored ${path}: ${backup.projects} projects, ${backup.jobs} jobs.\n`);
    if (replaced !== null) process.stdout.write(`The replaced database is ${replaced}.\n`);
    for (const note of notes) process.stdout.write(`Note: ${note}\n`);
    return 0;
  },
};

export const compactCommand: Command = {
  name: 'compact',
  usage: '',
  summary: 'Give the space of deleted documents in the database back to the file system.',
  details: 'While the instance runs, calls wait for it to end; a database of 1 GB takes some seconds.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    const { before_mb, after_mb } =
      instance.runningSupervisor() === null
        ? await withStoppedDatabase(instance, (db) => ({ before_mb: db.sizeMb(), after_mb: db.compact() }))
        : await instance.call('instance.compact_database', {}, { timeout_ms: 3_600_000 });
    process.stdout.write(`Compacted from ${before_mb.toFixed(2)} MB to ${after_mb.toFixed(2)} MB.\n`);
    return 0;
  },
};

export const checkDbCommand: Command = {
  name: 'checkdb',
  usage: '',
  summary: 'Check every page and reference of the database, and the project directories.',
  details: 'Exit status: 0 when all is well, 1 when something was found.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    const problems =
      instance.runningSupervisor() === null
        ? await withStoppedDatabase(instance, checkStopped)
        : (await instance.call('instance.check_database', {}, { timeout_ms: 3_600_000 })).problems;
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    process.stdout.write(problems.length === 0 ? 'Database and project directories are in order.\n' : '');
    return problems.length === 0 ? 0 : 1;
  },
};

async function checkStopped(db: Database): Promise<string[]> {
  const id = db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'instance_id'")?.value ?? '';
  return [...db.check(), ...(await checkProjects(db, id))];
}

export const recoverCommand: Command = {
  name: 'recover',
  usage: '<dir> ... [--owner <email>] [--force]',
  summary:
    'Rebuild the database from project directories, or directories that hold them; the instance must be stopped.',
  details: `All projects, workspaces and jobs come back, and the accounts that projects belong to or are shared with. If the old
database can still be read, passwords, lanes and workers are kept; else set passwords with "cryosparcm resetpassword"
and connect the workers again. The old database is kept beside the new one.`,
  options: {
    owner: { type: 'string', value: 'email', summary: 'owner of projects that name no account; becomes an admin' },
    force: { type: 'boolean', summary: 'take directories that another instance has attached' },
  },
  words: [1, 1000],
  run: async (args: CommandArgs) => {
    const instance = Instance.open(process.env);
    const containers = args.positionals.map((dir) => resolve(dir));
    const found = await holdingDatabase(instance, () =>
      recover({
        settings: instance.settings,
        containers,
        owner_email: args.text('owner') ?? null,
        force: args.flag('force'),
      }),
    );
    const rows = found.projects.map((p) => [p.uid, p.title, `${p.jobs} jobs`, p.dir]);
    process.stdout.write(`${textTable(rows, { head: ['project', 'title', 'jobs', 'directory'] })}\n`);
    process.stdout.write(`Accounts: ${found.accounts.map((user) => `${user.email} (${user.role})`).join(', ')}\n`);
    for (const problem of found.problems) process.stdout.write(`Note: ${problem}\n`);
    if (found.replaced !== null) process.stdout.write(`The old database is ${found.replaced}.\n`);
    return 0;
  },
};
