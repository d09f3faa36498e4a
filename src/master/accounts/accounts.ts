import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { CsError } from '../../base/errors.ts';
import type { Api, ApiInput } from '../../schema/api.ts';
import type { User } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';
import type { Credentials } from './credentials.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import type { LoginThrottle } from './throttle.ts';

/** Emails name accounts and do not tell capitals from small letters. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** People with an account. */
export class Accounts {
  private readonly db: Database;
  private readonly credentials: Credentials;
  private readonly throttle: LoginThrottle;

  constructor(db: Database, credentials: Credentials, throttle: LoginThrottle) {
    this.db = db;
    this.credentials = credentials;
    this.throttle = throttle;
  }

  /** The first account of an instance becomes an admin whatever is asked for. */
  async create(input: ApiInput<'users.create'>): Promise<User> {
    const email = normalEmail(input.email);
    const password_hash = await hashPassword(input.password);
    return this.db.transaction(() => {
      if (this.byEmail(email))
        throw new CsError('conflict', 'CS_USER_EXISTS', `There is an account for ${email} already.`);
      const first = this.db.get('SELECT 1 FROM users LIMIT 1') === undefined;
      const user: User = {
        id: randomUUID(),
        email,
        username: input.username || (email.split('@')[0] ?? email),
        first_name: input.first_name ?? '',
        last_name: input.last_name ?? '',
        role: first ? 'admin' : (input.role ?? 'user'),
        created_at: new Date().toISOString(),
      };
      this.db.run(
        'INSERT INTO users (id, email, role, password_hash, doc) VALUES (?, ?, ?, ?, ?)',
        user.id,
        email,
        user.role,
        password_hash,
        JSON.stringify(user),
      );
      return user;
    });
  }

  /**
   * @param address where the caller is, for throttling
   * @throws CsError `CS_LOGIN` (the same for an unknown email and a wrong password), `CS_LOGIN_THROTTLED`
   */
  async login(input: ApiInput<'auth.login'>, address: string): Promise<User> {
    const email = normalEmail(input.email);
    this.throttle.check(email, address);
    const row = this.db.get<{ doc: string; password_hash: string }>(
      'SELECT doc, password_hash FROM users WHERE email = ?',
      email,
    );
    const good = await verifyPassword(input.password, row?.password_hash);
    if (!row || !good) {
      this.throttle.failed(email, address);
      throw new CsError('denied', 'CS_LOGIN', 'Email and password do not belong to an account.');
    }
    this.throttle.succeeded(email);
    return JSON.parse(row.doc) as User;
  }

  list(): User[] {
    return this.db.docs<User>('SELECT doc FROM users ORDER BY email');
  }

  byId(id: string): User | undefined {
    return this.db.docs<User>('SELECT doc FROM users WHERE id = ?', id)[0];
  }

  byEmail(email: string): User | undefined {
    return this.db.docs<User>('SELECT doc FROM users WHERE email = ?', normalEmail(email))[0];
  }

  /** @param user_id id or email; @throws CsError `CS_USER_UNKNOWN` */
  find(user_id: string): User {
    const user = this.byId(user_id) ?? this.byEmail(user_id);
    if (user) return user;
    throw new CsError('notFound', 'CS_USER_UNKNOWN', `There is no account with id or email "${user_id}".`);
  }

  /** An admin sets a new password: whoever used the old one is signed out, and the account's tokens end. */
  async resetPassword(email: string, password: string): Promise<void> {
    const user = this.find(email);
    await this.setPassword(user, password, () => this.credentials.endAll(user.id));
  }

  /** @param keep hash of the session that asks, which goes on while the account's others end */
  async changePassword(user: User, old_password: string, new_password: string, keep: Buffer | null): Promise<void> {
    const row = this.db.get<{ password_hash: string }>('SELECT password_hash FROM users WHERE id = ?', user.id);
    if (!(await verifyPassword(old_password, row?.password_hash))) {
      throw new CsError('input', 'CS_PASSWORD', 'The old password is not right.');
    }
    await this.setPassword(user, new_password, () => this.credentials.endSessions(user.id, keep));
  }

  /** Change what is named of an account; a new password ends its sessions and tokens. */
  async update({ user_id, password, role, ...names }: z.output<Api['users.update']['input']>): Promise<User> {
    const user = this.find(user_id);
    if (password !== undefined) await this.resetPassword(user.id, password);
    return this.db.transaction(() => {
      const { username, first_name, last_name } = names;
      if (role !== undefined) this.setRole(user.id, role);
      const now = this.find(user.id);
      const changed: User = {
        ...now,
        username: username ?? now.username,
        first_name: first_name ?? now.first_name,
        last_name: last_name ?? now.last_name,
      };
      this.db.run('UPDATE users SET doc = ? WHERE id = ?', JSON.stringify(changed), user.id);
      return changed;
    });
  }

  setRole(user_id: string, role: User['role']): User {
    return this.db.transaction(() => {
      const user = this.find(user_id);
      if (user.role === 'admin' && role !== 'admin') this.refuseLastAdmin(user);
      const changed: User = { ...user, role };
      this.db.run('UPDATE users SET role = ?, doc = ? WHERE id = ?', role, JSON.stringify(changed), user.id);
      return changed;
    });
  }

  /** Remove an account whose projects have been given away. */
  delete(user: User): void {
    if (user.role === 'admin') this.refuseLastAdmin(user);
    this.db.run('DELETE FROM users WHERE id = ?', user.id);
  }

  private async setPassword(user: User, password: string, then: () => void): Promise<void> {
    const hash = await hashPassword(password);
    this.db.transaction(() => {
      this.db.run('UPDATE users SET password_hash = ? WHERE id = ?', hash, user.id);
      then();
    });
  }

  private refuseLastAdmin(user: User): void {
    if (this.db.get("SELECT 1 FROM users WHERE role = 'admin' AND id <> ?", user.id)) return;
    throw new CsError(
      'conflict',
      'CS_LAST_ADMIN',
      `${user.email} is the last admin; make another account an admin first.`,
    );
  }
}
