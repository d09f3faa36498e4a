import type { Core } from '../../core/core.ts';
import type { Handlers } from '../handlers.ts';

type Names = Extract<keyof Handlers, `runs.${string}` | `worker.${string}`>;

export function runHandlers({ resources, runs }: Core): Handlers<Names> {
  return {
    'worker.connect': (input) => resources.connect(input),
    'runs.claim': async (input, launch) => runs.claim(await runs.settled(launch), input),
    'runs.report': (input, launch) => runs.report(launch, input),
    'runs.finish': (input, launch) => {
      runs.finish(launch, input);
      return {};
    },
  };
}
