import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../../../test/temp-dir.ts';
import { eventText } from './event-log.ts';
import { matches } from './filter-log.ts';
import { withoutSecrets } from './instance-logs.ts';
import { setVariable } from './upkeep.ts';

test('a variable of config.sh is replaced where it stands or added, and other lines stay', (t) => {
  const path = join(tempDir(t), 'config.sh');
  writeFileSync(path, "# export CRYOSPARC_BASE_PORT=1\nexport CRYOSPARC_BASE_PORT=38000 # ours\nexport A='b'");
  setVariable(path, 'CRYOSPARC_BASE_PORT', '39000');
  setVariable(path, 'NEW', 'x y');
  assert.equal(
    readFileSync(path, 'utf8'),
    "# export CRYOSPARC_BASE_PORT=1\nexport CRYOSPARC_BASE_PORT='39000'\nexport A='b'\nexport NEW='x y'\n",
  );
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('secrets are taken out of texts wherever they stand', () => {
  const text =
    'id 12-34 Authorization: Bearer abcdefghijklmnop1234 cs_session=ZYXWVUTSRQPONMLK {"password": "correct-horse-battery"} "token":"abc"';
  const plain = withoutSecrets(text, ['12-34']);
  for (const secret of ['12-34', 'abcdefghijklmnop1234', 'ZYXWVUTSRQPONMLK', 'correct-horse-battery']) {
    assert.equal(plain.includes(secret), false, plain);
  }
  assert.ok(plain.includes('"token":"abc"'), 'short words are no secrets');
});

test('messages are chosen by level, time and text', () => {
  const message = '2026-01-31T15:04:05.000Z WARNING Disk is full\n    at place';
  const all = { level: null, date: null, text: null };
  assert.equal(matches(message, all), true);
  assert.deepEqual(
    ['INFO', 'WARNING', 'ERROR'].map((level) => matches(message, { ...all, level })),
    [true, true, false],
  );
  assert.deepEqual(
    ['2026-01-31', '2026-01-31T15', '2026-01-30'].map((date) => matches(message, { ...all, date })),
    [true, true, false],
  );
  assert.deepEqual(
    ['AT PLACE', 'nothing'].map((text) => matches(message, { ...all, text })),
    [true, false],
  );
  assert.equal(matches('a line without time', { ...all, level: 'WARNING' }), false);
});

test('an event is one paragraph with its time', () => {
  const common = { id: 1, created_at: '2026-01-31T15:04:05.000Z', cpumem_mb: 1530, avail_mb: 0, flags: [] };
  assert.equal(
    eventText({ ...common, type: 'error', text: 'one\ntwo' }),
    '[2026-01-31T15:04:05.000Z] [CPU RAM 1.53 GB] ERROR: one\n    two',
  );
  assert.match(eventText({ ...common, type: 'progress', text: 'Half', fraction: 0.5 }), /50 % Half$/);
});
