import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import * as z from 'zod';
import { loadJobSpecs } from '../src/host/job-types.ts';
import { INSTALL_DIR } from '../src/host/version.ts';
import { defineJob, type JobSpec, param } from '../src/schema/job.ts';
import { jobPages, stalePages, writePages } from './job-docs.ts';

const example = defineJob({
  type: 'example',
  title: 'Example',
  description: 'Does nothing.',
  category: 'utilities',
  stability: 'stable',
  inputs: {
    particles: {
      type: 'particle',
      title: 'Particles',
      description: '',
      slots: [
        { name: 'blob', required: true },
        { name: 'ctf', required: false },
      ],
      count_min: 1,
      count_max: 'inf',
    },
  },
  outputs: { particles: { type: 'particle', title: 'Particles', slots: ['alignments3D'], passthrough: 'particles' } },
  params: z.strictObject({
    max_res_A: param.number({
      title: 'Maximum resolution',
      description: 'a|b',
      section: 'Search',
      unit: 'Å',
      default: 4,
      min: 1,
    }),
    mode: param.choice({
      title: 'Mode',
      description: '',
      section: 'Search',
      values: ['fast', 'exact'],
      default: 'fast',
      advanced: true,
    }),
    file: param.text({ title: 'File', description: 'A map.', section: 'Files', path: 'file', required_param: true }),
  }),
  resources: () => ({ cpu: 4, gpu: 0, ram: 2, ssd: true }),
});
const specs = [example as unknown as JobSpec];

test('a page tells slots, ranges, defaults and needs of a job type', () => {
  const page = jobPages(specs).get('example.md') ?? '';
  const rows = [
    '| `particles` | particle | 1 or more | `blob` `ctf` (optional) | Particles. |',
    '| `particles` | particle | `alignments3D` | the rest of `particles` | Particles |',
    String.raw`| ${'`max_res_A`'} | Maximum resolution | number ≥ 1 | ${'`4`'} Å | a\|b |`,
    '| `mode` | Mode | `fast`, `exact` | `fast` |  *Advanced.* |',
    '| `file` | File | string (file) | must be given | A map. |',
    'Needs with default parameters: 4 CPU, 0 GPU, 2 x 8 GB of memory, SSD cache.',
  ];
  for (const row of rows) assert.ok(page.includes(row), `${row}\nin\n${page}`);
});

test('pages that are missing, changed or left over are named, and mended by writing', (t) => {
  const dir = mkdtempSync(`${tmpdir()}/cs-job-docs-`);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const pages = jobPages(specs);
  assert.deepEqual(stalePages(pages, dir), ['README.md', 'example.md']);
  writePages(pages, dir);
  assert.deepEqual(stalePages(pages, dir), []);
  writeFileSync(`${dir}/gone.md`, '');
  writeFileSync(`${dir}/example.md`, 'old');
  assert.deepEqual(stalePages(pages, dir), ['example.md', 'gone.md']);
  writePages(pages, dir);
  assert.deepEqual(readdirSync(dir).sort(), ['README.md', 'example.md']);
  assert.equal(readFileSync(`${dir}/example.md`, 'utf8'), pages.get('example.md'));
});

test('the pages of this repository are up to date', async () => {
  const stale = stalePages(jobPages((await loadJobSpecs()).values()), `${INSTALL_DIR}/docs/jobs`);
  assert.deepEqual(stale, [], 'run: node tools/job-docs.ts');
});
