import { realpathSync } from 'node:fs';
import { CsError } from '../../base/errors.ts';
import { readGroup } from '../../data/inputs.ts';
import { readResultGroup } from '../../data/group-file.ts';
import { ImportLinks, PathFinder } from '../../data/import-files.ts';
import { dataFiles, pathColumns, replacePaths } from '../../data/path-columns.ts';
import type { RunJob } from '../../engine/context.ts';
import { outputName, resultNames, type spec } from './spec.ts';

/** Files that are not there are named one by one up to this number. */
const NAMED = 5;

export const run: RunJob<typeof spec> = async (ctx) => {
  const { blob_path, group_type } = ctx.params;
  if (blob_path === null) {
    throw new CsError('input', 'CS_PARAM_MISSING', 'Nothing to import: give the parameter blob_path.');
  }
  const group = readResultGroup(blob_path);
  if (group.type !== group_type) {
    const message = `Group file ${blob_path} holds items of type ${group.type}; the parameter group_type is ${group_type}.`;
    throw new CsError('input', 'CS_GROUP_TYPE', message, { found: group.type, wanted: group_type });
  }
  const wanted = resultNames(ctx.params);
  const chosen = group.results.filter((r) => wanted.includes(r.name));
  if (chosen.length === 0) {
    const has = group.results.map((r) => r.name).join(', ');
    const message = `Group file ${blob_path} has none of the results ${wanted.join(', ')}; it has ${has}.`;
    throw new CsError('input', 'CS_RESULT_UNKNOWN', message);
  }
  const left = group.results.filter((r) => !wanted.includes(r.name)).map((r) => r.name);
  if (left.length > 0) ctx.warn(`Left out, because the parameter result_names does not name them: ${left.join(', ')}.`);

  const slots = chosen.map((r) => ({ name: r.name, required: true }));
  // file names of the group are absolute
  const { dataset } = readGroup('/', chosen, slots);
  const files = dataFiles(dataset);
  // what an item was made from (its micrograph) may be elsewhere; the item itself may not
  const needed = new Set(
    dataFiles(
      dataset,
      pathColumns(dataset).filter((name) => name.endsWith('/path')),
    ),
  );
  const finder = new PathFinder(blob_path, null);
  const links = new ImportLinks(ctx.job_dir);
  const places = new Map<string, string>();
  const missing: string[] = [];
  const origins: string[] = [];
  for (const [i, file] of files.entries()) {
    ctx.signal.throwIfAborted();
    if (i % 500 === 0) ctx.progress(i / files.length, `File ${i + 1} of ${files.length}`);
    const found = finder.find(file);
    if (found === null) (needed.has(file) ? missing : origins).push(file);
    else places.set(file, links.add(realpathSync(found)));
  }
  if (missing.length > 0) {
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
    const message = `Group file ${blob_path} names ${missing.length} of ${files.length} data files that are not there: ${missing.slice(0, NAMED).join(', ')}${more}. Searched below ${finder.searched}.`;
    throw new CsError('input', 'CS_FILE_MISSING', message, { missing: missing.slice(0, 50) });
  }
  if (origins.length > 0)
    ctx.warn(`${origins.length} files that items were made from are not there, first ${origins[0]}.`);
  replacePaths(dataset, (path) => places.get(path) ?? path);
  ctx.progress(1, `${dataset.length} items, ${files.length} files linked`);
  ctx.log(`"${group.title}": ${dataset.length} items with ${chosen.map((r) => r.name).join(', ')}.`);
  await ctx.output(outputName(group_type), dataset, { items: dataset.length });
};
