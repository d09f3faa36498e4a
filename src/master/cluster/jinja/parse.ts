import type { BlockFilter, Expr, MacroParam, Node, Target } from './ast.ts';
import { tokenize } from './lexer.ts';
import { parseArgs, parseExpression, parseNamed, parseOr, parseTuple } from './parse-expression.ts';
import { TokenStream } from './token-stream.ts';

const NOT_HERE = ['include', 'import', 'from', 'extends', 'block'];

/** A template as a tree. @throws TemplateError TemplateSyntaxError with the line */
export function parse(template: string): Node[] {
  const stream = new TokenStream(tokenize(template));
  const body = parseBody(stream, []);
  if (!stream.is('eof')) stream.fail(`Encountered unknown tag '${stream.shown()}'.`);
  return body;
}

/** Nodes up to a tag whose name is one of `ends`; the tag's name is the current token then. */
function parseBody(s: TokenStream, ends: readonly string[]): Node[] {
  const nodes: Node[] = [];
  for (;;) {
    const { type, value, line } = s.current;
    if (type === 'eof') {
      if (ends.length > 0)
        s.fail(`Unexpected end of template. Looking for the tag ${ends.map((e) => `'${e}'`).join(' or ')}.`);
      return nodes;
    }
    s.next();
    if (type === 'data') nodes.push({ kind: 'data', text: value, line });
    else if (type === 'variable_begin') {
      nodes.push({ kind: 'output', of: parseTuple(s), line });
      s.expect('variable_end');
    } else {
      if (s.is('name') && ends.includes(s.current.value)) return nodes;
      nodes.push(parseStatement(s, ends));
    }
  }
}

function parseStatement(s: TokenStream, ends: readonly string[]): Node {
  const { value: tag, line } = s.expect('name');
  switch (tag) {
    case 'if':
      return parseIf(s, line);
    case 'for':
      return parseFor(s, line);
    case 'set':
      return parseSet(s, line);
    case 'macro':
      return { kind: 'macro', name: s.expect('name').value, params: parseParams(s), body: block(s, 'endmacro'), line };
    case 'call': {
      const params = s.operator('(') ? parseParams(s) : [];
      return { kind: 'call', params, call: parseExpression(s), body: block(s, 'endcall'), line };
    }
    case 'filter':
      return { kind: 'filter', filters: parseBlockFilters(s, parseNamed(s)), body: block(s, 'endfilter'), line };
    case 'with': {
      const sets: (readonly [Target, Expr])[] = [];
      while (!s.is('block_end')) {
        if (sets.length > 0) s.expect('operator', ',');
        const target = parseTarget(s);
        s.expect('operator', '=');
        sets.push([target, parseExpression(s)]);
      }
      return { kind: 'with', sets, body: block(s, 'endwith'), line };
    }
    default: {
      if (NOT_HERE.includes(tag)) s.fail(`'${tag}' needs other templates, which there are none of here.`);
      const open = ends.length === 0 ? '' : ` The tag that is open needs ${ends.map((e) => `'${e}'`).join(' or ')}.`;
      return s.fail(`Encountered unknown tag '${tag}'.${open}`);
    }
  }
}

/** What stands between the tag that is being read and its end. */
function block(s: TokenStream, end: string): Node[] {
  s.expect('block_end');
  const body = parseBody(s, [end]);
  s.next();
  s.expect('block_end');
  return body;
}

function parseIf(s: TokenStream, line: number): Node {
  const arms: { test: Expr | null; body: Node[] }[] = [];
  for (let tag = 'if'; tag !== 'endif'; tag = s.next().value) {
    const test = tag === 'else' ? null : parseTuple(s, false);
    s.expect('block_end');
    arms.push({ test, body: parseBody(s, tag === 'else' ? ['endif'] : ['elif', 'else', 'endif']) });
  }
  s.expect('block_end');
  return { kind: 'if', arms, line };
}

function parseFor(s: TokenStream, line: number): Node {
  const target = parseTarget(s);
  s.expect('name', 'in');
  const over = parseTuple(s, false);
  const test = s.skip('name', 'if') ? parseOr(s) : null;
  const recursive = s.skip('name', 'recursive');
  s.expect('block_end');
  const body = parseBody(s, ['else', 'endfor']);
  const otherwise = s.next().value === 'else' ? block(s, 'endfor') : null;
  if (!otherwise) s.expect('block_end');
  return { kind: 'for', target, over, test, recursive, body, otherwise: otherwise ?? [], line };
}

function parseSet(s: TokenStream, line: number): Node {
  const target = parseTarget(s);
  if (s.skip('operator', '=')) {
    const value = parseTuple(s);
    s.expect('block_end');
    return { kind: 'set', target, value, line };
  }
  const filters = s.skip('operator', '|') ? parseBlockFilters(s, parseNamed(s)) : [];
  return { kind: 'set_block', target, filters, body: block(s, 'endset'), line };
}

function parseBlockFilters(s: TokenStream, first: BlockFilter): BlockFilter[] {
  const filters = [first];
  while (s.skip('operator', '|')) filters.push(parseNamed(s));
  return filters;
}

function parseTarget(s: TokenStream): Target {
  const first = parseOneTarget(s);
  if (!s.operator(',')) return first;
  const items = [first];
  while (s.skip('operator', ',') && (s.operator('(') || (s.is('name') && !s.word('in')))) items.push(parseOneTarget(s));
  return { kind: 'tuple', items };
}

function parseOneTarget(s: TokenStream): Target {
  if (s.skip('operator', '(')) {
    const inner = parseTarget(s);
    s.expect('operator', ')');
    return inner;
  }
  const name = s.expect('name').value;
  if (['true', 'false', 'none', 'True', 'False', 'None'].includes(name)) s.fail(`can't assign to '${name}'`);
  return s.skip('operator', '.')
    ? { kind: 'attribute', name, attribute: s.expect('name').value }
    : { kind: 'name', name };
}

function parseParams(s: TokenStream): MacroParam[] {
  // the same form as the arguments of a call: names, and names with a value
  const { list, named, star, starStar } = parseArgs(s);
  if (star || starStar) s.fail('a macro takes no * parameters; it has varargs and kwargs');
  const plain = list.map(
    (e): MacroParam => (e.kind === 'name' ? { name: e.name, fallback: null } : s.fail('expected a name')),
  );
  return [...plain, ...named.map(([name, fallback]): MacroParam => ({ name, fallback }))];
}
