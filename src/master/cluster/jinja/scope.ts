import { Undefined, type Value } from './values.ts';

/**
 * Where a text comes from that reaches a shell. 0: the template's author, it stands as it is; 1: a command line that we
 * made, it stands as it is where the shell reads commands; 2: somebody else, it is one word, whatever is in it.
 */
export type Origin = 0 | 1 | 2;

export interface Variable {
  value: Value;
  origin: Origin;
}

/** The names that are known in a place of a template; inner scopes see those around them. */
export class Scope {
  private readonly variables = new Map<string, Variable>();
  private readonly outer: Scope | null;

  constructor(outer: Scope | null) {
    this.outer = outer;
  }

  get(name: string): Variable {
    const found = this.variables.get(name) ?? this.outer?.get(name);
    return found ?? { value: new Undefined(`'${name}' is undefined`), origin: 0 };
  }

  set(name: string, value: Value, origin: Origin): void {
    this.variables.set(name, { value, origin });
  }
}
