import { TemplateError } from './errors.ts';
import type { Sink } from './interpreter.ts';
import type { Origin } from './scope.ts';

/** Where in a shell script a place is. */
type Place = 'plain' | 'single' | 'double' | 'comment' | 'backtick' | 'brace' | 'arithmetic' | 'ansi' | 'heredoc';

const HARMLESS = /^[\w@%+=:,./-]*$/;

/** Words for the places where nothing but harmless characters can be put safely. */
const REFUSED: Partial<Record<Place, string>> = {
  backtick: 'between backticks (write $(...) instead)',
  brace: 'inside ${...} (set a variable outside of it)',
  arithmetic: 'inside $((...))',
  ansi: "inside $'...'",
  heredoc: 'in a here-document (set a variable outside of it)',
};

/**
 * A shell script or command line that a template prints. What the template's author wrote is followed as a shell reads
 * it, so that a text from somebody else is quoted as its place needs: bare, in either kind of quotes, in a nested
 * $(...), or in a comment line such as a scheduler's directive. Such a text is always one word, or part of one.
 */
export class ShellText implements Sink {
  text = '';
  private read = 0;
  private stack: { place: Place; parens: number }[] = [{ place: 'plain', parens: 0 }];
  private quoteInComment = '';
  /** delimiters of here-documents that begin after this line */
  private awaited: { word: string; tabs: boolean }[] = [];
  private lineStart = 0;

  /** @throws TemplateError when somebody else's text stands where it cannot be quoted */
  put(text: string, origin: Origin): void {
    this.follow();
    this.text += origin === 0 ? text : this.quoted(text, origin);
    this.follow();
  }

  private get top(): { place: Place; parens: number } {
    return this.stack.at(-1) ?? { place: 'plain', parens: 0 };
  }

  private quoted(text: string, origin: Origin): string {
    if (HARMLESS.test(text)) return text;
    const { place } = this.top;
    if (text.includes('\0')) throw new TemplateError('ValueError', 'a value with a NUL character cannot reach a shell');
    const refused = REFUSED[place];
    if (refused !== undefined) {
      const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
      throw new TemplateError('ValueError', `the value ${JSON.stringify(shown)} cannot be put safely ${refused}`);
    }
    if (place === 'double') return text.replace(/[\\"$`]/g, '\\$&');
    if (place === 'single') return text.replaceAll("'", "'\\''");
    if (origin === 1) return text;
    if (place === 'plain') return shellWord(text);
    // the end of the line would end the comment, and what follows would be commands
    const line = text.replace(/\p{Cc}+/gu, ' ');
    if (this.quoteInComment === '"') return line.replace(/[\\"$`]/g, '\\$&');
    return this.quoteInComment === "'" ? line.replaceAll("'", "'\\''") : shellWord(line);
  }

  private follow(): void {
    for (; this.read < this.text.length; this.read++) this.character(this.text[this.read] ?? '', this.read);
  }

  private character(char: string, at: number): void {
    const { place } = this.top;
    if (char === '\n') this.endLine(at);
    if (this.escaped) {
      this.escaped = false;
      return;
    }
    switch (place) {
      case 'comment':
        if (char === '\n') this.pop();
        else if (char === this.quoteInComment) this.quoteInComment = '';
        else if (this.quoteInComment === '' && (char === '"' || char === "'")) this.quoteInComment = char;
        return;
      case 'single':
        if (char === "'") this.pop();
        return;
      case 'ansi':
        if (char === '\\') this.escaped = true;
        else if (char === "'") this.pop();
        return;
      case 'heredoc':
        return;
      case 'plain':
      case 'double':
      case 'backtick':
      case 'brace':
      case 'arithmetic':
        this.command(char, at, place);
    }
  }

  private escaped = false;

  private command(char: string, at: number, place: Place): void {
    const before = this.text[at - 1] ?? '\n';
    const inDouble = place === 'double';
    if (char === '\\') this.escaped = true;
    else if (char === '"') this.toggle('double');
    else if (char === '`') this.toggle('backtick');
    else if (char === '{' && before === '$') this.push('brace');
    else if (char === '}' && place === 'brace') this.pop();
    else if (char === '(' && before === '$') this.push('plain');
    else if (char === '(' && before === '(' && this.text[at - 2] === '$' && this.stack.length > 1)
      this.top.place = 'arithmetic';
    else if (inDouble || place === 'brace') return;
    else if (char === "'") this.push(before === '$' ? 'ansi' : 'single');
    else if (char === '(') this.top.parens++;
    else if (char === ')') this.closeParen();
    else if (char === '#' && place === 'plain' && /[\s;&|()]/.test(before)) this.push('comment');
    else if (char === '<' && before === '<' && this.text[at - 2] !== '<' && place === 'plain')
      this.heredocs.push(at + 1);
  }

  private heredocs: number[] = [];

  private closeParen(): void {
    const { top } = this;
    if (top.place === 'arithmetic') {
      // the first of its two
      top.place = 'plain';
    } else if (top.parens > 0) top.parens--;
    else if (this.stack.length > 1) this.pop();
  }

  private endLine(at: number): void {
    const line = this.text.slice(this.lineStart, at);
    this.lineStart = at + 1;
    if (this.top.place === 'heredoc') {
      const wanted = this.awaited[0];
      if (wanted && (wanted.tabs ? line.replace(/^\t+/, '') : line) === wanted.word) {
        this.awaited.shift();
        if (this.awaited.length === 0) this.pop();
      }
      return;
    }
    for (const start of this.heredocs) {
      const match = /^(-?)[ \t]*(?:'([^']*)'|"([^"]*)"|\\?([\w.-]+))/.exec(this.text.slice(start, at));
      if (match) this.awaited.push({ word: match[2] ?? match[3] ?? match[4] ?? '', tabs: match[1] === '-' });
    }
    this.heredocs = [];
    if (this.awaited.length > 0) {
      if (this.top.place === 'comment') this.pop();
      this.push('heredoc');
    }
  }

  private toggle(place: Place): void {
    if (this.top.place === place) this.pop();
    else this.push(place);
  }

  private push(place: Place): void {
    this.stack.push({ place, parens: 0 });
    if (place === 'comment') this.quoteInComment = '';
  }

  private pop(): void {
    if (this.stack.length > 1) this.stack.pop();
  }
}

/** One word of a POSIX shell. */
export function shellWord(text: string): string {
  return text !== '' && HARMLESS.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
