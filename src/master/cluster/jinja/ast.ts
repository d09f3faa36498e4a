import type { Value } from './values.ts';

export interface CallArgs {
  readonly list: readonly Expr[];
  readonly named: readonly (readonly [string, Expr])[];
  /** `*list` and `**dict` */
  readonly star: Expr | null;
  readonly starStar: Expr | null;
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';
export type Arithmetic = '+' | '-' | '*' | '/' | '//' | '%' | '**';

/** An expression; `line` is set where evaluating can fail. */
export type Expr = { readonly line: number } & (
  | { readonly kind: 'const'; readonly value: Value }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'list' | 'tuple' | 'concat'; readonly items: readonly Expr[] }
  | { readonly kind: 'dict'; readonly pairs: readonly (readonly [Expr, Expr])[] }
  | { readonly kind: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'not' | 'neg' | 'pos'; readonly of: Expr }
  | { readonly kind: 'arithmetic'; readonly op: Arithmetic; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'compare'; readonly first: Expr; readonly rest: readonly (readonly [Comparison, Expr])[] }
  | { readonly kind: 'if'; readonly test: Expr; readonly yes: Expr; readonly no: Expr | null }
  | { readonly kind: 'attribute'; readonly of: Expr; readonly name: string }
  | { readonly kind: 'item'; readonly of: Expr; readonly key: Expr }
  | { readonly kind: 'slice'; readonly of: Expr; readonly bounds: readonly (Expr | null)[] }
  | { readonly kind: 'call'; readonly of: Expr; readonly args: CallArgs }
  | { readonly kind: 'filter' | 'test'; readonly of: Expr; readonly name: string; readonly args: CallArgs }
);

/** What an assignment sets: names, also several at once, or an attribute of a namespace. */
export type Target =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: string; readonly attribute: string }
  | { readonly kind: 'tuple'; readonly items: readonly Target[] };

export interface MacroParam {
  readonly name: string;
  readonly fallback: Expr | null;
}

/** A filter of a filter or set block, without what it is applied to. */
export interface BlockFilter {
  readonly name: string;
  readonly args: CallArgs;
}

export type Node = { readonly line: number } & (
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'output'; readonly of: Expr }
  | { readonly kind: 'if'; readonly arms: readonly { test: Expr | null; body: readonly Node[] }[] }
  | {
      readonly kind: 'for';
      readonly target: Target;
      readonly over: Expr;
      readonly test: Expr | null;
      readonly recursive: boolean;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expr }
  | {
      readonly kind: 'set_block';
      readonly target: Target;
      readonly filters: readonly BlockFilter[];
      readonly body: readonly Node[];
    }
  | { readonly kind: 'filter'; readonly filters: readonly BlockFilter[]; readonly body: readonly Node[] }
  | {
      readonly kind: 'macro';
      readonly name: string;
      readonly params: readonly MacroParam[];
      readonly body: readonly Node[];
    }
  | {
      readonly kind: 'call';
      readonly params: readonly MacroParam[];
      readonly call: Expr;
      readonly body: readonly Node[];
    }
  | { readonly kind: 'with'; readonly sets: readonly (readonly [Target, Expr])[]; readonly body: readonly Node[] }
);
