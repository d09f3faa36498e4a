import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestInstance } from '../testing/instance.ts';
import { Credentials, secretHash } from './credentials.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { LoginThrottle } from './throttle.ts';

const password = 'correct horse';

test('a password is kept as argon2id and compared in any Unicode form', async () => {
  const hash = await hashPassword('Pässwörd');
  assert.match(hash, /^\$argon2id\$v=19\$m=65536,t=3,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await verifyPassword('Pässwörd'.normalize('NFD'), hash), true);
  assert.equal(await verifyPassword('Passwörd', hash), false);
  assert.equal(await verifyPassword('anything', undefined), false);
});

test('the first account is an admin, emails do not tell capitals, and the last admin stays', async () => {
  using instance = new TestInstance();
  const first = await instance.ok('users.create', { email: 'Ann@Example.org', password });
  assert.deepEqual([first.email, first.role, first.username], ['ann@example.org', 'admin', 'ann']);
  assert.equal(
    (await instance.call('users.create', { email: 'ANN@example.ORG', password })).error.code,
    'CS_USER_EXISTS',
  );
  assert.equal(
    (await instance.call('users.set_role', { user_id: first.id, role: 'user' })).error.code,
    'CS_LAST_ADMIN',
  );
  const bob = instance.user('bob@example.org');
  assert.equal((await instance.ok('auth.me', {}, bob)).role, 'user');
  await instance.project('bob@example.org');
  await instance.ok('users.delete', { user_id: 'bob@example.org' });
  assert.equal((await instance.call('auth.me', {}, bob)).status, 401);
  assert.equal((await instance.ok('projects.get', { project_uid: 'P1' })).owner_user_id, first.id);
  assert.equal((await instance.call('users.delete', { user_id: first.id })).error.code, 'CS_LAST_ADMIN');
});

test('signing in tells nothing about which emails exist, and passwords end sessions', async () => {
  using instance = new TestInstance();
  await instance.ok('users.create', { email: 'a@example.org', password });
  const wrong = await instance.call('auth.login', { email: 'a@example.org', password: 'wrong' }, {});
  const unknown = await instance.call('auth.login', { email: 'x@example.org', password: 'wrong' }, {});
  assert.deepEqual([wrong.status, wrong.error], [unknown.status, unknown.error]);
  const login = await instance.call('auth.login', { email: 'A@example.org', password }, {});
  const as = { cookie: login.headers.get('set-cookie')?.split(';')[0] ?? '', origin: 'http://localhost' };
  const { token } = await instance.ok('auth.create_token', { title: 'script' }, as);
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await instance.ok('auth.me', {}, bearer)).email, 'a@example.org');
  assert.equal(
    (await instance.call('users.change_password', { old_password: 'no', new_password: 'new password' }, as)).error.code,
    'CS_PASSWORD',
  );
  await instance.ok('users.reset_password', { email: 'a@example.org', password: 'new password' });
  for (const who of [as, bearer]) assert.equal((await instance.call('auth.me', {}, who)).status, 401);
});

test('guessing is slowed down per account and per address, with the time to wait', async () => {
  let now = 0;
  const throttle = new LoginThrottle(() => now);
  for (let i = 0; i < 4; i++) throttle.failed('a', 'x');
  throttle.check('a', 'x');
  throttle.failed('a', 'x');
  assert.throws(() => throttle.check('a', 'y'), /try again in 1 s/);
  throttle.check('b', 'x');
  now += 1000;
  throttle.check('a', 'x');
  for (let i = 0; i < 3; i++) throttle.failed('a', 'x');
  assert.throws(() => throttle.check('a', 'x'), /try again in 8 s/);
  throttle.succeeded('a');
  throttle.check('a', 'x');
  for (let i = 0; i < 20; i++) throttle.failed(`other${i}`, 'x');
  assert.throws(() => throttle.check('never seen', 'x'), /try again in/);
  now += 3600_000;
  throttle.check('never seen', 'x');

  using instance = new TestInstance();
  for (let i = 0; i < 5; i++) await instance.call('auth.login', { email: 'a@example.org', password: 'wrong' }, {});
  const refused = await instance.call('auth.login', { email: 'a@example.org', password: 'wrong' }, {});
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1']);
});

test('a session ends 14 days after its last use, a token at its date, and secrets are not stored', () => {
  using instance = new TestInstance();
  instance.user('a@example.org');
  let now = Date.now();
  const credentials = new Credentials(instance.core.db, () => now);
  const user = instance.core.accounts.find('a@example.org');
  const session = credentials.startSession(user);
  const { token } = credentials.createToken(user, 'script', 20);
  const day = 24 * 3600_000;
  for (const days of [13, 13, 13]) {
    now += days * day;
    assert.equal(credentials.userOf(secretHash(session), 'session')?.id, user.id);
  }
  assert.equal(credentials.userOf(secretHash(token), 'token'), undefined);
  assert.equal(credentials.userOf(secretHash(session), 'token'), undefined);
  now += 14.1 * day;
  assert.equal(credentials.userOf(secretHash(session), 'session'), undefined);
  const stored = JSON.stringify(instance.core.db.all('SELECT * FROM credentials'));
  for (const secret of [session, token]) assert.ok(!stored.includes(secret));
});

test('with a full disk a session goes on, though it cannot be prolonged', () => {
  using instance = new TestInstance();
  instance.user('a@example.org');
  const { db, accounts } = instance.core;
  const user = accounts.find('a@example.org');
  let now = Date.now();
  const credentials = new Credentials(db, () => now);
  const hash = secretHash(credentials.startSession(user));
  now += 10 * 24 * 3600_000;
  db.run(
    'CREATE TRIGGER full BEFORE UPDATE ON credentials BEGIN INSERT INTO meta VALUES (hex(randomblob(9)), hex(zeroblob(100000))); END',
  );
  const pages = db.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  db.get(`PRAGMA max_page_count = ${pages + 1}`);
  assert.throws(() => db.run('UPDATE credentials SET title = title'), /disk .* is full/);
  assert.equal(credentials.userOf(hash, 'session')?.id, user.id);
});
