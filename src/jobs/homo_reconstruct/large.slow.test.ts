import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawSeed, tempDir } from '../../../test/temp-dir.ts';
import { Rng } from '../../base/rng.ts';
import { writeDataset } from '../../data/cs-file.ts';
import { Dataset } from '../../data/dataset.ts';
import { MrcStackWriter, readVolume } from '../../io/mrc.ts';
import { matrixToPose, randomRotation } from '../../math/rotation.ts';
import { blobVolume, correlation } from '../../math/testing/blob-volume.ts';

const PARTICLES = 20_000;
const N = 128;
/** distinct images; particles repeat them, which costs the job the same and the test less */
const IMAGES = 500;
const LIMIT_MB = 1000;

test('20 000 particles of 128 px reconstruct within a limit of memory that the stack exceeds', {
  timeout: 300_000,
}, (t) => {
  const seed = drawSeed();
  const dir = tempDir(t);
  const rng = new Rng(seed);
  const { volume, projection } = blobVolume(N, rng);
  const views = Array.from({ length: IMAGES }, () => randomRotation(rng));
  const images = views.map((R) => projection(R));
  const particles = Dataset.create(
    BigUint64Array.from({ length: PARTICLES }, () => rng.uid()),
    ['blob', 'alignments3D'],
  );
  particles.drop('alignments3D/split');
  const writer = new MrcStackWriter(join(dir, 'stack.mrcs'), { nx: N, ny: N, psize_A: 2 });
  for (let row = 0; row < PARTICLES; row++) {
    const view = row % IMAGES;
    writer.append(images[view]);
    particles.u4('blob/idx')[row] = row;
    particles.f4('alignments3D/pose').set(matrixToPose(views[view]), 3 * row);
  }
  writer.finish();
  particles.text('blob/path').fill('stack.mrcs');
  particles.f4('blob/psize_A').fill(2);
  particles.f4('alignments3D/psize_A').fill(2);
  writeDataset(join(dir, 'particles.cs'), particles);
  const source = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  writeFileSync(
    join(dir, 'child.ts'),
    `import { testContext } from ${source('../../../test/job-context.ts')};
     import { readDataset } from ${source('../../data/cs-file.ts')};
     import { run } from ${source('./run.ts')};
     import { spec } from ${source('./spec.ts')};
     const particles = readDataset(${JSON.stringify(join(dir, 'particles.cs'))});
     const before = process.resourceUsage().maxRSS;
     const options = { project_dir: ${JSON.stringify(dir)}, memory_mb: ${LIMIT_MB}, threads: 2 };
     const job = testContext(spec, {}, { particles: [particles] }, options);
     await run(job.ctx);
     const grown_mb = (process.resourceUsage().maxRSS - before) * 1.024e-3;
     console.log(JSON.stringify({ grown_mb, log: job.log(), summary: job.outputs.get('volume')?.summary }));`,
  );
  const output = execFileSync(process.execPath, [join(dir, 'child.ts')], { encoding: 'utf8' });
  const { grown_mb, log, summary } = JSON.parse(output) as {
    grown_mb: number;
    log: string;
    summary: { resolution_A: number; particles: number };
  };
  t.diagnostic(`${log}\nmemory grew by ${grown_mb.toFixed(0)} MB`);
  assert.equal(summary.particles, PARTICLES);
  const stack_mb = statSync(join(dir, 'stack.mrcs')).size / 1e6;
  // 120 MB for the two threads' code and stacks, which the limit does not count
  assert.ok(grown_mb < LIMIT_MB + 120, `memory grew by ${grown_mb} MB, the limit is ${LIMIT_MB} MB`);
  assert.ok(stack_mb > LIMIT_MB, `the stack of ${stack_mb} MB is larger than the limit`);
  const found = correlation(readVolume(join(dir, 'J1/J1_volume_map.mrc')).data, volume);
  assert.ok(found > 0.99, `seed ${seed}: correlation ${found}`);
});
