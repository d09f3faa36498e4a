import { TemplateError } from './errors.ts';
import type { Token, TokenType } from './lexer.ts';

/** The tokens of a template with a place in them. */
export class TokenStream {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  get current(): Token {
    const token = this.tokens[this.at] ?? this.tokens.at(-1);
    if (!token) throw new TemplateError('TemplateSyntaxError', 'unexpected end of template');
    return token;
  }

  get line(): number {
    return this.current.line;
  }

  look(): Token {
    return this.tokens[this.at + 1] ?? this.current;
  }

  next(): Token {
    const token = this.current;
    this.at++;
    return token;
  }

  is(type: TokenType, value?: string): boolean {
    return this.current.type === type && (value === undefined || this.current.value === value);
  }

  operator(value: string): boolean {
    return this.is('operator', value);
  }

  word(value: string): boolean {
    return this.is('name', value);
  }

  skip(type: TokenType, value?: string): boolean {
    if (!this.is(type, value)) return false;
    this.at++;
    return true;
  }

  expect(type: TokenType, value?: string): Token {
    if (this.is(type, value)) return this.next();
    return this.fail(`expected token '${value ?? type.replace('_', ' of ')}', got '${this.shown()}'`);
  }

  shown(): string {
    const { type, value } = this.current;
    return type === 'eof' ? 'end of template' : value;
  }

  fail(reason: string): never {
    throw new TemplateError('TemplateSyntaxError', reason, this.line);
  }
}
