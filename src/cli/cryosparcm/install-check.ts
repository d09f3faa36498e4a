import { existsSync, statfsSync, statSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { asCsError } from '../../base/errors.ts';
import { checkWritableDirectory } from '../../host/directory.ts';
import { VERSION } from '../../host/version.ts';
import { apiPort } from '../../master/settings.ts';
import type { Instance } from '../instance.ts';
import type { Check } from './worker-check.ts';

/** Less free space than this on the disk of the database is worth a warning in time. */
const FREE_MIN_GB = 5;
const ANSWER_MS = 5000;

/** Look at everything that an instance needs, from the settings to a worker. */
export async function checkInstall(instance: Instance): Promise<Check[]> {
  return [
    checkSettingsFile(instance),
    await checkHostname(instance),
    ...checkDatabaseDirectory(instance),
    checkRunning(instance),
    await checkAnswers('web application', `${instance.url}/health`, instance),
    await checkAnswers('API for workers', apiUrl(instance), instance),
    checkPages(instance),
    await checkAsking('database', async () => {
      const { problems } = await instance.call('instance.check_database', {}, { timeout_ms: 600_000 });
      return problems.length === 0
        ? null
        : { found: problems.join(' '), remedy: 'See "cryosparcm checkdb"; restore a backup of a damaged database.' };
    }),
    await checkAsking('accounts', async () => {
      const users = await instance.call('users.list', {});
      const admins = users.filter((user) => user.role === 'admin');
      return admins.length > 0
        ? null
        : { found: 'there is no admin', remedy: 'Create an account with "cryosparcm createuser".' };
    }),
    await checkAsking('workers', async () => {
      const targets = await instance.call('resources.targets', {});
      return targets.length > 0
        ? null
        : { found: 'none is connected', remedy: 'Run "cryosparcw connect" on a worker.' };
    }),
  ];
}

function good(what: string, found: string): Check {
  return { what, ok: true, found, remedy: '' };
}

function bad(what: string, found: string, remedy: string): Check {
  return { what, ok: false, found, remedy };
}

function checkSettingsFile({ settings }: Instance): Check {
  const path = `${settings.instance_dir}/config.sh`;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return bad('settings', `${path} does not exist`, 'Run install.sh.');
  const mode = (found.mode & 0o777).toString(8);
  return (found.mode & 0o077) === 0
    ? good('settings', path)
    : bad('settings', `${path} has mode ${mode}: others can read the license id`, `Run "chmod 600 ${path}".`);
}

async function checkHostname({ settings }: Instance): Promise<Check> {
  const { master_hostname } = settings;
  try {
    const { address } = await lookup(master_hostname);
    return good('host name', `${master_hostname} is ${address}`);
  } catch (error) {
    return bad(
      'host name',
      `${master_hostname} has no address (${(error as NodeJS.ErrnoException).code})`,
      'Set CRYOSPARC_MASTER_HOSTNAME to a name that workers and browsers know, or add the name to /etc/hosts.',
    );
  }
}

function checkDatabaseDirectory({ settings }: Instance): Check[] {
  const { db_path } = settings;
  try {
    checkWritableDirectory(db_path, 'CS_DB_PATH', 'The database directory');
  } catch (error) {
    return [
      bad(
        'database directory',
        asCsError(error).message,
        'Start the instance once, or give the directory to its user.',
      ),
    ];
  }
  const { bavail, bsize } = statfsSync(db_path);
  const free_gb = (bavail * bsize) / 1e9;
  const text = `${free_gb.toFixed(1)} GB are free on its disk`;
  const space =
    free_gb >= FREE_MIN_GB
      ? good('database disk', text)
      : bad('database disk', text, `Free some space: at least ${FREE_MIN_GB} GB should be left.`);
  return [good('database directory', db_path), space];
}

function checkRunning(instance: Instance): Check {
  const supervisor = instance.runningSupervisor();
  if (!supervisor) return bad('processes', 'the instance is not running', 'Run "cryosparcm start".');
  const down = instance.supervisorState()?.processes.filter((p) => p.state !== 'RUNNING') ?? [];
  if (down.length > 0) {
    const list = down.map((p) => `${p.name} ${p.state}`).join(', ');
    return bad('processes', list, `See "cryosparcm log ${down[0]?.name}".`);
  }
  return supervisor.version === VERSION
    ? good('processes', `${VERSION}, all running`)
    : bad('processes', `${supervisor.version} runs, ${VERSION} is installed`, 'Run "cryosparcm restart".');
}

function apiUrl({ settings }: Instance): string {
  return `http://${settings.master_hostname}:${apiPort(settings)}/openapi.json`;
}

async function checkAnswers(what: string, url: string, { settings }: Instance): Promise<Check> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (status === 200) return good(what, `${url} answers`);
    return bad(
      what,
      `${url} answers with status ${status}`,
      'See "cryosparcm log webapp" and "cryosparcm log command_core".',
    );
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    return bad(
      what,
      `${url} does not answer (${cause?.code ?? (error as Error).message})`,
      `Start the instance; open the port in the firewall; see that ${settings.master_hostname} leads to this machine.`,
    );
  }
}

function checkPages({ settings }: Instance): Check {
  const page = `${settings.install_dir}/build/web/index.html`;
  return existsSync(page)
    ? good('web pages', 'built')
    : bad('web pages', `${page} does not exist`, 'Run "npm run build:web" in the installation directory.');
}

async function checkAsking(what: string, ask: () => Promise<{ found: string; remedy: string } | null>): Promise<Check> {
  try {
    const problem = await ask();
    return problem ? bad(what, problem.found, problem.remedy) : good(what, 'in order');
  } catch (error) {
    return bad(what, asCsError(error).message, 'Mend what is above first.');
  }
}
