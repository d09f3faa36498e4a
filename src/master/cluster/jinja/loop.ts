import { equal } from './python-text.ts';
import { Callable, Loop, Tuple, Undefined, type Value } from './values.ts';

/**
 * The items of a for statement with what `loop` says of each.
 * @param again calls the same loop on inner items, for a recursive one
 */
export function* loopOver(
  items: readonly Value[],
  depth: number,
  again: ((items: Value) => Value) | null,
): Generator<readonly [Value, Loop]> {
  let last: Value | undefined;
  const { length } = items;
  for (const [i, each] of items.entries()) {
    const int = (n: number): Value => BigInt(n);
    const attributes: Readonly<Record<string, () => Value>> = {
      index: () => int(i + 1),
      index0: () => int(i),
      revindex: () => int(length - i),
      revindex0: () => int(length - i - 1),
      first: () => i === 0,
      last: () => i === length - 1,
      length: () => int(length),
      depth: () => int(depth),
      depth0: () => int(depth - 1),
      previtem: () => items[i - 1] ?? new Undefined('there is no previous item'),
      nextitem: () => items[i + 1] ?? new Undefined('there is no next item'),
      cycle: () => new Callable('cycle', ({ list }) => list[i % list.length] ?? null),
      changed: () =>
        new Callable('changed', ({ list }) => {
          const now = new Tuple(list);
          const same = last !== undefined && equal(last, now);
          last = now;
          return !same;
        }),
    };
    const loop = new Loop((name) => {
      if (name === '()' && again) return new Callable('loop', ({ list }) => again(list[0] ?? []));
      return Object.hasOwn(attributes, name) ? attributes[name]?.() : undefined;
    });
    yield [each, loop];
  }
}
