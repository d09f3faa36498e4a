import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { CsError } from '../../../base/errors.ts';
import { fileError } from '../../../host/fs-errors.ts';
import { INSTALL_DIR, VERSION } from '../../../host/version.ts';
import type { adminApi } from '../../../schema/api-admin.ts';
import type { ApiOutput } from '../../../schema/api.ts';
import { processStatus } from '../../../schema/model.ts';
import type { Core } from '../../core/core.ts';
import { publicSettings } from '../../settings.ts';
import type { Handlers } from '../handlers.ts';

type Names = Exclude<Extract<keyof Handlers, `instance.${string}` | `resources.${string}`>, keyof typeof adminApi>;

const ENTRIES_MAX = 2000;

export function instanceHandlers(core: Core): Handlers<Names> {
  const { db, resources, jobs, settings } = core;
  return {
    'instance.test': () => true,
    'instance.version': () => VERSION,
    'instance.info': async () => ({
      version: VERSION,
      node_version: process.version,
      hostname: settings.master_hostname,
      base_port: settings.base_port,
      uptime_s: process.uptime(),
      processes: await readProcesses(settings.instance_dir),
      database: { path: db.path, size_mb: db.sizeMb(), integrity: db.integrity, schema_version: db.schema_version },
      settings: publicSettings(process.env),
    }),
    'instance.changelog': () => readChangelog(),
    'instance.backup': async (input) => ({ path: input.path, size_mb: await db.backup(input.path) }),
    'instance.browse_files': (input) => browse(input.path),
    'resources.lanes': () => resources.lanes(),
    'resources.add_lane': (input) => resources.addLane(input),
    'resources.remove_lane': (input) => {
      resources.removeLane(input.name);
      return {};
    },
    'resources.targets': () => resources.targets(),
    'resources.remove_node': (input) => {
      resources.removeTarget(input.hostname);
      return {};
    },
    'resources.usage': (_input, who) => {
      const visible = new Set(jobs.live(who).map((job) => `${job.project_uid} ${job.uid}`));
      const usage = resources.usage(jobs.live());
      return usage.map((u) => ({ ...u, jobs: u.jobs.filter((j) => visible.has(`${j.project_uid} ${j.job_uid}`)) }));
    },
  };
}

/** What the supervisor wrote of its processes; only this one when it runs without a supervisor. */
async function readProcesses(instance_dir: string): Promise<ApiOutput<'instance.info'>['processes']> {
  const since = new Date(Date.now() - process.uptime() * 1000).toISOString();
  const self = { name: 'command_core', state: 'RUNNING' as const, pid: process.pid, since, restarts: 0, message: '' };
  const text = await readFile(join(instance_dir, 'run', 'supervisor.json'), 'utf8').catch(() => '{}');
  const parsed = z.object({ processes: z.array(processStatus) }).safeParse(JSON.parse(text));
  return parsed.success ? parsed.data.processes : [self];
}

/** Sections `## v1.2.3 - 2026-01-31` of CHANGELOG.md with their list items. */
async function readChangelog(): Promise<ApiOutput<'instance.changelog'>> {
  const path = join(INSTALL_DIR, 'CHANGELOG.md');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, 'File', path);
  });
  const sections = text.split(/^## /m).slice(1);
  return sections.map((section) => {
    const [head = '', ...lines] = section.split('\n');
    const items = lines
      .join('\n')
      .split(/^[-*] /m)
      .slice(1);
    return {
      version: /v?\d+(\.\d+)+\S*/.exec(head.replace(/[[\]]/g, ''))?.[0] ?? head.trim(),
      date: /\d{4}-\d{2}-\d{2}/.exec(head)?.[0] ?? '',
      items: items.map(
        (item) =>
          item
            .split(/\n\s*\n|\n#/)[0]
            ?.replace(/\s+/g, ' ')
            .trim() ?? '',
      ),
    };
  });
}

/** Directories first, then files, by name; hidden ones left out. */
async function browse(path: string): Promise<ApiOutput<'instance.browse_files'>> {
  if (!isAbsolute(path)) throw new CsError('input', 'CS_PATH', `"${path}" must be an absolute path.`, { path });
  try {
    const real = await realpath(path);
    const names = (await readdir(real)).filter((name) => !name.startsWith('.')).slice(0, ENTRIES_MAX);
    const entries = await Promise.all(
      names.map(async (name) => {
        const info = await stat(join(real, name)).catch(() => null);
        return info && { name, dir: info.isDirectory(), size: info.size, modified_at: info.mtime.toISOString() };
      }),
    );
    const found = entries.filter((entry) => entry !== null);
    found.sort((a, b) => Number(b.dir) - Number(a.dir) || a.name.localeCompare(b.name, 'en', { numeric: true }));
    return { path: real, parent: real === '/' ? null : dirname(real), entries: found };
  } catch (error) {
    throw fileError(error, 'Directory', path);
  }
}
