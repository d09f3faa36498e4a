import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlockYaml, yamlText } from './block-yaml.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('nested mappings with plain, quoted and folded scalars are read as text', () => {
  const text = `# a comment
created: 2026-01-31 10:00:00.5
group:
  description: 'All of the particles, with a text that is so long that it
    goes on in the next line'
  name: particles
  title: "Quote \\" and: colon"
  empty:
results:
    blob: {metafile}
    'odd: key':
        metafile: '>J1_p.cs'   # behind
        num_items: 12
version: v4.0 and
  more
`.replace('{metafile}', "'it''s'");
  assert.deepEqual(plain(parseBlockYaml(text, 'a.csg')), {
    created: '2026-01-31 10:00:00.5',
    group: {
      description: 'All of the particles, with a text that is so long that it goes on in the next line',
      name: 'particles',
      title: 'Quote " and: colon',
      empty: '',
    },
    results: { blob: "it's", 'odd: key': { metafile: '>J1_p.cs', num_items: '12' } },
    version: 'v4.0 and more',
  });
});

test('what a text becomes as a scalar is read back', () => {
  for (const text of ["it's", '>J1_a.cs', '', ' spaces ', '{}', '# no comment', 'a: b', '"x"', "''"]) {
    assert.deepEqual(plain(parseBlockYaml(`key: ${yamlText(text)}\n`, 'a.csg')), { key: text });
  }
});

test('other YAML is refused with file and line, and no key reaches a prototype', () => {
  for (const text of ['a: 1\n- b\n', 'a:\n  b: 1\n c: 2\n', '[1, 2]', 'plain text', '\u0000', '&x a: 1']) {
    assert.throws(() => parseBlockYaml(text, '/x/a.csg'), {
      code: 'CS_GROUP_FORMAT',
      message: /\/x\/a\.csg, line [12-3]/,
    });
  }
  const map = parseBlockYaml('__proto__:\n  polluted: 1\n', 'a.csg');
  assert.equal(Object.getPrototypeOf(map), null);
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});
