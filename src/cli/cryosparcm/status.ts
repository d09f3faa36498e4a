import { existsSync, statSync } from 'node:fs';
import { CsError } from '../../base/errors.ts';
import { VERSION } from '../../host/version.ts';
import type { ProcessStatus } from '../../master/supervisor/managed-process.ts';
import { publicSettings } from '../../master/settings.ts';
import type { ApiOutput } from '../../schema/api.ts';
import type { Command } from '../command.ts';
import { Instance } from '../instance.ts';
import { styled, textTable } from '../text-table.ts';

type SystemInfo = ApiOutput<'instance.info'>;

export const statusCommand: Command = {
  name: 'status',
  usage: '',
  summary: 'Show processes, database, versions and settings; also when the instance is stopped.',
  details: 'Exit status: 0 when everything runs, 3 when the instance is stopped, 1 when a part of it is not up.',
  words: [0, 0],
  run: async () => {
    const instance = Instance.open(process.env);
    const supervisor = instance.runningSupervisor();
    const processes = supervisor === null ? [] : (instance.supervisorState()?.processes ?? []);
    const { info, problem } = supervisor === null ? { info: null, problem: null } : await systemInfo(instance);
    const sections = [
      head(instance, supervisor?.version ?? null),
      processTable(processes, supervisor, info !== null),
      database(instance, info),
      settings(),
    ];
    if (problem !== null) sections.splice(2, 0, `command_core: ${problem}`);
    process.stdout.write(`${sections.join('\n\n')}\n`);
    if (supervisor === null) return 3;
    return info !== null && processes.every((p) => p.state === 'RUNNING') ? 0 : 1;
  },
};

async function systemInfo(instance: Instance): Promise<{ info: SystemInfo | null; problem: string | null }> {
  try {
    return { info: await instance.call('instance.info', {}, { timeout_ms: 5000 }), problem: null };
  } catch (error) {
    if (!(error instanceof CsError)) throw error;
    return { info: null, problem: error.message };
  }
}

function head(instance: Instance, running_version: string | null): string {
  const elsewhere = instance.startedElsewhere();
  const rows = [
    ['Instance', instance.settings.instance_dir],
    ['Installation', instance.settings.install_dir],
    ['Version', VERSION],
    ['Node.js', process.version],
    ['Address', instance.url],
    ['Status', running_version === null ? styled('yellow', 'not running') : styled('green', 'running')],
  ];
  if (running_version === null && elsewhere !== null) rows.push(['Last host', elsewhere]);
  if (running_version !== null && running_version !== VERSION) {
    rows.push(['Note', `the running processes are ${running_version}: "cryosparcm restart" starts ${VERSION}`]);
  }
  return textTable(rows);
}

const STATE_STYLES = { RUNNING: 'green', STARTING: 'yellow', STOPPED: 'yellow', BACKOFF: 'red', FATAL: 'red' } as const;

function processTable(
  processes: readonly ProcessStatus[],
  supervisor: { pid: number; started_at: string } | null,
  database_answers: boolean,
): string {
  const heading = 'Processes';
  if (supervisor === null) return `${heading}\n  none`;
  const row = (name: string, p: Omit<ProcessStatus, 'name'>): string[] => [
    name,
    styled(STATE_STYLES[p.state], p.state),
    p.pid === null ? '' : String(p.pid),
    elapsed(p.since),
    p.restarts === 0 ? '' : `${p.restarts} restarts`,
    p.message,
  ];
  const { pid, started_at } = supervisor;
  const rows = [row('supervisord', { state: 'RUNNING', pid, since: started_at, restarts: 0, message: '' })];
  for (const p of processes) {
    rows.push(row(p.name, p));
    if (p.name !== 'command_core') continue;
    const state = p.state === 'RUNNING' && !database_answers ? 'STARTING' : p.state;
    rows.push(row('database', { ...p, state, restarts: 0, message: 'part of command_core' }));
  }
  return `${heading}\n${textTable(rows, { indent: '  ' })}`;
}

/** Time since a moment, as `3 d 04:05:06`. */
export function elapsed(since: string | null, now_ms = Date.now()): string {
  if (since === null) return '';
  const s = Math.max(0, Math.floor((now_ms - Date.parse(since)) / 1000));
  const clock = [s / 3600, s / 60, s].map((v, i) => String(Math.floor(v) % (i === 0 ? 24 : 60)).padStart(2, '0'));
  const days = Math.floor(s / 86_400);
  return days === 0 ? clock.join(':') : `${days} d ${clock.join(':')}`;
}

function database(instance: Instance, info: SystemInfo | null): string {
  const file = `${instance.settings.db_path}/cryosparc.db`;
  const files = [file, `${file}-wal`].filter((path) => existsSync(path));
  const size_mb = files.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6;
  const rows = [
    ['path', info?.database.path ?? file],
    ['size', files.length === 0 ? 'not created yet' : `${(info?.database.size_mb ?? size_mb).toFixed(1)} MB`],
    ['integrity', info?.database.integrity ?? 'checked at each start'],
  ];
  if (info !== null) rows.push(['schema', String(info.database.schema_version)]);
  return `Database\n${textTable(rows, { indent: '  ' })}`;
}

function settings(): string {
  const shown = Object.entries(publicSettings(process.env)).map(([name, value]) => [name, value]);
  return `Settings\n${textTable(shown, { indent: '  ' })}`;
}
