import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Text in a style where the stream is a terminal that wants colours (NO_COLOR and TERM count), plain text elsewhere. */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return stream.isTTY ? styleText(style, text, { stream }) : text;
}

export interface TableOptions {
  /** headings above the columns; absent: none */
  readonly head?: readonly string[];
  /** text before every line */
  readonly indent?: string;
}

/**
 * Rows as aligned columns with two spaces between. Numbers are set to the right, text to the left; the last column is
 * not padded. A cell of several lines takes several lines.
 */
export function textTable(rows: readonly (readonly (string | number)[])[], options: TableOptions = {}): string {
  const head = options.head === undefined ? [] : [options.head];
  const all = [...head, ...rows].map((row) => row.map((cell) => String(cell).split('\n')));
  const columns = Math.max(0, ...all.map((row) => row.length));
  const width = Array.from({ length: columns }, (_, c) =>
    Math.max(0, ...all.flatMap((row) => (row[c] ?? []).map(displayWidth))),
  );
  const numeric = Array.from(
    { length: columns },
    (_, c) => rows.length > 0 && rows.every((row) => typeof row[c] === 'number'),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) => {
        const padding = ' '.repeat(Math.max(0, (width[c] ?? 0) - displayWidth(cell)));
        return numeric[c] ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  const lines = all.flatMap((row, r) => {
    const height = Math.max(1, ...row.map((cell) => cell.length));
    const texts = Array.from({ length: height }, (_, y) => line(row.map((cell) => cell[y] ?? '')));
    return r < head.length
      ? [...texts.map((t) => styled('bold', t)), width.map((w) => '-'.repeat(w)).join('  ')]
      : texts;
  });
  return lines.map((text) => (options.indent ?? '') + text).join('\n');
}

/** Columns that a text takes on a terminal: escape sequences take none, CJK and emoji two. */
function displayWidth(text: string): number {
  let columns = 0;
  // oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
  for (const char of text.replaceAll(/\u001b\[[0-9;]*m/g, '')) {
    const code = char.codePointAt(0) ?? 0;
    if (/\p{Mark}/u.test(char)) continue;
    const wide =
      (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xd7a3) || (code >= 0xff00 && code <= 0xff60);
    columns += wide || code >= 0x1f300 ? 2 : 1;
  }
  return columns;
}
