import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, commandHelp, parseCommandLine, UsageError } from './command.ts';

const command: Command = {
  name: 'joblog',
  usage: '<PX> <JXX>',
  summary: 'Show a log.',
  options: {
    lines: { type: 'string', short: 'n', value: 'number', summary: 'how many lines' },
    'no-follow': { type: 'boolean', summary: 'end after them' },
  },
  words: [2, 2],
  run: async () => 0,
};

function parse(...argv: string[]): unknown {
  const args = parseCommandLine('prog', command, argv);
  return [args.positionals, args.text('lines'), args.flag('no-follow')];
}

test('options are read before, between and after the words', () => {
  assert.deepEqual(parse('P1', 'J1'), [['P1', 'J1'], undefined, false]);
  assert.deepEqual(parse('-n', '5', 'P1', '--no-follow', 'J1'), [['P1', 'J1'], '5', true]);
  assert.deepEqual(parse('P1', 'J1', '--lines=7'), [['P1', 'J1'], '7', false]);
});

const mistakes: [string[], RegExp][] = [
  [['P1', 'J1', '--line', '5'], /no option --line\. Did you mean lines\?/],
  [['P1', 'J1', '--xyz'], /no option --xyz\.$/],
  [['P1', 'J1', '-q'], /Unknown option '-q'/],
  [['P1', 'J1', '--lines'], /--lines/],
  [['P1', 'J1', '--no-follow=yes'], /--no-follow/],
  [['P1'], /Usage: prog joblog <PX> <JXX>/],
  [['P1', 'J1', 'J2'], /Usage: prog joblog/],
];

for (const [argv, message] of mistakes) {
  test(`the command line "${argv.join(' ')}" is refused in words`, () => {
    assert.throws(
      () => parse(...argv),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('the help text names every option with its value', () => {
  const help = commandHelp('prog', command);
  assert.match(help, /Usage: prog joblog <PX> <JXX>/);
  assert.match(help, /-n, --lines <number> +how many lines/);
  assert.match(help, /--no-follow +end after them/);
});
