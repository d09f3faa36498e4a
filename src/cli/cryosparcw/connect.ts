import { statfsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { CsError } from '../../base/errors.ts';
import { checkWritableDirectory } from '../../host/directory.ts';
import { findGpus, type GpuInfo } from '../../host/gpus.ts';
import { callApi } from '../../host/http-client.ts';
import { cpuCount, isThisMachine, ramSlots } from '../../host/machine.ts';
import { INSTALL_DIR, VERSION } from '../../host/version.ts';
import type { ApiInput } from '../../schema/api.ts';
import type { TargetNode } from '../../schema/model.ts';
import { styled, textTable } from '../text-table.ts';
import { type Command, EXIT } from './commands.ts';
import { type Option, usage, type Values } from './options.ts';

const OPTIONS: readonly Option[] = [
  {
    name: 'worker',
    value: '<worker_hostname>',
    required: true,
    help: 'name under which the master reaches this machine',
  },
  { name: 'master', value: '<master_hostname>', required: true, help: 'host name of the master' },
  { name: 'port', value: '<port_num>', type: 'integer', help: "base port of the master's instance (default 38000)" },
  { name: 'update', help: 'update an existing worker configuration' },
  { name: 'sshstr', value: '<custom_ssh_string>', help: 'custom ssh connection string like user@hostname' },
  { name: 'nogpu', help: 'connect worker with no GPUs' },
  { name: 'gpus', value: '<0,1,2,3>', type: 'integers', help: 'enable specific GPU devices only' },
  { name: 'nossd', help: 'connect worker with no SSD' },
  { name: 'ssdpath', value: '<ssd_path>', help: 'path to directory on local ssd' },
  { name: 'ssdquota', value: '<ssd_quota_mb>', type: 'integer', help: 'quota of how much SSD space to use (MB)' },
  { name: 'ssdreserve', value: '<ssd_reserve_mb>', type: 'integer', help: 'minimum free space to leave on SSD (MB)' },
  { name: 'lane', value: '<lane_name>', help: 'name of lane to add worker to' },
  { name: 'newlane', help: 'force creation of a new lane if specified lane does not exist' },
  { name: 'cpus', value: '<count>', type: 'integer', help: 'number of CPUs to use (default: all)' },
  { name: 'rams', value: '<count>', type: 'integer', help: 'number of 8 GB slots of memory to use (default: all)' },
  { name: 'license', value: '<license_id>', help: 'id of the instance (default: CRYOSPARC_LICENSE_ID)' },
];

export const connect: Command = {
  name: 'connect',
  summary: 'Register this machine as a worker of an instance, or update how it is registered.',
  details: 'Unless told otherwise all GPUs and CPUs and all memory are used, and the worker joins the default lane.',
  options: OPTIONS,
  run: async (values) => {
    const license = values.text('license') ?? process.env['CRYOSPARC_LICENSE_ID'];
    if (!license) {
      throw usage('No license id: give --license <license_id>, or set CRYOSPARC_LICENSE_ID in config.sh.');
    }
    const request = connectRequest(values, findGpus());
    const api_url = apiUrl(values);
    process.stdout.write(
      `${request.update ? 'Updating' : 'Connecting'} worker ${request.hostname} at ${api_url} ...\n`,
    );
    const target = await callApi(api_url, 'worker.connect', request, { headers: { 'License-ID': license } });
    process.stdout.write(`\n${configuration(target)}\n\n${styled('green', 'Done.')}\n`);
    return EXIT.ok;
  },
};

/** Address of the API: the base port is that of the web application, the API is two above. */
function apiUrl(values: Values): string {
  const port = values.integer('port') ?? 38000;
  if (port < 1 || port > 65533) throw usage(`Option --port is ${port}, wanted a base port between 1 and 65533.`);
  return `http://${values.text('master')}:${port + 2}`;
}

/**
 * What to tell the master. With --update, options that are not given stay as they are registered.
 * @throws CsError `CS_USAGE` for options that contradict each other, `CS_SSD_PATH` for an SSD that cannot be used
 */
export function connectRequest(values: Values, found: readonly GpuInfo[]): ApiInput<'worker.connect'> {
  const worker = values.text('worker') ?? hostname();
  const update = values.has('update');
  forbidBoth(values, 'nogpu', 'gpus');
  for (const name of ['ssdpath', 'ssdquota', 'ssdreserve']) forbidBoth(values, 'nossd', name);
  if (values.has('newlane') && !values.has('lane')) throw usage('Option --newlane needs --lane <lane_name>.');
  if (!update && !values.has('ssdpath') && !values.has('nossd')) {
    throw usage('Give --ssdpath <ssd_path> for the cache of particle stacks, or --nossd to work without it.');
  }
  const request: ApiInput<'worker.connect'> = {
    hostname: worker,
    version: VERSION,
    worker_bin_path: `${INSTALL_DIR}/bin/cryosparcw`,
    update,
    newlane: values.has('newlane'),
  };
  // this command runs on the worker: a master of this machine's name starts its jobs without ssh
  const master = values.text('master') ?? '';
  const direct = update || worker === master || isThisMachine(master);
  const ssh = values.text('sshstr') ?? (direct ? undefined : `${userInfo().username}@${worker}`);
  if (ssh !== undefined) request.ssh_str = ssh;
  const lane = values.text('lane');
  if (lane !== undefined) request.lane = lane;
  const cpus = atLeastOne(values, 'cpus') ?? (update ? undefined : cpuCount());
  if (cpus !== undefined) request.cpus = cpus;
  const rams = atLeastOne(values, 'rams') ?? (update ? undefined : ramSlots());
  if (rams !== undefined) request.rams = rams;
  if (!update || values.has('gpus') || values.has('nogpu')) request.gpus = chooseGpus(values, found);
  return Object.assign(request, ssdOptions(values));
}

function chooseGpus(values: Values, found: readonly GpuInfo[]): { id: number; name: string; mem: number }[] {
  if (values.has('nogpu')) return [];
  const wanted = values.integers('gpus') ?? found.map((g) => g.id);
  return wanted.map((id, at) => {
    const gpu = found.find((g) => g.id === id);
    if (!gpu) {
      const there =
        found.length === 0 ? 'no GPUs' : `GPUs ${found.map((g) => g.id).join(', ')} (see cryosparcw gpulist)`;
      throw usage(`Option --gpus names GPU ${id}; this machine has ${there}.`);
    }
    if (wanted.indexOf(id) !== at) throw usage(`Option --gpus names GPU ${id} twice.`);
    return { id, name: gpu.name, mem: gpu.mem };
  });
}

function ssdOptions(values: Values): Partial<ApiInput<'worker.connect'>> {
  if (values.has('nossd')) return { cache_path: null, cache_quota_mb: null };
  const options: Partial<ApiInput<'worker.connect'>> = {};
  const path = values.text('ssdpath');
  if (path !== undefined) {
    if (!path.startsWith('/')) throw usage(`Option --ssdpath is "${path}", wanted an absolute path.`);
    checkWritableDirectory(path, 'CS_SSD_PATH', 'The SSD cache path');
    options.cache_path = path.replace(/(.)\/+$/, '$1');
  }
  const quota_mb = values.integer('ssdquota');
  if (quota_mb !== undefined) options.cache_quota_mb = quota_mb;
  const reserve_mb = values.integer('ssdreserve');
  if (reserve_mb !== undefined) {
    if (path !== undefined) checkReserve(path, reserve_mb);
    options.cache_reserve_mb = reserve_mb;
  }
  return options;
}

/** A reserve larger than the whole disk would silently mean "no cache". */
function checkReserve(path: string, reserve_mb: number): void {
  const { blocks, bsize } = statfsSync(path);
  const total_mb = Math.floor((blocks * bsize) / 1e6);
  if (reserve_mb >= total_mb) {
    throw new CsError(
      'input',
      'CS_SSD_RESERVE',
      `Option --ssdreserve is ${reserve_mb} MB, but the disk of ${path} has ${total_mb} MB in all.`,
    );
  }
}

function forbidBoth(values: Values, a: string, b: string): void {
  if (values.has(a) && values.has(b)) throw usage(`Options --${a} and --${b} contradict each other.`);
}

function atLeastOne(values: Values, name: string): number | undefined {
  const count = values.integer(name);
  if (count === 0) throw usage(`Option --${name} is 0, wanted at least 1.`);
  return count;
}

/** A worker's registration as a table. */
export function configuration(t: TargetNode): string {
  const slots = t.resource_slots;
  const rows: [string, string][] = [
    ['hostname', t.hostname],
    ['lane', t.lane],
    ['ssh_str', t.ssh_str || '- (started directly)'],
    ['worker_bin_path', t.worker_bin_path],
    ['version', t.version],
    ['CPU', `${slots.CPU.length}`],
    ['RAM', `${slots.RAM.length} x 8 GB`],
    ['GPU', t.gpus.length === 0 ? 'none' : t.gpus.map((g) => `${g.id}: ${g.name}`).join('\n')],
    ['SSD', t.cache_path ?? 'none'],
  ];
  if (t.cache_path !== null) {
    rows.push(['SSD quota', t.cache_quota_mb === null ? 'none' : `${t.cache_quota_mb} MB`]);
    rows.push(['SSD reserve', `${t.cache_reserve_mb} MB`]);
  }
  return `Configuration of worker ${styled('bold', t.name)}:\n${textTable(rows, { indent: '  ' })}`;
}
