import { CsError } from '../../base/errors.ts';

/** Failures that are free; each further one doubles the pause. */
const FREE = 5;
const FREE_ADDRESS = 20;
const PAUSE_MAX_MS = 15 * 60_000;
const FORGET_MS = 60 * 60_000;
const ENTRIES_MAX = 10_000;

interface Entry {
  failures: number;
  blocked_until_ms: number;
  last_ms: number;
}

/**
 * Slows down guessing: per account and per address, after a few failures each further one doubles the pause. A
 * success forgives the account, not the address.
 */
export class LoginThrottle {
  private readonly entries = new Map<string, Entry>();
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /** @throws CsError `CS_LOGIN_THROTTLED` with `retry_after_s` */
  check(email: string, address: string): void {
    const until = Math.max(...keys(email, address).map(([key]) => this.entries.get(key)?.blocked_until_ms ?? 0));
    const wait_s = Math.ceil((until - this.now()) / 1000);
    if (wait_s <= 0) return;
    throw new CsError('denied', 'CS_LOGIN_THROTTLED', `Too many failed sign-ins; try again in ${wait_s} s.`, {
      retry_after_s: wait_s,
    });
  }

  failed(email: string, address: string): void {
    const now = this.now();
    for (const [key, free] of keys(email, address)) {
      const old = this.entries.get(key);
      const failures = old && now - old.last_ms < FORGET_MS ? old.failures + 1 : 1;
      const pause_ms = failures < free ? 0 : Math.min(PAUSE_MAX_MS, 1000 * 2 ** (failures - free));
      this.entries.delete(key);
      this.entries.set(key, { failures, blocked_until_ms: now + pause_ms, last_ms: now });
    }
    // a Map keeps the order of insertion: the oldest entries go first
    for (const key of this.entries.keys()) {
      if (this.entries.size <= ENTRIES_MAX) break;
      this.entries.delete(key);
    }
  }

  succeeded(email: string): void {
    this.entries.delete(`account ${email}`);
  }
}

function keys(email: string, address: string): [string, number][] {
  return [
    [`account ${email}`, FREE],
    [`address ${address}`, FREE_ADDRESS],
  ];
}
