import type * as z from 'zod';

/**
 * Who may call: `public` anyone; `user` a signed-in user (what he may see is checked per project);
 * `admin`; `worker` whoever knows the instance's license id (joining machines); `run` the process of one job,
 * with the token that it was launched with.
 */
export type Role = 'public' | 'user' | 'admin' | 'worker' | 'run';

export interface Endpoint<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  role: Role;
  /** one sentence: OpenAPI text and command-line help */
  summary: string;
  /** name for `cryosparcm cli`; its positional arguments are the keys of `input`, in order */
  cli?: string;
  input: I;
  output: O;
}

export function endpoint<I extends z.ZodObject, O extends z.ZodType>(e: Endpoint<I, O>): Endpoint<I, O> {
  return e;
}
