import { TemplateError } from './errors.ts';

export type TokenType =
  | 'data'
  | 'variable_begin'
  | 'variable_end'
  | 'block_begin'
  | 'block_end'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'operator'
  | 'eof';

export interface Token {
  readonly type: TokenType;
  /** of strings what they mean, of all others their text */
  readonly value: string;
  readonly line: number;
}

const OPERATORS = [
  '**',
  '//',
  '==',
  '!=',
  '<=',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '~',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
].concat(['<', '>', '=', '.', ':', '|', ',', ';']);
const OPEN = /\{([{%#])([-+]?)/g;
const RAW = /\{%([-+]?)\s*raw\s*(-?)%\}/y;
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const FLOAT = /(?:\d(?:_?\d)*)(?:\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|[eE][+-]?\d(?:_?\d)*)/y;
const INTEGER = /0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d(?:_?\d)*/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;

/**
 * A template as tokens, by the rules of Jinja2's defaults: no trimming of lines except by `-`, and the last line's end
 * is dropped.
 * @throws TemplateError TemplateSyntaxError
 */
export function tokenize(template: string): Token[] {
  return new Lexer(template).run();
}

class Lexer {
  private readonly text: string;
  private readonly tokens: Token[] = [];
  private at = 0;

  constructor(template: string) {
    this.text = template.replace(/\r\n|\r/g, '\n').replace(/\n$/, '');
  }

  run(): Token[] {
    // whether the tag before took the white space that follows it
    let strip = false;
    for (;;) {
      OPEN.lastIndex = this.at;
      const open = OPEN.exec(this.text);
      const data = this.text.slice(this.at, open ? open.index : undefined);
      this.pushData(data, strip, open?.[2] === '-');
      if (!open) break;
      this.at = open.index;
      strip = this.tag(open[1] ?? '', open[0].length);
    }
    this.push('eof', '');
    return this.tokens;
  }

  /** @returns whether it ends with a `-` */
  private tag(kind: string, width: number): boolean {
    if (kind === '#') return this.comment(width);
    RAW.lastIndex = this.at;
    const raw = kind === '%' ? RAW.exec(this.text) : null;
    if (raw) return this.raw(raw);
    const word = kind === '%' ? 'block' : 'variable';
    this.push(`${word}_begin`, this.text.slice(this.at, this.at + width));
    this.at += width;
    return this.inside(word, kind === '%' ? '%}' : '}}');
  }

  private comment(width: number): boolean {
    const end = this.text.indexOf('#}', this.at + width);
    if (end < 0) this.fail('Missing end of comment tag');
    const strip = this.text[end - 1] === '-';
    this.at = end + 2;
    return strip;
  }

  private raw(open: RegExpExecArray): boolean {
    const begin = this.at + open[0].length;
    const close = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g;
    close.lastIndex = begin;
    const end = close.exec(this.text);
    if (!end) this.fail('Missing end of raw directive');
    const data = this.text.slice(begin, end.index);
    this.pushData(data, open[2] === '-', end[1] === '-');
    this.at = end.index + end[0].length;
    return end[2] === '-';
  }

  /** The tokens of one tag. */
  private inside(word: 'block' | 'variable', close: string): boolean {
    const nesting: string[] = [];
    for (;;) {
      while (/\s/.test(this.text[this.at] ?? '')) this.at++;
      if (this.at >= this.text.length) {
        this.fail(`unexpected end of template, expected '${close}' for the tag that is open`);
      }
      if (nesting.length === 0) {
        const sign = /[-+]/.test(this.text[this.at] ?? '') && this.text.startsWith(close, this.at + 1);
        if (sign || this.text.startsWith(close, this.at)) {
          const minus = sign && this.text[this.at] === '-';
          this.push(`${word}_end`, close);
          this.at += close.length + (sign ? 1 : 0);
          return minus;
        }
      }
      this.one(nesting);
    }
  }

  private one(nesting: string[]): void {
    const char = this.text[this.at] ?? '';
    if (char === '"' || char === "'") return this.string(char);
    for (const [type, pattern] of [
      ['float', FLOAT],
      ['integer', INTEGER],
      ['name', NAME],
    ] as const) {
      pattern.lastIndex = this.at;
      const match = pattern.exec(this.text);
      if (!match) continue;
      this.push(type, match[0]);
      this.at += match[0].length;
      return;
    }
    const operator = OPERATORS.find((o) => this.text.startsWith(o, this.at));
    if (operator === undefined) this.fail(`unexpected char ${JSON.stringify(char)} at ${this.at}`);
    if ('([{'.includes(operator)) nesting.push(operator);
    const opened = CLOSES[operator];
    if (opened !== undefined) {
      const last = nesting.pop();
      if (last === undefined) this.fail(`unexpected '${operator}'`);
      if (last !== opened) {
        const wanted = Object.keys(CLOSES).find((key) => CLOSES[key] === last);
        this.fail(`unexpected '${operator}', expected '${wanted}'`);
      }
    }
    this.push('operator', operator);
    this.at += operator.length;
  }

  private string(mark: string): void {
    let value = '';
    let at = this.at + 1;
    for (; ; at++) {
      const char = this.text[at];
      if (char === undefined) this.fail(`unexpected char "${mark}" at ${this.at}`);
      if (char === mark) break;
      if (char !== '\\') {
        value += char;
        continue;
      }
      const escape = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|[\s\S])/y;
      escape.lastIndex = at;
      const [found = ''] = escape.exec(this.text) ?? [];
      value += unescaped(found);
      at += found.length - 1;
    }
    this.push('string', value);
    this.at = at + 1;
  }

  private pushData(data: string, stripLeft: boolean, stripRight: boolean): void {
    let text = data;
    if (stripRight) text = text.trimEnd();
    if (stripLeft) text = text.trimStart();
    if (text !== '') this.push('data', text);
  }

  private push(type: TokenType, value: string): void {
    this.tokens.push({ type, value, line: this.line() });
  }

  private seen = 0;
  private lines = 1;

  private line(): number {
    for (; this.seen < this.at; this.seen++) if (this.text[this.seen] === '\n') this.lines++;
    return this.lines;
  }

  private fail(reason: string): never {
    throw new TemplateError('TemplateSyntaxError', reason, this.line());
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

function unescaped(escape: string): string {
  const char = escape[1] ?? '';
  if (escape.length > 2) return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  return ESCAPES[char] ?? escape;
}
