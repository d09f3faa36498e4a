import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styled, textTable } from './text-table.ts';

test('text columns are aligned left, number columns right, and lines have no trailing blanks', () => {
  const table = textTable(
    [
      ['J1', 5, 'completed'],
      ['J10', 12000, ''],
    ],
    { head: ['job', 'items', 'status'], indent: '  ' },
  );
  assert.equal(
    table,
    ['  job  items  status', '  ---  -----  ---------', '  J1       5  completed', '  J10  12000'].join('\n'),
  );
});

test('cells of several lines and missing cells keep the columns', () => {
  assert.equal(
    textTable([['GPU', '0: a\n1: b'], ['SSD'], ['lane', 'default']]),
    'GPU   0: a\n      1: b\nSSD\nlane  default',
  );
  assert.equal(textTable([]), '');
});

test('width counts what is seen: no escape sequences, two columns for wide characters, none for combining ones', () => {
  const red = '\u001b[31mred\u001b[39m';
  assert.equal(
    textTable([
      [red, '|'],
      ['電顕', '|'],
      ['Å\u0301ng', '|'],
    ]),
    `${red}   |\n電顕  |\nÅ\u0301ng   |`,
  );
});

test('styles are for terminals alone', () => {
  const stream = (isTTY: boolean): NodeJS.WriteStream =>
    ({ isTTY, hasColors: () => true, getColorDepth: () => 8, env: {} }) as unknown as NodeJS.WriteStream;
  assert.equal(styled('red', 'x', stream(false)), 'x');
});
