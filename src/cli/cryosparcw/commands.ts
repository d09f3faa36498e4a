import type { Option, Values } from './options.ts';

/** A command of `cryosparcw`. `run` gives the exit status. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  readonly options: readonly Option[];
  readonly run: (values: Values) => Promise<number>;
}

/** Exit statuses, the same for all commands; those of `run` from 3 on are in its help. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
