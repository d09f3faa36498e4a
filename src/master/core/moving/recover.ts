import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asCsError, CsError } from '../../../base/errors.ts';
import { fileError } from '../../../host/fs-errors.ts';
import type { User } from '../../../schema/model.ts';
import { Database, DATABASE_FILE } from '../../db/database.ts';
import { replaceDatabase } from '../../db/replace.ts';
import { SILENT_LOG } from '../../log.ts';
import { normalEmail } from '../../accounts/accounts.ts';
import type { Settings } from '../../settings.ts';
import { numOf } from '../uids.ts';
import { insertKnownProject } from './known-project.ts';
import { type ProjectFiles, readProjectDir } from './project-files.ts';
import { isCopied, ownerText, readLock, removeLock, writeLock } from './project-lock.ts';

const REASON =
  'The job was active when the database of its instance was lost; it was rebuilt from the project directories.';

export interface Recovered {
  projects: { uid: string; title: string; dir: string; jobs: number }[];
  accounts: User[];
  /** directories that were left alone, damaged parts, links that lead nowhere */
  problems: string[];
  /** where the old database is, if there was one */
  replaced: string | null;
}

interface Plan {
  settings: Settings;
  /** project directories, or directories that hold them */
  containers: readonly string[];
  /** owner of projects that do not name an account; becomes an admin if it is not known */
  owner_email: string | null;
  /** take directories that another instance has attached */
  force: boolean;
}

/**
 * Make a new database from what stands in project directories: projects, workspaces, jobs, and the accounts that they
 * belong to (without passwords). Accounts, lanes and workers of the old database are kept if it can be read. The caller holds the lease of the database directory; nothing is changed before all
 * directories were read.
 * @throws CsError `CS_NO_PROJECTS`, `CS_NO_OWNER`
 */
export async function recover({ settings, containers, owner_email, force }: Plan): Promise<Recovered> {
  const problems: string[] = [];
  const originals: ProjectFiles[] = [];
  const copies: ProjectFiles[] = [];
  const old = oldRows(settings);
  const ids = new Set<string>();
  for (const dir of await projectDirs(containers)) {
    try {
      const lock = await readLock(dir);
      const here = lock?.instance_dir === settings.instance_dir && lock.hostname === settings.master_hostname;
      const copied = lock !== null && (await isCopied(dir, lock));
      const ours = lock === null || copied || (old === null ? here : lock.instance_id === old.instance_id);
      if (!ours && !force) {
        problems.push(`${dir} was left alone: it is attached to ${ownerText(lock)}. Add --force to take it.`);
        continue;
      }
      if (lock !== null && here) ids.add(lock.instance_id);
      (copied ? copies : originals).push(await readProjectDir(dir));
    } catch (error) {
      problems.push(asCsError(error).message);
    }
  }
  const found = withoutTwins([...originals, ...copies], problems);
  if (found.length === 0) {
    throw new CsError(
      'input',
      'CS_NO_PROJECTS',
      `No project was found below ${containers.join(', ')}. ${problems.join(' ')}`,
    );
  }
  const accounts = accountsOf(found, owner_email, old?.users.map((row) => JSON.parse(row.doc) as User) ?? []);
  const [first] = accounts;
  const replaced = replaceDatabase(settings.db_path, null);
  const db = new Database(settings.db_path, SILENT_LOG);
  try {
    const instance_id = old?.instance_id ?? [...ids][0] ?? randomUUID();
    db.run("INSERT INTO meta (key, value) VALUES ('instance_id', ?)", instance_id);
    insertRows(db, accounts, old);
    const { master_hostname: hostname, base_port, instance_dir } = settings;
    const projects: Recovered['projects'] = [];
    // the oldest keeps a uid that two directories claim
    found.sort(
      (a, b) => numOf(a.project.uid) - numOf(b.project.uid) || (a.project.created_at < b.project.created_at ? -1 : 1),
    );
    for (const files of found) {
      const email = files.project.accounts.find((a) => a.id === files.project.owner_user_id)?.email ?? owner_email;
      const owner = accounts.find((a) => a.email === email) ?? first;
      const uid = insertKnownProject(db, { files, owner, accounts, reason: REASON });
      try {
        await removeLock(files.dir);
        await writeLock(files.dir, { instance_id, hostname, base_port, instance_dir }, uid);
      } catch (error) {
        problems.push(`${uid}: ${asCsError(error).message}`);
      }
      projects.push({ uid, title: files.project.title, dir: files.dir, jobs: files.jobs.length });
      problems.push(...files.problems.map((text) => `${uid}: ${text}`));
    }
    return { projects, accounts, problems, replaced };
  } finally {
    db.close();
  }
}

