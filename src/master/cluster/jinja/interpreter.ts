import { attribute, item, slice } from './access.ts';
import { arithmetic, compare, negative } from './arithmetic.ts';
import type { BlockFilter, CallArgs, Expr, MacroParam, Node, Target } from './ast.ts';
import { TemplateError, typeError } from './errors.ts';
import { runFilter } from './filters.ts';
import { loopOver } from './loop.ts';
import { str } from './python-text.ts';
import { type Origin, Scope } from './scope.ts';
import { runTest } from './tests.ts';
import {
  type Args,
  Callable,
  dictKey,
  itemsOf,
  Loop,
  Namespace,
  numeric,
  truth,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** Bounds, so that no template keeps the process busy or fills its memory. */
const STEPS_MAX = 1_000_000;
const OUTPUT_MAX = 4_000_000;
const DEPTH_MAX = 100;

/** Takes what a template prints. */
export interface Sink {
  put(text: string, origin: Origin): void;
}

/** Prints into text; its origin is the least trusted of its parts. */
class Capture implements Sink {
  text = '';
  origin: Origin = 0;

  put(text: string, origin: Origin): void {
    this.text += text;
    this.origin = worse(this.origin, origin);
  }
}

function worse(a: Origin, b: Origin): Origin {
  return a > b ? a : b;
}

/** Walks the tree of a template. Values are looked up and changed by our own rules alone: nothing is ever compiled. */
export class Interpreter {
  private sink: Sink;
  /** of what is being evaluated */
  private origin: Origin = 0;
  private steps = 0;
  private printed = 0;
  private depth = 0;

  constructor(sink: Sink) {
    this.sink = sink;
  }

  run(nodes: readonly Node[], scope: Scope): void {
    for (const node of nodes) {
      this.step();
      try {
        this.node(node, scope);
      } catch (error) {
        throw error instanceof TemplateError ? error.at(node.line) : error;
      }
    }
  }

  private node(node: Node, scope: Scope): void {
    switch (node.kind) {
      case 'data':
        return this.print(node.text, 0);
      case 'output': {
        const { value, origin } = this.traced(node.of, scope);
        return this.print(str(value), origin);
      }
      case 'if': {
        const arm = node.arms.find(({ test }) => test === null || truth(this.eval(test, scope)));
        return this.run(arm?.body ?? [], scope);
      }
      case 'set': {
        const { value, origin } = this.traced(node.value, scope);
        return this.assign(node.target, value, origin, scope);
      }
      case 'set_block': {
        const { text, origin } = this.capture(node.body, new Scope(scope));
        return this.assign(node.target, this.filtered(text, node.filters, scope), origin, scope);
      }
      case 'filter': {
        const { text, origin } = this.capture(node.body, new Scope(scope));
        return this.print(str(this.filtered(text, node.filters, scope)), origin);
      }
      case 'with': {
        const inner = new Scope(scope);
        for (const [target, expr] of node.sets) {
          const { value, origin } = this.traced(expr, scope);
          this.assign(target, value, origin, inner);
        }
        return this.run(node.body, inner);
      }
      case 'macro':
        return scope.set(node.name, this.macro(node.name, node.params, node.body, scope), 0);
      case 'call':
        return this.callBlock(node, scope);
      case 'for':
        return this.loop(node, scope);
    }
  }

  private loop(node: Extract<Node, { kind: 'for' }>, scope: Scope): void {
    const { value, origin } = this.traced(node.over, scope);
    this.iterate(node, value, origin, scope, 1);
  }

  private iterate(
    node: Extract<Node, { kind: 'for' }>,
    over: Value,
    origin: Origin,
    scope: Scope,
    depth: number,
  ): void {
    const bound = (each: Value): Scope => {
      const inner = new Scope(scope);
      this.assign(node.target, each, origin, inner);
      return inner;
    };
    const { test } = node;
    const all = itemsOf(over instanceof Undefined ? [] : over);
    const items = test === null ? all : all.filter((each) => truth(this.eval(test, bound(each))));
    if (items.length === 0) return this.run(node.otherwise, new Scope(scope));
    const again = node.recursive
      ? (inner: Value): Value => this.captured(() => this.iterate(node, inner, origin, scope, depth + 1))
      : null;
    for (const [each, loop] of loopOver(items, depth, again)) {
      const inner = bound(each);
      inner.set('loop', loop, 0);
      this.run(node.body, inner);
    }
  }

  private callBlock(node: Extract<Node, { kind: 'call' }>, scope: Scope): void {
    const { call } = node;
    if (call.kind !== 'call') throw new TemplateError('TemplateSyntaxError', 'expected call');
    const before = this.origin;
    this.origin = 0;
    const callee = this.eval(call.of, scope);
    const args = this.args(call.args, scope);
    const caller = this.macro('caller', node.params, node.body, scope);
    const value = this.call(callee, { list: args.list, named: new Map([...args.named, ['caller', caller]]) });
    this.print(str(value), this.origin);
    this.origin = before;
  }

  private macro(name: string, params: readonly MacroParam[], body: readonly Node[], scope: Scope): Callable {
    return new Callable(name, ({ list, named }) => {
      const inner = new Scope(scope);
      // an argument's own origin is not known any more: that of the whole call counts
      const origin = this.origin;
      const rest = new Map(named);
      for (const [i, param] of params.entries()) {
        const given = list[i] ?? named.get(param.name);
        rest.delete(param.name);
        const fallback = (): Value =>
          param.fallback
            ? this.eval(param.fallback, inner)
            : new Undefined(`parameter '${param.name}' was not provided`);
        inner.set(param.name, given ?? fallback(), origin);
      }
      const caller = rest.get('caller');
      rest.delete('caller');
      if (caller !== undefined) inner.set('caller', caller, 0);
      inner.set('varargs', new Tuple(list.slice(params.length)), origin);
      inner.set('kwargs', new Map(rest), origin);
      return this.captured(() => this.run(body, inner));
    });
  }

  private filtered(text: string, filters: readonly BlockFilter[], scope: Scope): Value {
    return filters.reduce<Value>(
      (value, { name, args }) => runFilter(name, value, this.args(args, scope), attributeOrItem),
      text,
    );
  }

  private capture(body: readonly Node[], scope: Scope): Capture {
    const capture = new Capture();
    const outer = this.sink;
    this.sink = capture;
    try {
      this.run(body, scope);
    } finally {
      this.sink = outer;
    }
    return capture;
  }

  /** What something prints, as the value of an expression. */
  private captured(work: () => void): string {
    if (++this.depth > DEPTH_MAX) throw new TemplateError('TemplateRuntimeError', 'maximum recursion depth exceeded');
    const before = this.origin;
    const capture = new Capture();
    const outer = this.sink;
    this.sink = capture;
    try {
      work();
    } finally {
      this.sink = outer;
      this.depth--;
    }
    this.origin = worse(before, capture.origin);
    return capture.text;
  }

  private print(text: string, origin: Origin): void {
    this.printed += text.length;
    if (this.printed > OUTPUT_MAX)
      throw new TemplateError('OverflowError', `it prints more than ${OUTPUT_MAX} characters`);
    if (text !== '') this.sink.put(text, origin);
  }

  private assign(target: Target, value: Value, origin: Origin, scope: Scope): void {
    switch (target.kind) {
      case 'name':
        return scope.set(target.name, value, origin);
      case 'attribute': {
        const variable = scope.get(target.name);
        if (!(variable.value instanceof Namespace)) {
          throw new TemplateError('TemplateRuntimeError', 'cannot assign attribute on non-namespace object');
        }
        variable.value.values.set(target.attribute, value);
        variable.origin = worse(variable.origin, origin);
        return;
      }
      case 'tuple': {
        const items = itemsOf(value);
        const wanted = target.items.length;
        if (items.length > wanted)
          throw new TemplateError('ValueError', `too many values to unpack (expected ${wanted})`);
        if (items.length < wanted) {
          throw new TemplateError(
            'ValueError',
            `not enough values to unpack (expected ${wanted}, got ${items.length})`,
          );
        }
        for (const [i, inner] of target.items.entries()) this.assign(inner, items[i] ?? null, origin, scope);
      }
    }
  }

  /** A value with the origin of what it was made of. */
  private traced(expr: Expr, scope: Scope): { value: Value; origin: Origin } {
    const before = this.origin;
    this.origin = 0;
    const value = this.eval(expr, scope);
    const { origin } = this;
    this.origin = before;
    return { value, origin };
  }

  private eval(expr: Expr, scope: Scope): Value {
    this.step();
    try {
      return this.expression(expr, scope);
    } catch (error) {
      throw error instanceof TemplateError ? error.at(expr.line) : error;
    }
  }

  // oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
  private expression(expr: Expr, scope: Scope): Value {
    const of = (e: Expr): Value => this.eval(e, scope);
    switch (expr.kind) {
      case 'const':
        return expr.value;
      case 'name': {
        const { value, origin } = scope.get(expr.name);
        this.origin = worse(this.origin, origin);
        return value;
      }
      case 'list':
        return expr.items.map(of);
      case 'tuple':
        return new Tuple(expr.items.map(of));
      case 'concat':
        return expr.items.map((e) => str(of(e))).join('');
      case 'dict':
        return new Map(expr.pairs.map(([key, value]) => [dictKey(of(key)), of(value)]));
      case 'and': {
        const left = of(expr.left);
        return truth(left) ? of(expr.right) : left;
      }
      case 'or': {
        const left = of(expr.left);
        return truth(left) ? left : of(expr.right);
      }
      case 'not':
        return !truth(of(expr.of));
      case 'neg':
        return negative(of(expr.of));
      case 'pos':
        return numeric(of(expr.of)) ?? this.refusePlus(of(expr.of));
      case 'arithmetic':
        return arithmetic(expr.op, of(expr.left), of(expr.right));
      case 'compare': {
        let left = of(expr.first);
        return expr.rest.every(([op, e]) => {
          const right = of(e);
          const holds = compare(op, left, right);
          left = right;
          return holds;
        });
      }
      case 'if':
        if (truth(of(expr.test))) return of(expr.yes);
        return expr.no
          ? of(expr.no)
          : new Undefined('the inline if-expression evaluated to false and no else section was defined.');
      case 'attribute':
        return attribute(of(expr.of), expr.name);
      case 'item':
        return item(of(expr.of), of(expr.key));
      case 'slice':
        return slice(
          of(expr.of),
          expr.bounds.map((e) => e && of(e)),
        );
      case 'call':
        return this.call(of(expr.of), this.args(expr.args, scope));
      case 'filter':
        return runFilter(expr.name, of(expr.of), this.args(expr.args, scope), attributeOrItem);
      case 'test':
        return runTest(expr.name, of(expr.of), this.args(expr.args, scope).list);
    }
  }

  private refusePlus(value: Value): never {
    throw typeError(`bad operand type for unary +: '${typeName(value)}'`);
  }

  private call(callee: Value, args: Args): Value {
    if (callee instanceof Callable) return callee.call(args);
    if (callee instanceof Undefined) return callee.fail();
    const again = callee instanceof Loop ? callee.attributes('()') : undefined;
    if (again instanceof Callable) return again.call(args);
    throw typeError(`'${typeName(callee)}' object is not callable`);
  }

  private args({ list, named, star, starStar }: CallArgs, scope: Scope): Args {
    const more = star ? itemsOf(this.eval(star, scope)) : [];
    const dict = starStar ? this.eval(starStar, scope) : null;
    const pairs = dict instanceof Map ? [...dict].map(([key, value]) => [str(key), value] as const) : [];
    return {
      list: [...list.map((e) => this.eval(e, scope)), ...more],
      named: new Map([...named.map(([name, e]) => [name, this.eval(e, scope)] as const), ...pairs]),
    };
  }

  private step(): void {
    if (++this.steps > STEPS_MAX)
      throw new TemplateError('TemplateRuntimeError', `it takes more than ${STEPS_MAX} steps`);
  }
}

/** As filters read: an attribute, else an item, by name or number. */
function attributeOrItem(of: Value, name: string): Value {
  return item(of, /^\d+$/.test(name) ? BigInt(name) : name);
}
