import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsError } from '../../base/errors.ts';
import { parsePythonCall, parsePythonLine, parsePythonValue } from './python-call.ts';
import { pythonText } from './python-text.ts';

const calls: [string, unknown[], Record<string, unknown>][] = [
  ['f()', [], {}],
  ['  f ( ) ', [], {}],
  [`f('P1', "J3")`, ['P1', 'J3'], {}],
  [`f('P1', job_uid='J3',)`, ['P1'], { job_uid: 'J3' }],
  [
    'f(1, -2, +3, 1.5, .5, 2., 1e3, -1.5E-2, 1_000, 0x1F, -0x10)',
    [1, -2, 3, 1.5, 0.5, 2, 1000, -0.015, 1000, 31, -16],
    {},
  ],
  ['f(True, False, None, true, null)', [true, false, null, true, null], {}],
  ['f([], [1, [2, "x"]], (), (1,), (1, 2), (1))', [[], [1, [2, 'x']], [], [1], [1, 2], 1], {}],
  [`f(params={'a': 1, "b": {'c': [None]}, 3: True,})`, [], { params: { a: 1, b: { c: [null] }, 3: true } }],
  [
    `f(input_group_connects = {'particles': 'J1.imported_particles'})`,
    [],
    { input_group_connects: { particles: 'J1.imported_particles' } },
  ],
  [
    String.raw`f('a\'b', "a\"b", 'tab\tnl\n', '\x41é\U0001F600', r'C:\new', '\q')`,
    ["a'b", 'a"b', 'tab\tnl\n', 'Aé😀', String.raw`C:\new`, String.raw`\q`],
    {},
  ],
  [`f('''two\nlines''', 'joined ' "text")`, ['two\nlines', 'joined text'], {}],
  [`f('(', ")", '[,]=')`, ['(', ')', '[,]='], {}],
  ['f(\n  1,\n  a=2\n)', [1], { a: 2 }],
  [`f('Ångström 🧬')`, ['Ångström 🧬'], {}],
];

for (const [text, positional, keywords] of calls) {
  test(`the call ${JSON.stringify(text)} is read as Python reads it`, () => {
    assert.deepEqual(parsePythonCall(text), { name: 'f', positional, keywords });
  });
}

const mistakes: [string, RegExp, number][] = [
  ['get_job', /expected a call/, 1],
  [`f('P1', J3)`, /unknown name J3; text goes in quotes/, 9],
  [`f('P1'`, /expected "\)" or ","/, 7],
  [`f('P1`, /not closed with '/, 3],
  ["f('a\nb')", /not closed with '/, 3],
  ['f(1 2)', /expected "\)" or ","/, 5],
  ['f(1,,2)', /expected a value, found ","/, 5],
  ['f(a=1, 2)', /positional argument after a keyword/, 8],
  ['f(a=1, a=2)', /argument a is given twice/, 8],
  ['f() g', /unexpected "g"/, 5],
  [`f({'a' 1})`, /expected ":"/, 8],
  ['f({[1]: 2})', /a key must be text/, 4],
  [String.raw`f('\x4g')`, /\\x wants 2 hexadecimal digits/, 4],
  [String.raw`f('\U00110000')`, /\\U wants 8 hexadecimal digits/, 4],
  ['x = f()', /expected a call/, 1],
  ["f(d['a'])", /unknown name d/, 3],
];

for (const [text, message, column] of mistakes) {
  test(`the mistake in ${JSON.stringify(text)} is pointed at`, () => {
    assert.throws(
      () => parsePythonCall(text),
      (error) => {
        assert.ok(error instanceof CsError);
        assert.match(error.message, message);
        assert.equal(error.details['column'], column);
        return true;
      },
    );
  });
}

test('only text that ended too soon counts as incomplete', () => {
  const incomplete = (text: string): unknown => {
    try {
      parsePythonCall(text);
    } catch (error) {
      return (error as CsError).details['incomplete'];
    }
    return 'no error';
  };
  for (const text of ['f(', "f('P1',", 'f(params={', "f(params={'a': [1,", "f('''abc", 'f(a=']) {
    assert.equal(incomplete(text), true, text);
  }
  for (const text of ['f(1 2', 'f(J1, ', 'f())']) assert.equal(incomplete(text), false, text);
});

test('a line of the interactive shell may assign an answer and take it apart', () => {
  const names = new Map([['job', { uid: 'J3', params: [1, { a: null }] }]]);
  assert.deepEqual(parsePythonLine("x = get_job('P1', job['uid'])", names), {
    kind: 'call',
    target: 'x',
    call: { name: 'get_job', positional: ['P1', 'J3'], keywords: {} },
  });
  assert.deepEqual(parsePythonLine("job['params'][-1]['a']", names), { kind: 'value', target: null, value: null });
  assert.throws(() => parsePythonLine("job['nope']", names), /there is no item "nope"/);
  assert.throws(() => parsePythonLine("job['constructor']", names), /there is no item/);
});

test('what is printed reads back as the same value', () => {
  const value = {
    text: 'it\'s "quoted"\n\t\\ \u0001',
    plain: "it's",
    numbers: [1, -2.5, 1e-7, 123456789],
    nested: { none: null, flags: [true, false], empty: [], none_at_all: {}, long: 'x'.repeat(120) },
  };
  for (const width of [20, 100, Infinity]) assert.deepEqual(parsePythonValue(pythonText(value, width)), value);
  assert.equal(pythonText({ a: [1, null, true, 'x'] }), "{'a': [1, None, True, 'x']}");
});

test('a value that does not fit is broken into one item a line', () => {
  assert.equal(pythonText({ a: 'xxxxxxxx', b: [1, 2] }, 16), "{\n  'a': 'xxxxxxxx',\n  'b': [1, 2]\n}");
});
