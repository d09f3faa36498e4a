import { type Command, type CommandArgs, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { suggestion } from '../nearest.ts';
import { textTable } from '../text-table.ts';
import { testWorkers } from './test.ts';

const ACTIONS: Record<string, (args: CommandArgs) => Promise<number>> = { list, test, disconnect };

export const workerCommand: Command = {
  name: 'worker',
  usage: 'list | test <hostname> --project <PX> | disconnect <hostname>',
  summary: 'List workers with what of them is in use, try one out, or disconnect one.',
  details: `test starts a job on the worker in the way of all jobs and says what to do if that fails. disconnect lets running jobs
go on. Workers are connected, and changed, with "cryosparcw connect" on the worker.`,
  options: {
    project: { type: 'string', value: 'PX', summary: 'project in which test creates its job' },
    timeout: { type: 'string', value: 'seconds', summary: 'how long test waits for the job (default 120)' },
  },
  words: [1, 2],
  run: (args) => {
    const [name = ''] = args.positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action) return action(args);
    const names = Object.keys(ACTIONS);
    throw new UsageError(`There is no action ${name}.${suggestion(name, names)} Actions: ${names.join(', ')}.`);
  },
};

async function list(): Promise<number> {
  const instance = Instance.open(process.env);
  const [targets, usage] = await Promise.all([
    instance.call('resources.targets', {}),
    instance.call('resources.usage', {}),
  ]);
  const rows = targets.flatMap((target) => {
    if (target.type !== 'node') return [];
    const used = usage.find((u) => u.name === target.name)?.used;
    const share = (kind: 'CPU' | 'GPU' | 'RAM'): string =>
      `${used?.[kind].length ?? 0}/${target.resource_slots[kind].length}`;
    const shares = [share('CPU'), share('GPU'), share('RAM')];
    return [
      [
        target.hostname,
        target.lane,
        ...shares,
        target.cache_path ?? '-',
        target.version,
        target.ssh_str || 'this machine',
      ],
    ];
  });
  const head = ['hostname', 'lane', 'CPU used', 'GPU used', 'RAM used', 'SSD cache', 'version', 'reached by'];
  process.stdout.write(rows.length === 0 ? 'No worker is connected.\n' : `${textTable(rows, { head })}\n`);
  return 0;
}

async function test(args: CommandArgs): Promise<number> {
  const project = args.text('project');
  if (project === undefined) throw new UsageError('worker test needs --project <PX>.');
  return testWorkers(project, hostnameOf(args), args);
}

async function disconnect(args: CommandArgs): Promise<number> {
  const hostname = hostnameOf(args);
  await Instance.open(process.env).call('resources.remove_node', { hostname });
  process.stdout.write(`Worker ${hostname} is disconnected; jobs that run on it go on.\n`);
  return 0;
}

function hostnameOf({ positionals: [, hostname] }: CommandArgs): string {
  if (hostname === undefined) throw new UsageError('Name the worker, as "cryosparcm worker list" does.');
  return hostname;
}
