import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadJobSpecs } from '../src/host/job-types.ts';
import { INSTALL_DIR } from '../src/host/version.ts';
import { CATEGORIES, describeJob, type InputSpec, type JobSpec, type ParamInfo } from '../src/schema/job.ts';

/**
 * Reference pages of the job types, drawn from their specs: `docs/jobs/<type>.md` and an index.
 *   node tools/job-docs.ts           writes them
 *   node tools/job-docs.ts --check   names those that are not up to date, exit status 1 if any
 */
const DIR = `${INSTALL_DIR}/docs/jobs`;

/** All pages by file name. */
export function jobPages(specs: Iterable<JobSpec>): Map<string, string> {
  const all = [...specs];
  const pages = new Map(all.map((spec) => [`${spec.type}.md`, jobPage(spec)]));
  return pages.set('README.md', indexPage(all));
}

/** Names of pages in a directory that are missing, differ, or have no job type any more. */
export function stalePages(pages: ReadonlyMap<string, string>, dir: string): string[] {
  const there = existsSync(dir) ? readdirSync(dir).filter((name) => name.endsWith('.md')) : [];
  const differ = [...pages].filter(
    ([name, text]) => !there.includes(name) || readFileSync(`${dir}/${name}`, 'utf8') !== text,
  );
  return [...differ.map(([name]) => name), ...there.filter((name) => !pages.has(name))].sort();
}

/** Write the pages and remove those of job types that are gone. */
export function writePages(pages: ReadonlyMap<string, string>, dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const name of stalePages(pages, dir)) {
    const text = pages.get(name);
    if (text === undefined) rmSync(`${dir}/${name}`);
    else writeFileSync(`${dir}/${name}`, text);
  }
}

function indexPage(specs: readonly JobSpec[]): string {
  const sections = CATEGORIES.flatMap((category) => {
    const members = specs.filter((s) => s.category === category);
    if (members.length === 0) return [];
    const rows = members.map((s) => [`[${s.title}](${s.type}.md)`, `\`${s.type}\``, s.description]);
    return [`## ${words(category)}`, table(['Job', 'Type', 'What it does'], rows)];
  });
  return page(['# Job types', ...sections]);
}

function jobPage(spec: JobSpec): string {
  const info = describeJob(spec);
  const need = spec.resources(spec.params.parse({}));
  const inputs = info.inputs.map((i) => [
    `\`${i.name}\``,
    i.type,
    count(i),
    slots(i),
    `${i.title}. ${i.description}`.trim(),
  ]);
  const outputs = info.outputs.map((o) => [
    `\`${o.name}\``,
    o.type,
    o.slots.map((s) => `\`${s}\``).join(' '),
    o.passthrough === undefined ? '' : `the rest of \`${o.passthrough}\``,
    o.title,
  ]);
  const sections = [...new Set(info.params.map((p) => p.section))];
  return page([
    `# ${info.title}`,
    info.description,
    `Type \`${info.type}\`, ${words(info.category).toLowerCase()}, ${info.stability}. Needs with default parameters: ${need.cpu} CPU, ${need.gpu} GPU, ${need.ram} x 8 GB of memory${need.ssd ? ', SSD cache' : ''}.`,
    '## Inputs',
    inputs.length === 0 ? 'None.' : table(['Name', 'Type', 'Connections', 'Slots', 'Meaning'], inputs),
    '## Outputs',
    typeof spec.outputs === 'function' ? 'They depend on the parameters; with default ones:' : '',
    outputs.length === 0 ? 'None.' : table(['Name', 'Type', 'Slots', 'Passed through', 'Meaning'], outputs),
    '## Parameters',
    info.params.length === 0 ? 'None.' : '',
    ...sections.flatMap((section) => [
      `### ${section}`,
      table(
        ['Name', 'Title', 'Type', 'Default', 'Meaning'],
        info.params
          .filter((p) => p.section === section)
          .map((p) => [`\`${p.name}\``, p.title, kind(p), given(p), meaning(p)]),
      ),
    ]),
  ]);
}

function count({ count_min, count_max }: InputSpec): string {
  if (count_max === count_min) return String(count_min);
  return count_max === 'inf' ? `${count_min} or more` : `${count_min} to ${count_max}`;
}

function slots(input: InputSpec): string {
  return input.slots.map((s) => `\`${s.name}\`${s.required ? '' : ' (optional)'}`).join(' ');
}

function kind(p: ParamInfo): string {
  if (p.enum)
    return p.enum
      .map((v, k) => (p.labels?.[k] && p.labels[k] !== v ? `\`${v}\` (${p.labels[k]})` : `\`${v}\``))
      .join(', ');
  const low = p.minimum === undefined ? '' : ` ≥ ${p.minimum}`;
  const high = p.maximum === undefined ? '' : ` ≤ ${p.maximum}`;
  return `${p.path === undefined ? p.type : `${p.type} (${p.path})`}${low}${high}`;
}

function given(p: ParamInfo): string {
  if (p.default === null || p.default === '') return p.required_param ? 'must be given' : '';
  return `\`${p.default}\`${p.unit ? ` ${p.unit}` : ''}`;
}

function meaning(p: ParamInfo): string {
  const unit = p.unit && (p.default === null || p.default === '') ? ` In ${p.unit}.` : '';
  return `${p.description}${unit}${p.advanced ? ' *Advanced.*' : ''}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((c) => c.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function words(name: string): string {
  const text = name.replaceAll('_', ' ').replace('ctf', 'CTF');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function page(parts: readonly string[]): string {
  return `${parts.filter((p) => p !== '').join('\n\n')}\n`;
}

if (import.meta.main) {
  const pages = jobPages((await loadJobSpecs()).values());
  const stale = stalePages(pages, DIR);
  if (!process.argv.includes('--check')) writePages(pages, DIR);
  else if (stale.length > 0) {
    console.error(`docs/jobs: not up to date: ${stale.join(', ')} (run node tools/job-docs.ts)`);
    process.exitCode = 1;
  }
}
