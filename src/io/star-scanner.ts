import { CsError } from '../base/errors.ts';

/** `text` of data: the block's name; of a label: the name without underscore. */
export interface StarToken {
  kind: 'data' | 'loop' | 'label' | 'value';
  text: string;
  line: number;
}

const NEWLINE = 10;
const HASH = 35;
const SEMICOLON = 59;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xfeff;
}

/** Splits the text of a STAR file into tokens, one pass over its characters. */
export class StarScanner {
  private readonly text: string;
  private readonly path: string;
  private at = 0;
  private line = 1;
  /** line of the last word or text */
  private lastLine = 0;

  constructor(text: string, path: string) {
    this.text = text;
    this.path = path;
  }

  /** The next token, or null at the end. */
  next(): StarToken | null {
    const { text } = this;
    for (;;) {
      while (this.at < text.length && isSpace(text.charCodeAt(this.at))) {
        if (text.charCodeAt(this.at++) === NEWLINE) this.line++;
      }
      if (this.at >= text.length) return null;
      const code = text.charCodeAt(this.at);
      if (code === HASH) this.skipLine();
      else if (code === SEMICOLON && this.atLineStart()) return this.multiLine();
      else if (code === 34 || code === 39) return this.quoted(code);
      else return this.word();
    }
  }

  /** An error that names file and line. @param wanted what the format asks for there */
  error(token: StarToken, wanted: string, found = `"${token.text.slice(0, 60)}"`): CsError {
    const message = `STAR file ${this.path}, line ${token.line}: found ${found}, wanted ${wanted}.`;
    return new CsError('input', 'CS_STAR_FORMAT', message, { path: this.path, line: token.line });
  }

  private atLineStart(): boolean {
    return this.at === 0 || this.text.charCodeAt(this.at - 1) === NEWLINE;
  }

  private skipLine(): void {
    const end = this.text.indexOf('\n', this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private word(): StarToken {
    const start = this.at;
    while (this.at < this.text.length && !isSpace(this.text.charCodeAt(this.at))) this.at++;
    const text = this.text.slice(start, this.at);
    const { line } = this;
    // key words count only as the first word of a line: file names may look like them
    const isFirst = line !== this.lastLine;
    this.lastLine = line;
    if (!isFirst) return { kind: 'value', text, line };
    if (text.charCodeAt(0) === 95) {
      // a label is followed on its line by its number, "#3", which reads as a comment
      return { kind: 'label', text: text.slice(1), line };
    }
    if (/^data_/i.test(text)) return { kind: 'data', text: text.slice(5), line };
    if (/^loop_$/i.test(text)) return { kind: 'loop', text, line };
    return { kind: 'value', text, line };
  }

  /** A quoted text ends at the same quote followed by a space or the end of the line. */
  private quoted(quote: number): StarToken {
    const start = ++this.at;
    const { text, line } = this;
    this.lastLine = line;
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === NEWLINE) break;
      if (code !== quote) continue;
      if (this.at + 1 < text.length && !isSpace(text.charCodeAt(this.at + 1))) continue;
      this.at++;
      return { kind: 'value', text: text.slice(start, this.at - 1), line };
    }
    throw this.error({ kind: 'value', text: text.slice(start, this.at), line }, 'a closing quote on the same line');
  }

  private multiLine(): StarToken {
    const { line } = this;
    const start = this.at + 1;
    const end = this.text.indexOf('\n;', start);
    if (end < 0)
      throw this.error({ kind: 'value', text: ';', line }, 'a line that begins with ; as the end of the text');
    const text = this.text.slice(start, end);
    for (const character of text) if (character === '\n') this.line++;
    this.line++;
    this.at = end + 2;
    return { kind: 'value', text: text.trim(), line };
  }
}
