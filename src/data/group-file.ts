import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { CsError } from '../base/errors.ts';
import { fileError } from '../host/fs-errors.ts';
import { VERSION } from '../host/version.ts';
import { DATA_TYPES, type DataType } from '../schema/slots.ts';
import type { Output } from '../schema/model.ts';
import { parseBlockYaml, type YamlMap, yamlText } from './block-yaml.ts';
import type { ResultFile } from './inputs.ts';

export interface ResultGroup {
  type: DataType;
  name: string;
  title: string;
  /** dataset files are absolute */
  results: ResultFile[];
}

/** The result group file of an output: which file holds which slot; `>` stands for the directory of the group file. */
export function formatResultGroup(o: Output): string {
  const lines = [
    `created: ${yamlText(new Date().toISOString())}`,
    'group:',
    `  description: ${yamlText('')}`,
    `  name: ${yamlText(o.name)}`,
    `  title: ${yamlText(o.title)}`,
    `  type: ${yamlText(o.type)}`,
    'results:',
  ];
  for (const { name, dtype, metafiles, num_items } of o.results) {
    lines.push(`  ${name}:`, `    metafile: ${yamlText(`>${basename(metafiles.at(-1) ?? '')}`)}`);
    lines.push(`    num_items: ${num_items.at(-1) ?? 0}`, `    type: ${yamlText(`${o.type}.${dtype}`)}`);
  }
  if (o.results.length === 0) lines[lines.length - 1] = 'results: {}';
  return `${[...lines, `version: ${yamlText(VERSION)}`].join('\n')}\n`;
}

/**
 * Read a group file (`.csg`).
 * @throws CsError `CS_FILE_MISSING`, `CS_GROUP_FORMAT` naming the file and the field
 */
export function readResultGroup(path: string): ResultGroup {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'Group file', path);
  }
  const root = parseBlockYaml(text, path);
  const group = mapAt(root, 'group', path);
  const type = textAt(group, 'type', path) as DataType;
  if (!DATA_TYPES.includes(type)) {
    throw fault(path, `group.type is "${type}", wanted one of ${DATA_TYPES.join(', ')}`);
  }
  const results = mapAt(root, 'results', path);
  const files = Object.keys(results).map((name): ResultFile => {
    const result = mapAt(results, name, path);
    const metafile = textAt(result, 'metafile', path).replace(/^>/, '');
    const dtype = textAt(result, 'type', path).split('.').at(-1) ?? name;
    return { name, source: name, dtype, metafile: isAbsolute(metafile) ? metafile : join(dirname(path), metafile) };
  });
  if (files.length === 0) throw fault(path, 'it names no results');
  const name = textAt(group, 'name', path);
  return { type, name, title: typeof group['title'] === 'string' ? group['title'] : name, results: files };
}

function mapAt(map: YamlMap, key: string, path: string): YamlMap {
  const value = map[key];
  if (typeof value === 'object') return value;
  throw fault(path, `there is no section "${key}"`);
}

function textAt(map: YamlMap, key: string, path: string): string {
  const value = map[key];
  if (typeof value === 'string' && value !== '') return value;
  throw fault(path, `there is no "${key}"`);
}

function fault(path: string, found: string): CsError {
  return new CsError('input', 'CS_GROUP_FORMAT', `Group file ${path}: ${found}.`, { path });
}
