import { CsError } from '../../base/errors.ts';

/** A value of a Python literal: dicts become objects (keys as text), lists and tuples arrays, None null. */
export type PyValue = null | boolean | number | string | PyValue[] | { [key: string]: PyValue };

export interface PyCall {
  readonly name: string;
  readonly positional: readonly PyValue[];
  readonly keywords: Readonly<Record<string, PyValue>>;
}

/** What a line of the interactive shell may be. */
export type PyLine =
  | { readonly kind: 'call'; readonly target: string | null; readonly call: PyCall }
  | { readonly kind: 'value'; readonly target: string | null; readonly value: PyValue };

/** Values of names in scope; `cryosparcm cli` has none. */
export type PyNames = ReadonlyMap<string, PyValue>;

const NO_NAMES: PyNames = new Map();

/**
 * Read `name(arg, key=value)`, the call form of `cryosparcm cli`. Literals are Python's: strings in either quote with
 * escapes, r'' strings, numbers, True, False, None, lists, tuples, dicts, nested as deep as one likes.
 *
 * @throws CsError `input` `CS_CALL_SYNTAX` that points at the column; its details say whether the text merely ended
 *   too soon (`incomplete`)
 */
export function parsePythonCall(text: string): PyCall {
  const reader = new Reader(text, NO_NAMES);
  const call = reader.call();
  if (call === null) throw syntaxError(text, 0, "expected a call such as get_job('P1', 'J3')");
  reader.end();
  return call;
}

/** Read one literal. @throws CsError as `parsePythonCall` */
export function parsePythonValue(text: string): PyValue {
  const reader = new Reader(text, NO_NAMES);
  const value = reader.value();
  reader.end();
  return value;
}

/** Read `call(…)`, `name = call(…)`, `name` or `name['key'][0]`. @throws CsError as `parsePythonCall` */
export function parsePythonLine(text: string, names: PyNames): PyLine {
  const reader = new Reader(text, names);
  const target = reader.assignment();
  const call = reader.call();
  const line: PyLine =
    call === null ? { kind: 'value', target, value: reader.value() } : { kind: 'call', target, call };
  reader.end();
  return line;
}

