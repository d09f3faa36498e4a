// oxlint-disable-next-line no-control-regex -- the escape character is what such sequences begin with
const TERMINAL_COLOUR = /\u001b\[[\d;]*m/g;

/** The last lines of a text that are not blank, without the colours of a terminal. */
export function lastLines(text: string, most: number): string[] {
  return text
    .replaceAll(TERMINAL_COLOUR, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-most);
}
