import { readFileSync } from 'node:fs';
import { SsdCache } from '../../engine/cache/cache.ts';
import { type Tally, tallyText } from '../../engine/cache/fetch.ts';
import { evict, freeBytes, megabytes } from '../../engine/cache/room.ts';
import { CacheStore } from '../../engine/cache/store.ts';
import { type Entry, sum, survey, sweep } from '../../engine/cache/survey.ts';
import { styled, textTable } from '../text-table.ts';
import { type Command, EXIT } from './commands.ts';
import { type Option, usage, type Values } from './options.ts';

const SSD_PATH: Option = {
  name: 'ssdpath',
  value: '<ssd_path>',
  help: 'path that the worker was connected with (default: CRYOSPARC_SSD_PATH)',
};

export const cacheStatus: Command = {
  name: 'cache status',
  summary: 'Show what the SSD cache of this account holds, who uses it, and the free space.',
  options: [SSD_PATH, { name: 'files', help: 'list the files too, least recently used first' }],
  run: async (values) => {
    process.stdout.write(`${status(ssdPath(values), values.has('files'))}\n`);
    return EXIT.ok;
  },
};

export const cacheClear: Command = {
  name: 'cache clear',
  summary: 'Remove all files from the SSD cache that no job is reading.',
  details: 'Jobs that begin meanwhile are not harmed: they copy what they need again.',
  options: [SSD_PATH],
  run: async (values) => {
    process.stdout.write(`${clear(ssdPath(values))}\n`);
    return EXIT.ok;
  },
};

function ssdPath(values: Values): string {
  const path = values.text('ssdpath') ?? process.env['CRYOSPARC_SSD_PATH'];
  if (!path) throw usage('No SSD path: give --ssdpath <ssd_path>, or set CRYOSPARC_SSD_PATH in config.sh.');
  if (!path.startsWith('/')) throw usage(`The SSD path is "${path}", wanted an absolute path.`);
  return path;
}

function status(ssd_path: string, files: boolean): string {
  const store = CacheStore.at(ssd_path);
  if (!store.exists) return `There is no SSD cache of this account below ${ssd_path}.`;
  const { entries, users, unlisted_bytes } = survey(store, store.root);
  entries.sort((a, b) => a.last_used_ms - b.last_used_ms);
  const alive = users.filter((user) => !user.gone);
  const rows: string[][] = [
    ['directory', store.root],
    ['files', tallyText(tally(entries))],
    ['in use', tallyText(tally(entries.filter((e) => e.in_use)))],
    ['being copied', tallyText(tally(alive.flatMap((u) => Object.values(u.pending)).map((size) => ({ size }))))],
    ['free on the drive', megabytes(freeBytes(store))],
  ];
  if (unlisted_bytes > 0) rows.push(['removed, still read', megabytes(unlisted_bytes)]);
  if (entries.length > 0) rows.push(['least recently used', day(entries[0])]);
  const parts = [textTable(rows)];
  if (alive.length > 0) {
    const list = alive.map(({ holder, files: count, bytes }) => [
      holder.purpose,
      holder.hostname,
      holder.pid,
      holder.since,
      tallyText({ files: count, bytes }),
    ]);
    parts.push(textTable(list, { head: ['used by', 'host', 'process', 'since', 'reads'] }));
  }
  if (files) {
    const list = entries.map((e) => [day(e), megabytes(e.size), e.in_use ? 'in use' : '', sourcePath(store, e.name)]);
    parts.push(textTable(list, { head: ['last used', 'size', '', 'copy of'] }));
  }
  return parts.join('\n\n');
}

function clear(ssd_path: string): string {
  if (!CacheStore.at(ssd_path).exists) return `There is no SSD cache of this account below ${ssd_path}.`;
  const store = CacheStore.open(ssd_path);
  const cache = new SsdCache(store, 'cryosparcw cache clear');
  try {
    sweep(store, cache.user.dir);
    const { entries } = survey(store, cache.user.dir);
    const removed = entries.filter((entry) => evict(store, entry.name));
    const kept = entries.filter((entry) => !removed.includes(entry));
    const left = kept.length > 0 ? ` ${tallyText(tally(kept))} in use ${kept.length === 1 ? 'stays' : 'stay'}.` : '';
    return `${styled('green', 'Removed')} ${tallyText(tally(removed))}.${left}`;
  } finally {
    cache.release();
  }
}

function tally(files: readonly Pick<Entry, 'size'>[]): Tally {
  return { files: files.length, bytes: sum(files.map((file) => file.size)) };
}

function day(entry: Entry | undefined): string {
  return entry === undefined ? '-' : new Date(entry.last_used_ms).toISOString().slice(0, 16).replace('T', ' ');
}

function sourcePath(store: CacheStore, name: string): string {
  try {
    return String((JSON.parse(readFileSync(store.metaPathOf(name), 'utf8')) as { path?: unknown }).path);
  } catch {
    return '(not known)';
  }
}
