import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { CsError } from '../../base/errors.ts';
import type { User } from '../../schema/model.ts';
import type { Database } from '../db/database.ts';

export const SESSION_DAYS = 14;
const DAY_MS = 24 * 3600_000;
/** A session in use is written at most this often. */
const SLIDE_MS = 3600_000;

/** SHA-256 of a secret; the secret itself is never stored. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export interface TokenInfo {
  id: string;
  title: string;
  created_at: string;
  expires_at: string;
}

/** Sessions of browsers (sliding, 14 days) and API tokens (fixed end). */
export class Credentials {
  private readonly db: Database;
  private readonly now: () => number;

  constructor(db: Database, now: () => number = Date.now) {
    this.db = db;
    this.now = now;
  }

  /** @returns the session's secret, for the cookie */
  startSession(user: User): string {
    this.db.run('DELETE FROM credentials WHERE expires_ms < ?', this.now());
    return this.add(user, 'session', '', SESSION_DAYS).secret;
  }

  createToken(user: User, title: string, days: number): { id: string; token: string } {
    const { id, secret } = this.add(user, 'token', title, days);
    return { id, token: secret };
  }

  listTokens(user: User): TokenInfo[] {
    const rows = this.db.all<{ id: string; title: string; created_at: string; expires_ms: number }>(
      "SELECT id, title, created_at, expires_ms FROM credentials WHERE user_id = ? AND kind = 'token' AND expires_ms > ? ORDER BY created_at",
      user.id,
      this.now(),
    );
    return rows.map(({ expires_ms, ...row }) => ({ ...row, expires_at: new Date(expires_ms).toISOString() }));
  }

  /** @returns false when the caller has no such token */
  revokeToken(user: User, id: string): boolean {
    return (
      this.db.run("DELETE FROM credentials WHERE id = ? AND user_id = ? AND kind = 'token'", id, user.id).changes > 0
    );
  }

  /** Owner of a valid session or token; a session's end moves on with its use. */
  userOf(hash: Buffer, kind: 'session' | 'token'): User | undefined {
    const now = this.now();
    const row = this.db.get<{ doc: string; expires_ms: number }>(
      'SELECT u.doc, c.expires_ms FROM credentials c JOIN users u ON u.id = c.user_id WHERE c.hash = ? AND c.kind = ? AND c.expires_ms > ?',
      hash,
      kind,
      now,
    );
    if (!row) return undefined;
    const fresh = now + SESSION_DAYS * DAY_MS;
    if (kind === 'session' && fresh - row.expires_ms > SLIDE_MS) {
      this.slide(hash, fresh);
    }
    return JSON.parse(row.doc) as User;
  }

  /** With a full disk people must still be able to look at what there is: the session then ends a little sooner. */
  private slide(hash: Buffer, expires_ms: number): void {
    try {
      this.db.run('UPDATE credentials SET expires_ms = ? WHERE hash = ?', expires_ms, hash);
    } catch (error) {
      if (!(error instanceof CsError) || error.kind !== 'resource') throw error;
    }
  }

  end(hash: Buffer): void {
    this.db.run('DELETE FROM credentials WHERE hash = ?', hash);
  }

  endSessions(user_id: string, keep: Buffer | null): void {
    const none = Buffer.alloc(0);
    this.db.run("DELETE FROM credentials WHERE user_id = ? AND kind = 'session' AND hash <> ?", user_id, keep ?? none);
  }

  endAll(user_id: string): void {
    this.db.run('DELETE FROM credentials WHERE user_id = ?', user_id);
  }

  private add(user: User, kind: 'session' | 'token', title: string, days: number): { id: string; secret: string } {
    const secret = randomBytes(32).toString('base64url');
    const id = randomUUID();
    const now = this.now();
    this.db.run(
      'INSERT INTO credentials (hash, id, user_id, kind, title, created_at, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
      secretHash(secret),
      id,
      user.id,
      kind,
      title,
      new Date(now).toISOString(),
      now + days * DAY_MS,
    );
    return { id, secret };
  }
}