const ESCAPES: Record<string, string> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
};
const HEX_DIGITS: Record<string, number> = { x: 2, u: 4, U: 8 };
const NUMBER = /[+-]?(?:0[xX][\da-fA-F]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const WORD = /[A-Za-z_]\w*/y;
const DOTTED = /[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;

class Reader {
  private readonly text: string;
  private readonly names: PyNames;
  private at = 0;

  constructor(text: string, names: PyNames) {
    this.text = text;
    this.names = names;
  }

  /** `name =` at the start, if that is what there is. */
  assignment(): string | null {
    const start = this.at;
    const word = this.match(WORD);
    if (word !== null && this.next('=')) return word;
    this.at = start;
    return null;
  }

  call(): PyCall | null {
    const start = this.at;
    const name = this.match(DOTTED);
    if (name === null || !this.next('(')) {
      this.at = start;
      return null;
    }
    const positional: PyValue[] = [];
    const keywords: Record<string, PyValue> = {};
    this.items(')', () => {
      this.space();
      const from = this.at;
      const keyword = this.assignment();
      if (keyword === null) {
        if (Object.keys(keywords).length > 0) throw this.error('positional argument after a keyword argument', from);
        positional.push(this.value());
      } else {
        if (Object.hasOwn(keywords, keyword)) throw this.error(`argument ${keyword} is given twice`, from);
        keywords[keyword] = this.value();
      }
    });
    return { name, positional, keywords };
  }

  value(): PyValue {
    let value = this.atom();
    while (this.next('[')) {
      const from = this.at;
      const key = this.value();
      this.expect(']');
      const found = itemOf(value, key);
      if (found === undefined) throw this.error(`there is no item ${JSON.stringify(key)}`, from);
      value = found;
    }
    return value;
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.error(`unexpected ${this.found()}`);
  }

  private atom(): PyValue {
    this.space();
    if (this.next('[')) return this.list(']');
    if (this.next('(')) return this.tuple();
    if (this.next('{')) return this.dict();
    const string = this.string();
    if (string !== null) return string;
    const number = this.match(NUMBER);
    if (number !== null) return numberOf(number.replaceAll('_', ''));
    const from = this.at;
    const word = this.match(WORD);
    if (word === null) throw this.error(`expected a value, found ${this.found()}`);
    if (word === 'None' || word === 'null') return null;
    if (word === 'True' || word === 'true') return true;
    if (word === 'False' || word === 'false') return false;
    const named = this.names.get(word);
    if (named === undefined) throw this.error(`unknown name ${word}; text goes in quotes: '${word}'`, from);
    return named;
  }

  private list(close: string): PyValue[] {
    const items: PyValue[] = [];
    this.items(close, () => items.push(this.value()));
    return items;
  }

  /** `(1, 2)` and `(1,)` are tuples, `(1)` is just 1. */
  private tuple(): PyValue {
    const from = this.at;
    const items = this.list(')');
    const comma = this.text
      .slice(from, this.at - 1)
      .trimEnd()
      .endsWith(',');
    const [only] = items;
    return items.length === 1 && only !== undefined && !comma ? only : items;
  }

  private dict(): { [key: string]: PyValue } {
    const entries: [string, PyValue][] = [];
    this.items('}', () => {
      this.space();
      const from = this.at;
      const key = this.value();
      if (typeof key === 'object') throw this.error('a key must be text, a number or a truth value', from);
      this.expect(':');
      entries.push([String(key), this.value()]);
    });
    return Object.fromEntries(entries);
  }

  private items(close: string, read: () => void): void {
    while (!this.next(close)) {
      read();
      if (this.next(close)) return;
      this.expect(',', close);
    }
  }

  /** One string literal, or several side by side, which Python joins. */
  private string(): string | null {
    let joined: string | null = null;
    for (let part = this.oneString(); part !== null; part = this.oneString()) joined = (joined ?? '') + part;
    return joined;
  }

  private oneString(): string | null {
    this.space();
    const start = /[rR]?('''|"""|'|")/y;
    start.lastIndex = this.at;
    const [opening, quote] = start.exec(this.text) ?? [];
    if (opening === undefined || quote === undefined) return null;
    const from = this.at;
    const raw = opening.length > quote.length;
    this.at += opening.length;
    let out = '';
    while (!this.text.startsWith(quote, this.at)) {
      const c = this.text[this.at];
      if (c === undefined) throw this.error(`this text is not closed with ${quote}`, from, true);
      if (c === '\n' && quote.length === 1) throw this.error(`this text is not closed with ${quote}`, from);
      this.at++;
      if (c !== '\\') out += c;
      else if (raw) out += c + (this.text[this.at++] ?? '');
      else out += this.escape();
    }
    this.at += quote.length;
    return out;
  }

  private escape(): string {
    const from = this.at - 1;
    const c = this.text[this.at++] ?? '';
    const digits = HEX_DIGITS[c];
    if (digits === undefined) return ESCAPES[c] ?? `\\${c}`;
    const hex = this.text.slice(this.at, this.at + digits);
    const code = hex.length === digits && /^[\da-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (!(code <= 0x10ffff)) throw this.error(`\\${c} wants ${digits} hexadecimal digits`, from);
    this.at += digits;
    return String.fromCodePoint(code);
  }

  private match(pattern: RegExp): string | null {
    this.space();
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private next(symbol: string): boolean {
    this.space();
    if (!this.text.startsWith(symbol, this.at)) return false;
    this.at += symbol.length;
    return true;
  }

  private expect(symbol: string, or?: string): void {
    if (this.next(symbol)) return;
    throw this.error(`expected ${or === undefined ? '' : `"${or}" or `}"${symbol}", found ${this.found()}`);
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private found(): string {
    const c = this.text[this.at];
    return c === undefined ? 'the end' : `"${c}"`;
  }

  private error(message: string, at = this.at, incomplete = at >= this.text.length): CsError {
    return syntaxError(this.text, at, message, incomplete);
  }
}

function itemOf(value: PyValue, key: PyValue): PyValue | undefined {
  if (Array.isArray(value)) return typeof key === 'number' ? value.at(key) : undefined;
  if (typeof value !== 'object' || value === null || typeof key === 'object') return undefined;
  return Object.hasOwn(value, String(key)) ? value[String(key)] : undefined;
}

/** `Number` takes no sign before hexadecimal digits. */
function numberOf(text: string): number {
  const magnitude = Number(text.replace(/^[+-]/, ''));
  return text.startsWith('-') ? -magnitude : magnitude;
}

function syntaxError(text: string, at: number, message: string, incomplete = false): CsError {
  const before = text.slice(0, at);
  const line = text.split('\n')[before.split('\n').length - 1] ?? '';
  const column = at - (before.lastIndexOf('\n') + 1);
  return new CsError(
    'input',
    'CS_CALL_SYNTAX',
    `${message}, at column ${column + 1}:\n  ${line}\n  ${' '.repeat(column)}^`,
    { column: column + 1, incomplete },
  );
}