/** Of directories that hold the same project the first; a copy beside its original is not a second project. */
function withoutTwins(found: readonly ProjectFiles[], problems: string[]): ProjectFiles[] {
  return found.filter((files, i) => {
    const same = ({ project }: ProjectFiles): boolean =>
      project.uid === files.project.uid && project.created_at === files.project.created_at;
    const twin = found.slice(0, i).find(same);
    if (twin) problems.push(`${files.dir} was left alone: it is a copy of ${twin.dir}. Attach it to have both.`);
    return !twin;
  });
}

interface OldRows {
  instance_id: string;
  users: { id: string; email: string; role: User['role']; password_hash: string; doc: string }[];
  lanes: { name: string; position: number; doc: string }[];
  targets: { name: string; lane: string; doc: string }[];
}

/** What does not stand in project directories, if the old database can still be read. */
function oldRows(settings: Settings): OldRows | null {
  if (!existsSync(join(settings.db_path, DATABASE_FILE))) return null;
  try {
    const db = new Database(settings.db_path, SILENT_LOG);
    try {
      const { value } = db.get<{ value: string }>("SELECT value FROM meta WHERE key = 'instance_id'") ?? {};
      if (value === undefined) return null;
      return {
        instance_id: value,
        users: db.all('SELECT id, email, role, password_hash, doc FROM users'),
        lanes: db.all('SELECT name, position, doc FROM lanes'),
        targets: db.all('SELECT name, lane, doc FROM targets'),
      };
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

/** Project directories among the given ones and directly below them, each once. */
async function projectDirs(containers: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const container of containers) {
    try {
      const dir = await realpath(container);
      const names = (await readdir(dir, { withFileTypes: true }))
        .filter((e) => !e.isFile())
        .map((e) => join(dir, e.name));
      for (const candidate of [dir, ...names.sort()])
        if (await isProject(candidate)) found.add(await realpath(candidate));
    } catch (error) {
      throw fileError(error, 'Directory', container);
    }
  }
  return [...found];
}

function isProject(dir: string): Promise<boolean> {
  return stat(join(dir, 'project.json')).then(
    (s) => s.isFile(),
    () => false,
  );
}

/** Known accounts and all that projects name, the given owner first; at least one is an admin. */
function accountsOf(
  found: readonly ProjectFiles[],
  owner_email: string | null,
  known_before: User[],
): [User, ...User[]] {
  const byEmail = new Map<string, User>();
  const ids = new Set<string>();
  for (const account of [...known_before, ...found.flatMap((files) => files.project.accounts)]) {
    if (byEmail.has(account.email) || ids.has(account.id)) continue;
    byEmail.set(account.email, account);
    ids.add(account.id);
  }
  const email = owner_email === null ? null : normalEmail(owner_email);
  if (email !== null) {
    const blank = { id: randomUUID(), username: email.split('@')[0] ?? email, first_name: '', last_name: '' };
    const known = byEmail.get(email) ?? { ...blank, email, created_at: new Date().toISOString() };
    byEmail.delete(email);
    return [{ ...known, role: 'admin' }, ...byEmail.values()];
  }
  const accounts = [...byEmail.values()];
  const [first, ...others] = accounts;
  if (!first) {
    throw new CsError('input', 'CS_NO_OWNER', 'The projects name no account; name an owner with --owner <email>.');
  }
  return [accounts.some((account) => account.role === 'admin') ? first : { ...first, role: 'admin' }, ...others];
}

/** Accounts that the old database does not have come without a password: nobody signs in until one is set. */
function insertRows(db: Database, accounts: readonly User[], old: OldRows | null): void {
  db.transaction(() => {
    for (const user of accounts) {
      const hash = old?.users.find((row) => row.id === user.id)?.password_hash ?? '';
      db.run(
        'INSERT INTO users (id, email, role, password_hash, doc) VALUES (?, ?, ?, ?, ?)',
        user.id,
        user.email,
        user.role,
        hash,
        JSON.stringify(user),
      );
    }
    for (const { name, position, doc } of old?.lanes ?? []) {
      db.run('INSERT INTO lanes (name, position, doc) VALUES (?, ?, ?)', name, position, doc);
    }
    for (const { name, lane, doc } of old?.targets ?? []) {
      db.run('INSERT INTO targets (name, lane, doc) VALUES (?, ?, ?)', name, lane, doc);
    }
  });
}
