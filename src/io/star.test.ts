import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedFile, without } from '../../test/shared-data.ts';
import { tempDir } from '../../test/temp-dir.ts';
import { parseStar, readStar, writeStar } from './star.ts';

const loop = (text: string): Record<string, string[]> => Object.fromEntries([...parseStar(text).values()][0].columns);

test('a loop, with numbered labels, comments and blank lines', () => {
  const text =
    '# version 30001\n\ndata_particles\n\nloop_ \n_rlnA #1 \n_rlnB #2 \n  1.5 x@y.mrcs\n\n# between\n 2 z  # after\n \n';
  const file = parseStar(text);
  assert.deepEqual([...file.keys()], ['particles']);
  assert.equal(file.get('particles')?.length, 2);
  assert.deepEqual(loop(text), { rlnA: ['1.5', '2'], rlnB: ['x@y.mrcs', 'z'] });
});

test('single values, several blocks, and blocks of the same name', () => {
  const file = parseStar('data_a\n_x 1\n_y "two words"\ndata_\nloop_\n_z\n7\n8\ndata_a\n_x 3\n');
  assert.deepEqual([...file.keys()], ['a', '', 'a_2']);
  assert.deepEqual(file.get('a')?.columns.get('y'), ['two words']);
  assert.deepEqual(file.get('')?.columns.get('z'), ['7', '8']);
  assert.deepEqual(file.get('a_2')?.columns.get('x'), ['3']);
});

test('quotes end only before a space, and empty, hashed and multi-line texts are kept', () => {
  assert.deepEqual(loop(`data_\nloop_\n_a\n_b\n'it's here' ""\n"# no comment" ' '\n`), {
    a: ["it's here", '# no comment'],
    b: ['', ' '],
  });
  assert.deepEqual(loop('data_\n_a\n;one\ntwo\n;\n_b 3\n'), { a: ['one\ntwo'], b: ['3'] });
});

test('a file name that looks like a key word is a value unless it begins its line', () => {
  assert.deepEqual(loop('data_\nloop_\n_a\n_b\n1 data_x/m.mrc\n2 _under\n3 loop_\n'), {
    a: ['1', '2', '3'],
    b: ['data_x/m.mrc', '_under', 'loop_'],
  });
});

test('Windows line ends and a byte-order mark are no part of the values', () => {
  assert.deepEqual(loop('\ufeffdata_\r\nloop_\r\n_a #1\r\n_b #2\r\n1 x\r\n'), { a: ['1'], b: ['x'] });
});

test('what does not fit is refused with file and line', () => {
  const refused = (text: string, pattern: RegExp): void =>
    assert.throws(() => parseStar(text, '/p/a.star'), { kind: 'input', code: 'CS_STAR_FORMAT', message: pattern });
  refused('', /\/p\/a\.star has no block/);
  refused('hello\n', /line 1: found "hello", wanted a block/);
  refused('data_\nloop_\n_a\n_b\n1 2\n3\n', /line 6: .*rows of 2 values, the last one has 1/);
  refused('data_\nloop_\n_a\n_a\n1 2\n', /line 4: found "a", wanted each label once/);
  refused('data_\nloop_\n1 2\n', /line 3: .*labels after loop_/);
  refused('data_\n_a "open\n', /line 2: .*closing quote/);
  refused('data_\n_a\n_b 1\n', /line 3: .*a value of _a/);
  assert.throws(() => readStar('/no/such.star'), { kind: 'input', code: 'CS_FILE_MISSING' });
});

test('what is written is read back, awkward values included', (t) => {
  const path = join(tempDir(t), 'a.star');
  const a = ['1', '', 'two words', '#h', "it's", 'say "x" y', '_u', 'data_x'];
  writeStar(
    path,
    new Map([
      ['optics', { columns: new Map([['rlnA', a]]), length: a.length }],
      ['particles', { columns: new Map([['rlnB', []]]), length: 0 }],
    ]),
  );
  const file = readStar(path);
  assert.deepEqual(file.get('optics')?.columns.get('rlnA'), a);
  assert.equal(file.get('particles')?.length, 0);
});

test('real STAR files of RELION 3.0 to 5 and other programs are read', {
  skip: without('dials_data-files', 'teamtomo__starfile'),
}, () => {
  const broken = ['sample.star', 'coords_suffix_manualpick.star', 'job096_run_data.star'];
  const files = readdirSync(sharedFile('.'), { recursive: true, encoding: 'utf8' }).filter((n) => n.endsWith('.star'));
  assert.ok(files.length > 100);
  for (const name of files) {
    const isBroken = broken.includes(name.split('/').at(-1) ?? '') && !name.includes('CryoSegNet');
    if (isBroken) assert.throws(() => readStar(sharedFile(name)), { code: 'CS_STAR_FORMAT' }, name);
    else assert.ok(readStar(sharedFile(name)).size > 0, name);
  }
  const refined = readStar(sharedFile('dials_data-files/Refine3D/job019/run_data.star'));
  assert.deepEqual([refined.get('particles')?.length, refined.get('optics')?.length], [4501, 1]);
});
