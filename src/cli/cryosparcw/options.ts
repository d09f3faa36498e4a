import { CsError } from '../../base/errors.ts';
import { suggestion } from '../nearest.ts';

/** One option of a command. `value` is its placeholder in the help; a flag has none. */
export interface Option {
  readonly name: string;
  readonly value?: string;
  readonly help: string;
  readonly type?: 'text' | 'integer' | 'integers';
  readonly required?: boolean;
}

export interface Values {
  /** whether an option was given */
  has(name: string): boolean;
  text(name: string): string | undefined;
  integer(name: string): number | undefined;
  integers(name: string): number[] | undefined;
}

/**
 * Read `--name value`, `--name=value` and flags.
 *
 * @throws CsError `CS_USAGE` naming what is wrong: unknown (with near matches), repeated, missing or ill-formed
 */
export function parseOptions(options: readonly Option[], args: readonly string[]): Values {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (!arg.startsWith('--')) throw usage(`Unexpected argument "${arg}": options begin with "--".`);
    const equals = arg.indexOf('=');
    const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
    const option = options.find((o) => o.name === name);
    if (!option)
      throw usage(
        `Unknown option --${name}.${suggestion(
          `--${name}`,
          options.map((o) => `--${o.name}`),
        )}`,
      );
    if (given.has(name)) throw usage(`Option --${name} is given twice.`);
    given.set(name, readValue(option, equals < 0 ? undefined : arg.slice(equals + 1), args[at + 1]));
    if (option.value !== undefined && equals < 0) at++;
  }
  const missing = options.filter((o) => o.required && !given.has(o.name)).map((o) => `--${o.name} ${o.value}`);
  if (missing.length > 0) throw usage(`Missing: ${missing.join(', ')}.`);
  return {
    has: (name) => given.has(name),
    text: (name) => given.get(name),
    integer: (name) => (given.has(name) ? Number(given.get(name)) : undefined),
    integers: (name) => (given.has(name) ? given.get(name)?.split(',').map(Number) : undefined),
  };
}

const FORMS = {
  text: { pattern: /^[^]+$/, wanted: 'a text that is not empty' },
  integer: { pattern: /^\d{1,15}$/, wanted: 'a whole number' },
  integers: { pattern: /^\d{1,9}(,\d{1,9})*$/, wanted: 'whole numbers with commas between, as 0,1,2' },
};

function readValue(
  { name, value, type = 'text' }: Option,
  inline: string | undefined,
  next: string | undefined,
): string {
  if (value === undefined) {
    if (inline !== undefined) throw usage(`Option --${name} takes no value, got "${inline}".`);
    return '';
  }
  const found = inline ?? next;
  if (found === undefined || (inline === undefined && found.startsWith('--'))) {
    throw usage(`Option --${name} needs a value: --${name} ${value}.`);
  }
  if (!FORMS[type].pattern.test(found)) throw usage(`Option --${name} is "${found}", wanted ${FORMS[type].wanted}.`);
  return found;
}

export function usage(message: string): CsError {
  return new CsError('input', 'CS_USAGE', message);
}
