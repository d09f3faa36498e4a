import { readFileSync } from 'node:fs';
import { CsError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../host/fs-atomic.ts';
import { fileError } from '../../host/fs-errors.ts';
import { type Command, UsageError } from '../command.ts';
import { isFree } from '../free-ports.ts';
import { Instance } from '../instance.ts';
import { start, stop } from './start-stop.ts';

/** Port of the API above that of the web application; with it the highest base port. */
const API_OFFSET = 2;
const PORT_MAX = 65_000;

export const maintenanceCommand: Command = {
  name: 'maintenancemode',
  usage: '[on|off]',
  summary: 'Let queued jobs wait (on) or start again (off); running jobs go on. Alone it tells which it is.',
  words: [0, 1],
  run: async ({ positionals: [wanted] }) => {
    if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') {
      throw new UsageError(`maintenancemode takes on or off, found ${wanted}.`);
    }
    const instance = Instance.open(process.env);
    const mode =
      wanted === undefined
        ? await instance.call('instance.maintenance', {})
        : await instance.call('instance.set_maintenance', { on: wanted === 'on' });
    const text = mode.on ? `on since ${mode.since}: queued jobs wait` : 'off: queued jobs start';
    process.stdout.write(`Maintenance mode is ${text}.\n`);
    return 0;
  },
};

export const licenseStatusCommand: Command = {
  name: 'licensestatus',
  usage: '',
  summary: 'Tell that there is nothing to license.',
  words: [0, 0],
  run: async () => {
    Instance.open(process.env);
    process.stdout.write(
      'No license is needed, asked for, or checked anywhere. CRYOSPARC_LICENSE_ID is set; it names this instance to the machines that join it.\n',
    );
    return 0;
  },
};

export const changePortCommand: Command = {
  name: 'changeport',
  usage: '<base port>',
  summary: 'Give the instance another base port; a running instance is restarted.',
  details:
    'Writes CRYOSPARC_BASE_PORT to config.sh. Workers need no change: a job is told the port when it starts. Running jobs are ended by the restart.',
  words: [1, 1],
  run: async ({ positionals: [text = ''] }) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port < 1 || port > PORT_MAX) {
      throw new UsageError(`The base port is ${text}, wanted a number from 1 to ${PORT_MAX}.`);
    }
    const instance = Instance.open(process.env);
    const { instance_dir, base_port } = instance.settings;
    const own = [base_port, base_port + API_OFFSET];
    for (const wanted of [port, port + API_OFFSET]) {
      if (own.includes(wanted) || (await isFree(wanted))) continue;
      throw new CsError(
        'conflict',
        'CS_PORT',
        `Port ${wanted} is in use by another program; choose another base port.`,
      );
    }
    const running = await stop(instance);
    setVariable(`${instance_dir}/config.sh`, 'CRYOSPARC_BASE_PORT', String(port));
    process.env['CRYOSPARC_BASE_PORT'] = String(port);
    process.stdout.write(`The base port is now ${port} (before: ${base_port}).\n`);
    if (running) await start(Instance.open(process.env));
    return 0;
  },
};

/** Set a variable in a config.sh; all other lines stay as they are. */
export function setVariable(path: string, name: string, value: string): void {
  let before: string;
  try {
    before = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'Settings', path);
  }
  const line = `export ${name}='${value}'`;
  const pattern = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}=.*$`, 'gm');
  const after = pattern.test(before) ? before.replaceAll(pattern, line) : `${before.replace(/\n*$/, '\n')}${line}\n`;
  writeFileAtomic(path, after, { mode: 0o600 });
}
