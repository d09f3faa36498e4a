import type * as z from 'zod';
import type { Api, ApiName, ApiOutput } from '../../schema/api.ts';
import type { User } from '../../schema/model.ts';
import type { Launch } from '../launch/launches.ts';

/** JSON text that is an answer as it stands: long lists of stored documents are not parsed to be written again. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Anyone, before or without signing in. */
export interface Visitor {
  readonly address: string;
  /** set (or with null: remove) the session cookie */
  readonly cookie: (secret: string | null) => void;
}

/** A signed-in person, or `cryosparcm` on the master's machine (`system`). */
export interface Signed extends Visitor {
  readonly user: User;
  readonly admin: boolean;
  readonly system: boolean;
  /** hash of the session's secret; null for tokens */
  readonly session: Buffer | null;
}

type PublicName = 'auth.login' | 'instance.test' | 'instance.version';

/** Who a handler is given, by the role that its endpoint asks for. */
export type WhoOf<K extends ApiName> = K extends `runs.${string}`
  ? Launch
  : K extends PublicName | 'worker.connect'
    ? Visitor
    : Signed;

type Answer<K extends ApiName> = ApiOutput<K> | JsonText;

export type Handler<K extends ApiName> = (
  input: z.output<Api[K]['input']>,
  who: WhoOf<K>,
) => Answer<K> | Promise<Answer<K>>;

/** One handler for each of the named calls; a missing one does not compile. */
export type Handlers<K extends ApiName = ApiName> = { readonly [N in K]: Handler<N> };
