import { timingSafeEqual } from 'node:crypto';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { CsError } from '../../base/errors.ts';
import type { User } from '../../schema/model.ts';
import { SESSION_DAYS, secretHash } from '../accounts/credentials.ts';
import type { Core } from '../core/core.ts';
import type { Launch } from '../launch/launches.ts';
import type { Signed, Visitor } from './handlers.ts';

export const SESSION_COOKIE = 'cs_session';
const LOOPBACK = /^(127\.|::1$|::ffff:127\.|local$)/;

/** `cryosparcm` on the master's machine, which proves itself by the admin token. */
const SYSTEM_USER: User = {
  id: 'system',
  email: '',
  username: 'system',
  first_name: '',
  last_name: '',
  role: 'admin',
  created_at: new Date(0).toISOString(),
};

/** Where the request comes from; behind our own proxy (loopback) the address that it passes on. */
export function visitorOf(c: Context): Visitor {
  const peer = peerAddress(c);
  const forwarded = LOOPBACK.test(peer) ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  return {
    address: forwarded || peer,
    cookie: (secret) => {
      const secure = c.req.header('x-forwarded-proto') === 'https';
      const options = { path: '/', httpOnly: true, sameSite: 'Lax', secure } as const;
      if (secret === null) deleteCookie(c, SESSION_COOKIE, options);
      else setCookie(c, SESSION_COOKIE, secret, { ...options, maxAge: SESSION_DAYS * 86400 });
    },
  };
}

/** @throws CsError `CS_NOT_SIGNED_IN`, `CS_CSRF` */
export function signedOf(c: Context, core: Core): Signed {
  const visitor = visitorOf(c);
  const bearer = bearerOf(c);
  if (bearer !== undefined) {
    if (core.isAdminToken(bearer)) return { ...visitor, user: SYSTEM_USER, admin: true, system: true, session: null };
    const user = core.credentials.userOf(secretHash(bearer), 'token');
    if (user) return { ...visitor, user, admin: user.role === 'admin', system: false, session: null };
    throw new CsError('denied', 'CS_NOT_SIGNED_IN', 'This token is not valid, or no longer.');
  }
  const cookie = getCookie(c, SESSION_COOKIE);
  const session = cookie === undefined ? null : secretHash(cookie);
  const user = session ? core.credentials.userOf(session, 'session') : undefined;
  if (!user) throw new CsError('denied', 'CS_NOT_SIGNED_IN', 'Sign in first.');
  if (c.req.method !== 'GET') requireSameOrigin(c);
  return { ...visitor, user, admin: user.role === 'admin', system: false, session };
}

/** The process of a launched job. @throws CsError `CS_LAUNCH_TOKEN` */
export function launchOf(c: Context, core: Core): Launch {
  const launch = core.launches.byToken(bearerOf(c) ?? '');
  if (launch) return launch;
  throw new CsError('denied', 'CS_LAUNCH_TOKEN', 'This is not the token of a launched job.');
}

/** @throws CsError `CS_LICENSE` unless the header `License-ID` holds the license id of this instance */
export function requireLicense(c: Context, core: Core): void {
  const given = secretHash(c.req.header('license-id') ?? '');
  if (timingSafeEqual(given, secretHash(core.settings.license_id))) return;
  throw new CsError(
    'denied',
    'CS_LICENSE',
    'The license id is not that of this instance; compare CRYOSPARC_LICENSE_ID in the two config.sh.',
  );
}

/**
 * A browser adds the session cookie by itself, so a request that changes something must show that one of our own
 * pages made it.
 * @throws CsError `CS_CSRF`
 */
export function requireSameOrigin(c: Context): void {
  if (c.req.header('sec-fetch-site') === 'same-origin') return;
  const origin = c.req.header('origin');
  const proxied = LOOPBACK.test(peerAddress(c)) ? c.req.header('x-forwarded-host') : undefined;
  const host = proxied ?? c.req.header('host') ?? new URL(c.req.url).host;
  if (origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new CsError(
    'denied',
    'CS_CSRF',
    `The request comes from "${origin ?? 'an unknown page'}", not from a page of this instance (${host}).`,
  );
}

function bearerOf(c: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

/** Address of the other end of the connection; `local` for a request without one (made inside the process). */
function peerAddress(c: Context): string {
  const env = c.env as { incoming?: unknown } | undefined;
  return env?.incoming === undefined ? 'local' : (getConnInfo(c).remote.address ?? 'unknown');
}
