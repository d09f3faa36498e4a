import { ordered } from './arithmetic.ts';
import { TemplateError } from './errors.ts';
import { equal, repr } from './python-text.ts';
import { bind } from './signature.ts';
import { type Args, type Dict, dictKey, itemsOf, toIndex, truth, Tuple, type Value } from './values.ts';

/** Longest list that a template may grow. */
const ITEMS_MAX = 100_000;

/** `list.name(...)`, or undefined when list has no such method. */
export function listMethod(list: Value[], name: string): ((args: Args) => Value) | undefined {
  const at = (value: Value): number => {
    const index = toIndex(value);
    return index < 0 ? Math.max(0, index + list.length) : index;
  };
  switch (name) {
    case 'append':
      return (args) => grow(list, [bind(name, ['object'], args).need('object')]);
    case 'extend':
      return (args) => grow(list, itemsOf(bind(name, ['iterable'], args).need('iterable')));
    case 'insert':
      return (args) => {
        const a = bind(name, ['index', 'object'], args);
        list.splice(at(a.need('index')), 0, a.need('object'));
        return null;
      };
    case 'pop':
      return (args) => {
        const [taken] = list.splice(at(bind(name, ['index'], args).get('index') ?? -1n), 1);
        if (taken === undefined) throw new TemplateError('ValueError', 'pop from empty list');
        return taken;
      };
    case 'remove':
      return (args) => {
        const value = bind(name, ['value'], args).need('value');
        const index = list.findIndex((item) => equal(item, value));
        if (index < 0) throw new TemplateError('ValueError', 'list.remove(x): x not in list');
        list.splice(index, 1);
        return null;
      };
    case 'reverse':
      return () => (list.reverse(), null);
    case 'sort':
      return (args) => {
        list.sort((x, y) => ordered(x, y));
        if (truth(bind(name, ['reverse'], args).get('reverse') ?? false)) list.reverse();
        return null;
      };
    case 'copy':
      return () => [...list];
    case 'clear':
      return () => ((list.length = 0), null);
    default:
      return sequenceMethod(list, name);
  }
}

/** What lists and tuples share. */
export function sequenceMethod(items: readonly Value[], name: string): ((args: Args) => Value) | undefined {
  if (name === 'count') {
    return (args) => {
      const value = bind(name, ['value'], args).need('value');
      return BigInt(items.filter((item) => equal(item, value)).length);
    };
  }
  if (name !== 'index') return undefined;
  return (args) => {
    const value = bind(name, ['value'], args).need('value');
    const index = items.findIndex((item) => equal(item, value));
    if (index < 0) throw new TemplateError('ValueError', `${repr(value)} is not in list`);
    return BigInt(index);
  };
}

/** `dict.name(...)`, or undefined when dict has no such method. */
export function dictMethod(dict: Dict, name: string): ((args: Args) => Value) | undefined {
  switch (name) {
    case 'get':
      return (args) => {
        const a = bind(name, ['key', 'default'], args);
        return dict.get(dictKey(a.need('key'))) ?? a.get('default') ?? null;
      };
    case 'items':
      return () => [...dict].map((pair) => new Tuple(pair));
    case 'keys':
      return () => [...dict.keys()];
    case 'values':
      return () => [...dict.values()];
    case 'copy':
      return () => new Map(dict);
    case 'update':
      return ({ list, named }) => {
        const [other] = list;
        if (other instanceof Map) for (const [key, value] of other) dict.set(key, value);
        for (const [key, value] of named) dict.set(key, value);
        return null;
      };
    case 'setdefault':
      return (args) => {
        const a = bind(name, ['key', 'default'], args);
        const key = dictKey(a.need('key'));
        const value = dict.get(key) ?? a.get('default') ?? null;
        dict.set(key, value);
        return value;
      };
    case 'pop':
      return (args) => {
        const a = bind(name, ['key', 'default'], args);
        const key = dictKey(a.need('key'));
        const value = dict.get(key) ?? a.get('default');
        if (value === undefined) throw new TemplateError('KeyError', repr(key));
        dict.delete(key);
        return value;
      };
    default:
      return undefined;
  }
}

function grow(list: Value[], more: readonly Value[]): null {
  if (list.length + more.length > ITEMS_MAX)
    throw new TemplateError('OverflowError', `a list of more than ${ITEMS_MAX} items`);
  list.push(...more);
  return null;
}
