import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sharedFile, without } from '../../../../test/shared-data.ts';
import { TemplateError } from './errors.ts';
import { freeNames, renderShell, renderText, ShellCode, Untrusted } from './template.ts';
import { PyFloat } from './values.ts';

interface Case {
  name?: string;
  template: string;
  expected?: string;
  error?: string;
}

/** Context and cases of a file; 24.0 stays a float. */
function readCases(path: string | URL): { context: Record<string, unknown>; cases: Case[] } {
  const text = readFileSync(path, 'utf8');
  return JSON.parse(text, ((_key: string, value: unknown, { source = '' }: { source?: string }): unknown =>
    typeof value === 'number' && /[.e]/.test(source) ? new PyFloat(value) : value) as (
    key: string,
    value: unknown,
  ) => unknown) as { context: Record<string, unknown>; cases: Case[] };
}

function outcome(template: string, context: Record<string, unknown>): string {
  try {
    return renderText(template, context);
  } catch (error) {
    if (error instanceof TemplateError) return `!ERR ${error.errorClass}: ${error.reason}`;
    throw error;
  }
}

test('templates print what Jinja2 prints, and fail with the same class of error', () => {
  const { context, cases } = readCases(new URL('testing/cases.json', import.meta.url));
  assert.ok(cases.length > 140, `${cases.length} cases`);
  for (const { template, expected, error } of cases) {
    const found = outcome(template, context);
    if (error === undefined) assert.equal(found, expected, template);
    else assert.equal(found.split(':')[0], `!ERR ${error}`, template);
  }
});

test('the cases of published templates print what Jinja2 prints', { skip: without('../jinja/cases.json') }, () => {
  const { context, cases } = readCases(sharedFile('../jinja/cases.json'));
  assert.equal(cases.length, 66);
  for (const { name, template, expected } of cases)
    assert.equal(outcome(template, context), expected, name ?? template);
});

test('an error names the line of the template', () => {
  assert.throws(
    () => renderText('a\nb\n{{ 1 // 0 }}', {}),
    (e) => e instanceof TemplateError && e.line === 3 && e.errorClass === 'ZeroDivisionError',
  );
  assert.throws(() => renderText('a\n{% if x %}\nb', {}), /TemplateSyntaxError/);
});

test('nothing of JavaScript can be reached, and no template runs or grows without end', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'prototype', '__class__', 'hasOwnProperty']) {
    assert.equal(
      renderText(`{{ '' is defined and x.${name} is defined }}{{ ''.${name} is defined }}`, { x: { a: 1 } }),
      'FalseFalse',
    );
    assert.equal(
      renderText(`{{ x['${name}'] is defined }}{{ [].${name} is defined }}{{ ${name} is defined }}`, { x: {} }),
      'FalseFalseFalse',
    );
  }
  const endless = [
    '{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}',
    "{{ 'a' * 10 ** 9 }}",
  ];
  endless.push(
    '{{ range(10 ** 9)|list }}',
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    "{{ '%999999999d' % 1 }}",
  );
  for (const template of endless) assert.throws(() => renderText(template, {}), TemplateError, template);
});

/** What a shell makes of a script that a template printed. */
function run(template: string, context: Record<string, unknown>): string {
  return execFileSync('/bin/bash', ['-c', renderShell(template, context)], { encoding: 'utf8' });
}

test('values of other people are one word wherever a shell finds them', () => {
  const values = [
    'a b',
    "it's",
    '$(echo no)',
    '`echo no`',
    '"; echo no; "',
    "'; echo no; '",
    'x\necho no',
    '\\',
    '$HOME',
    '*',
    '${x}',
    '',
  ];
  const places = [
    'printf %s {{ v }}',
    'printf %s "{{ v }}"',
    "printf %s '{{ v }}'",
    'printf %s "$(printf %s {{ v }})"',
    'printf %s "$(printf %s "{{ v }}")"',
    'x={{ v }}; printf %s "$x"',
    '{% set w = v %}printf %s {{ w }}',
    '{% macro m(a) %}{{ a }}{% endmacro %}printf %s {{ m(v) }}',
    '{% for c in [v] %}printf %s {{ c }}{% endfor %}',
    "echo don\\'t >/dev/null; printf %s {{ v }}",
    '(true); # it is (here\nprintf %s {{ v }}',
    "cat <<EOF >/dev/null\nit's\nEOF\nprintf %s {{ v }}",
  ];
  for (const v of values) {
    for (const place of places) {
      if (v === '' && !place.includes('"{{') && !place.includes("'{{")) continue;
      // command substitution drops the last line end, which none of the values has
      assert.equal(run(place, { v: new Untrusted(v) }), v, `${place} with ${JSON.stringify(v)}`);
    }
  }
});

test('a value cannot leave the comment line of a directive', () => {
  const script = renderShell('#SBATCH --comment={{ v }} -n 1\necho done', { v: new Untrusted('x\n--uid=0\necho no') });
  assert.equal(script, "#SBATCH --comment='x --uid=0 echo no' -n 1\necho done");
  assert.equal(renderShell('#SBATCH -J "cs {{ v }}"', { v: new Untrusted('a"b') }), '#SBATCH -J "cs a\\"b"');
});

test('where nothing can be quoted safely a value that needs it is refused, a harmless one is not', () => {
  for (const place of [
    'cat <<EOF\n{{ v }}\nEOF',
    'echo `echo {{ v }}`',
    'echo ${x:-{{ v }}}',
    'echo $(( {{ v }} ))',
    "echo $'{{ v }}'",
  ]) {
    assert.throws(() => renderShell(place, { v: new Untrusted('$(id)') }), /cannot be put safely/, place);
    assert.match(renderShell(place, { v: new Untrusted('P1/J2') }), /P1\/J2/);
  }
});

test("an author's own text stands as it is, and a command line fits into quotes", () => {
  assert.equal(renderShell("{{ '#SBATCH --a b' if v else '' }}", { v: true }), '#SBATCH --a b');
  const command = new ShellCode("printf %s 'a b'");
  assert.equal(run('{{ command }}', { command }), 'a b');
  assert.equal(run('bash -c "{{ command }}"', { command }), 'a b');
  assert.equal(run("bash -c '{{ command }}'", { command }), 'a b');
});

test('names that nobody sets are found', () => {
  const template =
    '{% set a = 1 %}{{ a }}{{ b }}{% for c in d %}{{ c }}{{ loop.index }}{% endfor %}{% macro m(e) %}{{ e }}{{ f }}{% endmacro %}{{ m(range(2)) }}{{ g }}';
  assert.deepEqual(freeNames(template, ['g']), ['b', 'd', 'f']);
});
