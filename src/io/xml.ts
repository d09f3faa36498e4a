import { CsError } from '../base/errors.ts';

/** An element of an XML document. Prefixes of names are dropped: `a:_x` is `_x`. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** the text directly inside, of all pieces */
  readonly text: string;
}

type Building = XmlElement & { children: XmlElement[]; text: string; readonly tag: string };

const MAX_DEPTH = 256;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const NAME = /[^\s/>=<"']+/y;
const ATTRIBUTE = /\s*([^\s/>=<"']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;

/**
 * Parse a document: elements, attributes, text, CDATA; comments and processing instructions are skipped. There are no
 * declarations: `<!DOCTYPE` is refused, so that no text can name a file or grow by entities.
 *
 * @param path the file's name, for messages
 * @returns the root element
 * @throws CsError `CS_XML_FORMAT` naming file and line
 */
export function parseXml(text: string, path: string): XmlElement {
  const fail = (at: number, reason: string): CsError => {
    const line = text.slice(0, at).split('\n').length;
    const message = `XML file ${path}: line ${line}: ${reason}.`;
    return new CsError('input', 'CS_XML_FORMAT', message, { path, field: `line ${line}` });
  };
  const open: Building[] = [];
  let root: XmlElement | null = null;
  let at = 0;
  const addText = (piece: string): void => {
    const top = open.at(-1);
    if (top) top.text += piece;
    else if (piece.trim() !== '') throw fail(at, 'text stands outside of the root element');
  };
  const skipTo = (mark: string, from: number): number => {
    const end = text.indexOf(mark, from);
    if (end < 0) throw fail(at, `"${mark}" is missing`);
    return end;
  };
  while (at < text.length) {
    const next = text.indexOf('<', at);
    if (next !== at) {
      const end = next < 0 ? text.length : next;
      addText(decodeText(text.slice(at, end)));
      at = end;
      continue;
    }
    if (text.startsWith('<!--', at)) {
      at = skipTo('-->', at + 4) + 3;
    } else if (text.startsWith('<![CDATA[', at)) {
      const end = skipTo(']]>', at + 9);
      addText(text.slice(at + 9, end));
      at = end + 3;
    } else if (text.startsWith('<?', at)) {
      at = skipTo('?>', at + 2) + 2;
    } else if (text.startsWith('<!', at)) {
      throw fail(at, 'a declaration (<!…>) is not accepted');
    } else if (text.startsWith('</', at)) {
      const end = skipTo('>', at + 2);
      const tag = text.slice(at + 2, end).trim();
      const top = open.pop();
      if (top?.tag !== tag)
        throw fail(at, `</${tag.slice(0, 80)}> closes ${top ? `<${top.tag.slice(0, 80)}>` : 'nothing'}`);
      if (open.length === 0) root = top;
      at = end + 1;
    } else {
      if (root !== null) throw fail(at, 'a second root element begins');
      NAME.lastIndex = at + 1;
      const tag = NAME.exec(text)?.[0];
      if (tag === undefined) throw fail(at, 'an element has no name');
      if (open.length >= MAX_DEPTH) throw fail(at, `elements lie deeper than ${MAX_DEPTH} levels`);
      const attributes = new Map<string, string>();
      ATTRIBUTE.lastIndex = NAME.lastIndex;
      let end = NAME.lastIndex;
      for (let match = ATTRIBUTE.exec(text); match; match = ATTRIBUTE.exec(text)) {
        attributes.set(localName(match[1]), decodeText(match[2] ?? match[3] ?? ''));
        end = ATTRIBUTE.lastIndex;
      }
      while (/\s/.test(text[end] ?? '')) end++;
      const closed = text.startsWith('/>', end);
      if (!closed && text[end] !== '>') throw fail(at, `the tag <${tag.slice(0, 80)} is malformed`);
      const element: Building = { name: localName(tag), tag, attributes, children: [], text: '' };
      open.at(-1)?.children.push(element);
      if (!closed) open.push(element);
      else if (open.length === 0) root = element;
      at = end + (closed ? 2 : 1);
    }
  }
  const unclosed = open.at(-1);
  if (unclosed) throw fail(at, `<${unclosed.tag.slice(0, 80)}> is not closed`);
  if (root === null) throw fail(at, 'there is no element');
  return root;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{1,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The element that a path of names leads to from an element, taking the first of each name; null where there is none. */
export function xmlAt(element: XmlElement, ...names: readonly string[]): XmlElement | null {
  let at: XmlElement | null = element;
  for (const name of names) at = at?.children.find((child) => child.name === name) ?? null;
  return at;
}
