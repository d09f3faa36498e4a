import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { callApi } from '../src/host/http-client.ts';
import type { ApiInput, ApiName, ApiOutput } from '../src/schema/api.ts';
import { FINISHED_STATUSES, type Job } from '../src/schema/model.ts';
import { TempInstance } from './temp-instance.ts';

/** Real jobs on a real instance whose worker has an SSD. */
let instance: TempInstance;
let ssd: string;
let at: { project_uid: string; workspace_uid: string };

before(async () => {
  instance = await TempInstance.create();
  ssd = `${instance.projects_dir}/ssd`;
  mkdirSync(ssd);
  for (const step of [
    () => instance.cryosparcm('start'),
    () => instance.cryosparcm('createuser', '--email', 'a@example.org', '--password', 'a long enough password'),
    () => instance.connectWorker(['--ssdpath', ssd, '--ssdquota', '100', '--ssdreserve', '1']),
  ]) {
    const { status, stderr } = await step();
    assert.equal(status, 0, stderr);
  }
  const owner_user_id = 'a@example.org';
  const container = { owner_user_id, project_container_dir: instance.projects_dir, title: 'SSD' };
  const { uid: project_uid } = await call('projects.create', container);
  const { uid } = await call('workspaces.create', { project_uid, created_by_user_id: owner_user_id, title: 'W' });
  at = { project_uid, workspace_uid: uid };
});
after(() => instance.remove());

function call<K extends ApiName>(name: K, input: ApiInput<K>): Promise<ApiOutput<K>> {
  const headers = { authorization: `Bearer ${instance.admin_token}` };
  return callApi(`http://localhost:${instance.base_port + 2}`, name, input, { headers });
}

/** Run a job to its end. @returns it, and what its event log says of the cache */
async function run(job_type: string, more: Partial<ApiInput<'jobs.create'>>): Promise<{ job: Job; said: string }> {
  const { project_uid } = at;
  const { uid: job_uid } = await call('jobs.create', { ...at, job_type, ...more });
  await call('jobs.enqueue', { project_uid, job_uid });
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const job = await call('jobs.get', { project_uid, job_uid });
    if (FINISHED_STATUSES.includes(job.status)) {
      assert.equal(job.status, 'completed', JSON.stringify(job.errors_run));
      const events = await call('jobs.events', { project_uid, job_uid });
      const texts = events.flatMap((e) => (e.type === 'text' || e.type === 'warning' ? [e.text] : []));
      return { job, said: texts.filter((text) => text.startsWith('SSD cache:')).join('\n') };
    }
    assert.ok(Date.now() < end, `${job_uid} is ${job.status}: ${job.queue_message}`);
  }
}

test('stacks are copied by the first job, read from the SSD by the second, and from their place without it', async () => {
  const params = { num_particles: 500, box_size_pix: 48, psize_A: 4, random_seed: 7 };
  const { job: made } = await run('simulator', { params });
  const input_group_connects = { particles: `${made.uid}.particles` };
  const reconstruct = (params: Record<string, unknown> = {}) =>
    run('homo_reconstruct', { input_group_connects, params });

  const first = await reconstruct();
  assert.equal(first.job.resources_allocated?.ssd, true);
  assert.match(first.said, /^SSD cache: \d+ files? \(\d\.\d MB\) copied in \d+\.\d s \(\d+ MB\/s\)\.$/);
  const store = `${ssd}/cryosparc_cache/${readdirSync(`${ssd}/cryosparc_cache`)[0]}`;
  assert.ok(readdirSync(`${store}/files`).length > 0);
  assert.deepEqual(readdirSync(`${store}/users`), [], 'nobody reads any more');

  const second = await reconstruct();
  assert.match(second.said, /^SSD cache: \d+ files? \(\d\.\d MB\) there already\.$/);
  const off = await reconstruct({ compute_use_ssd: false });
  assert.equal(off.job.resources_allocated?.ssd, false);
  assert.match(off.said, /not wanted/);
  rmSync(ssd, { recursive: true });
  const vanished = await reconstruct();
  assert.match(vanished.said, /not used; files are read from where they are\. .*\/ssd does not exist/);

  const { project_dir } = await call('projects.get', { project_uid: at.project_uid });
  const maps = [first, second, off, vanished].map(({ job: { uid } }) =>
    readFileSync(`${project_dir}/${uid}/${uid}_volume_map.mrc`).subarray(1024),
  );
  for (const map of maps) assert.ok(map.equals(maps[0]), 'the same map, wherever the images were read');
});
