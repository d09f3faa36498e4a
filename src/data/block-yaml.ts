import { CsError } from '../base/errors.ts';

export type YamlMap = { [key: string]: YamlMap | string };

/**
 * Read the part of YAML that group files use: nested block mappings of scalars, which may be plain or quoted and may
 * go on over several lines. All scalars are text.
 * @param path the file, for messages
 * @throws CsError `CS_GROUP_FORMAT` naming the line
 * @see https://yaml.org/spec/1.2.2/
 */
export function parseBlockYaml(text: string, path: string): YamlMap {
  const root: YamlMap = Object.create(null) as YamlMap;
  const open: { indent: number; map: YamlMap }[] = [{ indent: 0, map: root }];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    if (/^\s*(#.*)?$|^---\s*$|^\.\.\.\s*$|^%/.test(line)) continue;
    const [, space = '', key = '', first = ''] =
      /^( *)('(?:[^']|'')*'|"[^"]*"|[^\s'":#&*!|>{[-][^:]*?)\s*:(?:\s+(.*))?$/.exec(line) ?? [];
    if (key === '') throw fault(path, at, `"${line.trim().slice(0, 60)}" is not "key: value"`);
    const indent = space.length;
    while (open.length > 1 && (open.at(-1)?.indent ?? 0) > indent) open.pop();
    const parent = open.at(-1) as { indent: number; map: YamlMap };
    if (parent.indent !== indent) throw fault(path, at, `an indentation of ${indent}, wanted ${parent.indent}`);
    let value = first.trim();
    const next = lines[at + 1] ?? '';
    const deeper = indentOf(next) > indent;
    if (value === '' && deeper) {
      const map = Object.create(null) as YamlMap;
      parent.map[scalar(key)] = map;
      open.push({ indent: indentOf(next), map });
      continue;
    }
    // a scalar goes on as long as its quote is open, or, when plain, as long as lines are indented more
    while (
      at + 1 < lines.length &&
      (isOpen(value) || (!/^['"]/.test(value) && indentOf(lines[at + 1] ?? '') > indent))
    ) {
      value += ` ${lines[++at].trim()}`;
    }
    parent.map[scalar(key)] = value === '{}' ? (Object.create(null) as YamlMap) : scalar(value);
  }
  return root;
}

/** Text as a YAML scalar on one line. */
export function yamlText(value: string): string {
  return `'${value.replaceAll("'", "''").replaceAll('\n', ' ')}'`;
}

function indentOf(line: string): number {
  return /^ *(?=\S)/.exec(line)?.[0].length ?? -1;
}

function isOpen(value: string): boolean {
  if (value.startsWith("'")) return !/^'(?:[^']|'')*'\s*(#.*)?$/.test(value);
  if (value.startsWith('"')) return !/^"(?:[^"\\]|\\.)*"\s*(#.*)?$/.test(value);
  return false;
}

function scalar(text: string): string {
  const single = /^'((?:[^']|'')*)'/.exec(text);
  if (single) return (single[1] ?? '').replaceAll("''", "'");
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(text);
  if (double) return (double[1] ?? '').replaceAll(/\\(.)/g, '$1');
  return text.replace(/\s+#.*$/, '');
}

function fault(path: string, at: number, found: string): CsError {
  return new CsError('input', 'CS_GROUP_FORMAT', `Group file ${path}, line ${at + 1}: found ${found}.`, { path });
}
