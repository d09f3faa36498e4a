import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { readClusterFiles } from '../src/cli/cryosparcm/cluster.ts';
import { TestInstance } from '../src/master/testing/instance.ts';
import { sharedFile, without } from './shared-data.ts';

const SITES: readonly (readonly [string, string])[] = [
  ['johnbot1__cryosparc-resources', 'slurm'],
  ['tikuta__cryosparc_assets/slurm/prews/GPU', 'slurm'],
  ['tikuta__cryosparc_assets/slurm/prews/CPU', 'slurm'],
  ['tikuta__cryosparc_assets/sge/shirokane/CPU', 'sge'],
  ['tikuta__cryosparc_assets/sge/shirokane/V100', 'sge'],
];

for (const [site, scheduler] of SITES) {
  const path = `cluster_templates/${site}/cluster_info.json`;
  test(`the published configuration ${site} connects`, { skip: without(path) }, async () => {
    const dir = mkdtempSync(`${tmpdir()}/site-`);
    using instance = new TestInstance();
    try {
      copyFileSync(sharedFile(path), `${dir}/cluster_info.json`);
      writeFileSync(`${dir}/cluster_script.sh`, '#!/bin/sh\n{{ run_cmd }}\n');
      const input = readClusterFiles(dir);
      const cluster = await instance.ok('clusters.connect', input);
      assert.match(cluster.worker_bin_path, /\/bin\/cryosparcw$/);
      const checked = await instance.ok('clusters.validate', { name: cluster.name });
      assert.equal(checked.scheduler, scheduler);
      assert.match(checked.status_command, /(squeue|qstat) .*-j 1234/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
}
