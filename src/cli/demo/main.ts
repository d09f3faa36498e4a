import { randomInt } from 'node:crypto';
import { asCsError } from '../../base/errors.ts';
import { type Command, commandHelp, parseCommandLine, UsageError } from '../command.ts';
import { styled } from '../text-table.ts';
import { DemoInstance } from './demo-instance.ts';
import { type DemoResult, runPipeline } from './pipeline.ts';

/** The map must agree with the truth at least to here. */
const WANTED_A = 5;
/** The resolution that the half maps promise must be the one that the truth confirms, to this relative difference. */
const AGREEMENT = 0.15;

/** The demo as a command of its own: `demo.sh` runs it after installing what is missing. */
const demo: Command = {
  name: '',
  usage: '[--keep] [--seed <number>]',
  summary:
    'Simulate particles, import them, reconstruct a map and compare it with the truth, on an instance of its own.',
  details: 'Exit status: 0 the map is right, 1 it is not or a step failed, 2 wrong usage, 130 interrupted.',
  options: {
    keep: { type: 'boolean', summary: 'leave the instance running, to look at it in a browser' },
    seed: { type: 'string', value: 'number', summary: 'seed of the simulated data (default: drawn at random)' },
  },
  words: [0, 0],
  run: async (args) => {
    const given = args.text('seed') ?? String(randomInt(1, 2 ** 31));
    const seed = Number(given);
    if (!Number.isInteger(seed) || seed < 1 || seed >= 2 ** 31) {
      throw new UsageError(`--seed is ${given}, wanted a whole number from 1 to 2147483647.`);
    }
    const interrupted = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort());
    return runDemo(seed, args.flag('keep'), interrupted.signal);
  },
};

async function runDemo(seed: number, keep: boolean, signal: AbortSignal): Promise<number> {
  const begun_ms = performance.now();
  const instance = await DemoInstance.create();
  let kept = false;
  try {
    say(`Installing and starting an instance in ${instance.root} ...`);
    await instance.start(signal);
    say(`${instance.url} is up; simulating with seed ${seed}.\n`);
    const where = { user: instance.email, container_dir: instance.projects_dir, seed };
    const result = await runPipeline(instance.api, where, signal);
    const right = report(result);
    say(`Took ${((performance.now() - begun_ms) / 1000).toFixed(0)} s.`);
    say(`\n  URL       ${instance.url}\n  Email     ${instance.email}\n  Password  ${instance.password}\n`);
    kept = keep;
    say(
      keep
        ? `The instance goes on running. To end it:\n  ${instance.removalHint()}`
        : 'Removing the instance; --keep leaves it running.',
    );
    return right ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    say('\nInterrupted; removing the instance.');
    return 130;
  } finally {
    if (!kept) await instance.remove();
  }
}

/** Say what came out. @returns whether it is right */
function report(result: DemoResult): boolean {
  const { truth_resolution_A, half_map_resolution_A, nyquist_A } = result;
  const difference = Math.abs(truth_resolution_A / half_map_resolution_A - 1);
  const checks: [boolean, string][] = [
    [
      truth_resolution_A <= WANTED_A,
      `map against truth, FSC 0.5:   ${A(truth_resolution_A)} (wanted ${A(WANTED_A)} or finer; Nyquist ${A(nyquist_A)})`,
    ],
    [
      difference <= AGREEMENT,
      `half maps, FSC 0.143:         ${A(half_map_resolution_A)} (differs by ${percent(difference)}; wanted within ${percent(AGREEMENT)})`,
    ],
  ];
  say(`\n${result.particles} particles, seed ${result.seed}:`);
  for (const [right, text] of checks) say(`  ${right ? styled('green', 'right') : styled('red', 'WRONG')}  ${text}`);
  return checks.every(([right]) => right);
}

function A(value: number): string {
  return `${value.toFixed(2)} Å`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  process.stdout.write(commandHelp('./demo.sh', demo));
} else {
  try {
    process.exitCode = await demo.run(parseCommandLine('./demo.sh', demo, words));
  } catch (error) {
    const { code, message } = asCsError(error);
    process.stderr.write(`${styled('red', 'Error', process.stderr)} ${code}: ${message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
