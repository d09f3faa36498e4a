import { type Command, type CommandArgs, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { styled } from '../text-table.ts';
import { checkInstall } from './install-check.ts';
import { type Check, checkWorker, chosenWorkers } from './worker-check.ts';

export const testCommand: Command = {
  name: 'test',
  usage: 'install | workers <PX> [--target <hostname>]',
  summary: 'Check the installation, or that workers can run jobs; each failure says what to do.',
  details:
    'workers creates a workspace in the project with one job for each worker. Exit status: 0 when all is well, else 1.',
  options: {
    target: { type: 'string', value: 'hostname', summary: 'check this worker only' },
    timeout: { type: 'string', value: 'seconds', summary: 'how long to wait for the job of a worker (default 120)' },
  },
  words: [1, 2],
  run: async (args) => {
    const [what, project_uid] = args.positionals;
    if (what === 'install') return shown(await checkInstall(Instance.open(process.env)));
    if (what !== 'workers') throw new UsageError(`test takes install or workers, found ${what}.`);
    if (project_uid === undefined) throw new UsageError('Name the project for the test jobs: test workers P1.');
    return testWorkers(project_uid, args.text('target'), args);
  },
};

/** Run a job on each chosen worker, one worker after the other. @returns the exit status */
export async function testWorkers(
  project_uid: string,
  hostname: string | undefined,
  args: CommandArgs,
): Promise<number> {
  const timeout_s = Number(args.text('timeout') ?? 120);
  if (!(timeout_s > 0)) throw new UsageError(`--timeout is ${args.text('timeout')}, wanted a number of seconds.`);
  const instance = Instance.open(process.env);
  const workers = await chosenWorkers(instance, hostname);
  const { owner_user_id } = await instance.call('projects.get', { project_uid });
  const workspace = await instance.call('workspaces.create', {
    project_uid,
    created_by_user_id: owner_user_id,
    title: 'Worker tests',
  });
  const checks: Check[] = [];
  for (const target of workers) checks.push(await checkWorker(instance, project_uid, workspace.uid, target, timeout_s));
  return shown(checks);
}

/** Print checks. @returns the exit status */
function shown(checks: readonly Check[]): number {
  for (const { what, ok, found, remedy } of checks) {
    const mark = ok ? styled('green', 'ok    ') : styled('red', 'FAILED');
    process.stdout.write(`${mark}  ${what}: ${found}\n`);
    if (!ok) process.stdout.write(`        What to do: ${remedy}\n`);
  }
  const failures = checks.filter((check) => !check.ok).length;
  process.stdout.write(failures === 0 ? 'All checks passed.\n' : `${failures} of ${checks.length} checks failed.\n`);
  return failures === 0 ? 0 : 1;
}
