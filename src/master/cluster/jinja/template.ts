import { GLOBALS } from './access.ts';
import { Interpreter, type Sink } from './interpreter.ts';
import { parse } from './parse.ts';
import { type Origin, Scope } from './scope.ts';
import { ShellText } from './shell-context.ts';
import { toPython } from './values.ts';

/** A text that somebody else than the template's author chose: a title, a path, a name. In a shell it is one word. */
export class Untrusted {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A command line whose words are quoted already. */
export class ShellCode {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }
}

/** What a template knows: plain values, which stand as they are, and those whose origin matters in a shell. */
export type Context = Readonly<Record<string, unknown>>;

/**
 * Print a template as Jinja2 does with its defaults.
 * @throws TemplateError with the class that Jinja2 or Python would name, and the line
 */
export function renderText(template: string, context: Context): string {
  let text = '';
  run(template, context, { put: (part) => void (text += part) });
  return text;
}

/** The same for a shell script or command line: values of other people are quoted as their places in it need. */
export function renderShell(template: string, context: Context): string {
  const shell = new ShellText();
  run(template, context, shell);
  return shell.text;
}

function run(template: string, context: Context, sink: Sink): void {
  const globals = new Scope(null);
  for (const [name, value] of GLOBALS) globals.set(name, value, 0);
  const scope = new Scope(globals);
  for (const [name, given] of Object.entries(context)) {
    const origin: Origin = given instanceof Untrusted ? 2 : given instanceof ShellCode ? 1 : 0;
    scope.set(name, toPython(given instanceof Untrusted || given instanceof ShellCode ? given.value : given), origin);
  }
  new Interpreter(sink).run(parse(template), new Scope(scope));
}

/** Names that a template reads and nobody sets: neither the template itself nor, if they are given, `known`. */
export function freeNames(template: string, known: readonly string[] = []): string[] {
  const read = new Set<string>();
  const set = new Set<string>([...GLOBALS.keys(), ...known, 'loop', 'caller', 'varargs', 'kwargs']);
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) {
      for (const inner of part) walk(inner);
    } else if (part !== null && typeof part === 'object') {
      const { kind, name, target, params } = part as Record<string, unknown>;
      if (kind === 'name' && typeof name === 'string') read.add(name);
      if (kind === 'macro' && typeof name === 'string') set.add(name);
      for (const bound of [target, params]) {
        for (const found of JSON.stringify(bound ?? null, (_, v: unknown) =>
          typeof v === 'bigint' ? String(v) : v,
        ).matchAll(/"name":"(\w+)"/g))
          set.add(found[1] ?? '');
      }
      for (const [key, inner] of Object.entries(part)) if (key !== 'target') walk(inner);
    }
  };
  walk(parse(template));
  return [...read].filter((name) => !set.has(name)).sort();
}
