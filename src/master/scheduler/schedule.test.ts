import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, JobStatus, TargetNode } from '../../schema/model.ts';
import { schedule, type ScheduleState } from './schedule.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function node(name: string, cpu: number, gpu: number, ram: number, more: Partial<TargetNode> = {}): TargetNode {
  return {
    name,
    hostname: name,
    lane: 'default',
    type: 'node',
    title: name,
    ssh_str: '',
    worker_bin_path: '',
    cache_path: null,
    cache_quota_mb: null,
    cache_reserve_mb: 0,
    gpus: [],
    version: 'v1',
    resource_slots: { CPU: range(cpu), GPU: range(gpu), RAM: range(ram) },
    resource_fixed: { SSD: false },
    ...more,
  };
}

function job(uid: string, cpu: number, gpu = 0, ram = 1, more: Partial<Job> = {}): Job {
  return {
    uid,
    project_uid: 'P1',
    status: 'queued',
    parents: [],
    build_errors: [],
    queued_to_lane: 'default',
    queued_to_hostname: null,
    queued_to_gpu: null,
    resources_needed: { cpu, gpu, ram, ssd: false },
    resources_allocated: null,
    ...more,
  } as Job;
}

/** A job that holds the given slots of a target. */
function holding(uid: string, target: string, cpu: number[], gpu: number[] = [], ram: number[] = [0]): Job {
  const slots = { CPU: cpu, GPU: gpu, RAM: ram };
  const allocation = { lane: 'default', target, hostname: target, slots, ssd: false };
  return job(uid, cpu.length, gpu.length, ram.length, { status: 'running', resources_allocated: allocation });
}

function decide(state: Partial<ScheduleState>): string[] {
  const full: ScheduleState = {
    queued: [],
    active: [],
    targets: [],
    statusOf: () => undefined,
    isPaused: () => false,
    ...state,
  };
  return schedule(full).map(({ job, allocation, queue_status, message }) => {
    if (!allocation) return `${job.uid} ${queue_status}: ${message}`;
    const { CPU, GPU, RAM } = allocation.slots;
    return `${job.uid} on ${allocation.target} CPU ${CPU.join()} GPU ${GPU.join()} RAM ${RAM.join()}${allocation.ssd ? ' SSD' : ''}`;
  });
}

test('a job gets the lowest free slots of the first target of its lane that has enough', () => {
  assert.deepEqual(
    decide({ targets: [node('a', 2, 0, 2), node('b', 8, 2, 4)], queued: [job('J1', 4, 1, 2), job('J2', 1)] }),
    ['J1 on b CPU 0,1,2,3 GPU 0 RAM 0,1', 'J2 on a CPU 0 GPU  RAM 0'],
  );
  const active = [holding('J9', 'b', [0, 2], [0], [1])];
  assert.deepEqual(decide({ targets: [node('b', 8, 2, 4)], active, queued: [job('J1', 2, 1, 2)] }), [
    'J1 on b CPU 1,3 GPU 1 RAM 0,2',
  ]);
});

test('a job waits for its inputs, and the reason names them', () => {
  const status: Record<string, JobStatus> = { J1: 'completed', J2: 'running', J3: 'failed', J4: 'queued' };
  const statusOf = (_p: string, uid: string) => status[uid];
  const targets = [node('a', 4, 0, 4)];
  const queued = [['J1'], ['J1', 'J2', 'J4'], ['J2', 'J3'], ['J8']].map((parents, i) =>
    job(`J1${i}`, 1, 0, 1, { parents }),
  );
  assert.deepEqual(decide({ targets, queued, statusOf }), [
    'J10 on a CPU 0 GPU  RAM 0',
    'J11 waiting_inputs: waits for J2 (running), J4 (queued)',
    'J12 waiting_inputs: waits for J3 (failed): clear and run it again, or kill this job and connect another',
    'J13 waiting_inputs: waits for J8 (deleted): clear and run it again, or kill this job and connect another',
  ]);
  const broken = [job('J5', 1, 0, 1, { build_errors: ['Input "x" needs slot ctf.'] })];
  assert.deepEqual(decide({ targets, queued: broken }), ['J5 waiting_inputs: cannot start: Input "x" needs slot ctf.']);
});

test('the jobs of a paused project wait without holding up others', () => {
  const queued = [job('J1', 4), job('J1', 4, 0, 1, { project_uid: 'P2' })];
  assert.deepEqual(decide({ targets: [node('a', 4, 0, 4)], queued, isPaused: (uid) => uid === 'P1' }), [
    'J1 project_paused: project P1 is paused',
    'J1 on a CPU 0,1,2,3 GPU  RAM 0',
  ]);
});

test('in maintenance mode nothing starts, and each job still tells what else it waits for', () => {
  const queued = [job('J1', 1), job('J2', 1, 0, 1, { parents: ['J1'] })];
  assert.deepEqual(decide({ targets: [node('a', 4, 0, 4)], queued, maintenance: true, statusOf: () => 'queued' }), [
    'J1 waiting_maintenance: the instance is in maintenance mode',
    'J2 waiting_inputs: waits for J1 (queued)',
  ]);
});

test('what is too big for every worker of the lane is told so', () => {
  const targets = [node('a', 4, 1, 2), node('fast', 64, 8, 64, { lane: 'fast' })];
  const queued = [
    job('J1', 8, 0, 3),
    job('J2', 1, 2),
    job('J5', 1, 0, 1, { queued_to_lane: 'empty' }),
    job('J6', 1, 0, 1, { queued_to_hostname: 'gone' }),
  ];
  assert.deepEqual(decide({ targets, queued }), [
    'J1 waiting_resources: needs 3 RAM slots (8 GB each); no worker of lane default has so many (at most 2): it will never start',
    'J2 waiting_resources: needs 2 GPUs; no worker of lane default has so many (at most 1): it will never start',
    'J5 waiting_resources: lane empty has no workers: connect one with "cryosparcw connect"',
    'J6 waiting_resources: worker gone is not connected',
  ]);
});

test('an SSD is a wish: a worker that has one is preferred, one without takes the job all the same', () => {
  const targets = [node('a', 4, 0, 4), node('b', 1, 0, 4, { resource_fixed: { SSD: true } })];
  const ssd = { resources_needed: { cpu: 1, gpu: 0, ram: 1, ssd: true } };
  const queued = [job('J1', 1), job('J2', 1, 0, 1, ssd), job('J3', 1, 0, 1, ssd)];
  assert.deepEqual(decide({ targets, queued }), [
    'J1 on a CPU 0 GPU  RAM 0',
    'J2 on b CPU 0 GPU  RAM 0 SSD',
    'J3 on a CPU 1 GPU  RAM 1',
  ]);
  const active = [holding('J9', 'a', [0, 1, 2, 3])];
  assert.deepEqual(decide({ targets: targets.slice(0, 1), active, queued: queued.slice(1, 2) }), [
    'J2 waiting_resources: needs 1 CPU, lane default has 0 of 4 free on a (held by P1 J9)',
  ]);
});

test('a job that waits for slots is told how many are free and who holds the others', () => {
  const active = [holding('J4', 'node1', [0, 1], [0])];
  assert.deepEqual(decide({ targets: [node('node1', 8, 2, 4)], active, queued: [job('J5', 1, 2)] }), [
    'J5 waiting_resources: needs 2 GPUs, lane default has 1 of 2 free on node1 (held by P1 J4)',
  ]);
});

test('a job for certain GPUs of a worker takes exactly those', () => {
  const wanted = { queued_to_hostname: 'node1', queued_to_gpu: [1, 3] };
  const targets = [node('node0', 8, 4, 8), node('node1', 8, 4, 8)];
  assert.deepEqual(decide({ targets, queued: [job('J1', 1, 2, 1, wanted)] }), ['J1 on node1 CPU 0 GPU 1,3 RAM 0']);
  const active = [holding('J4', 'node1', [0], [3])];
  assert.deepEqual(decide({ targets, active, queued: [job('J1', 1, 2, 1, wanted)] }), [
    'J1 waiting_resources: needs GPU 3 of node1, held by P1 J4',
  ]);
});

test('a stream of small jobs does not starve a big one, and fills what it does not need', () => {
  const targets = [node('a', 8, 4, 8)];
  const active = [holding('J1', 'a', [0, 1], [0])];
  const big = job('J2', 4, 4, 4);
  assert.deepEqual(decide({ targets, active, queued: [big, job('J3', 1, 1), job('J4', 2), job('J5', 1)] }), [
    'J2 waiting_resources: needs 4 GPUs, lane default has 3 of 4 free on a (held by P1 J1)',
    'J3 waiting_resources: a is kept for P1 J2, which is before it in the queue',
    'J4 on a CPU 2,3 GPU  RAM 1',
    'J5 waiting_resources: a is kept for P1 J2, which is before it in the queue',
  ]);
  assert.match(decide({ targets, queued: [big] })[0] ?? '', /^J2 on a CPU 0,1,2,3 GPU 0,1,2,3/);
});

test('no slot is ever given twice, whatever the queue', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % n;
  };
  const targets = range(5).map((i) =>
    node(`n${i}`, 1 + random(16), random(5), 1 + random(8), { lane: `l${random(2)}` }),
  );
  const queued = range(60).map((i) =>
    job(`J${i + 1}`, 1 + random(6), random(3), 1 + random(3), { queued_to_lane: `l${random(2)}` }),
  );
  const taken = new Set<string>();
  for (const { job, allocation } of schedule({
    queued,
    active: [],
    targets,
    statusOf: () => undefined,
    isPaused: () => false,
  })) {
    if (!allocation) continue;
    const target = targets.find((t) => t.name === allocation.target);
    assert.equal(target?.lane, job.queued_to_lane, `seed ${seed}`);
    const { cpu, gpu, ram } = job.resources_needed;
    for (const [kind, n] of [
      // a wish: a machine with fewer gives all that it has
      ['CPU', Math.min(cpu, target.resource_slots.CPU.length)],
      ['GPU', gpu],
      ['RAM', ram],
    ] as const) {
      assert.equal(allocation.slots[kind].length, n, `seed ${seed}`);
      for (const id of allocation.slots[kind]) {
        assert.ok(target.resource_slots[kind].includes(id), `seed ${seed}`);
        const slot: string = `${allocation.target} ${kind} ${id}`;
        assert.ok(!taken.has(slot), `seed ${seed}: ${slot} twice`);
        taken.add(slot);
      }
    }
  }
  assert.ok(taken.size > 0, `seed ${seed}`);
});

test('a job that wishes for more CPUs than any machine has gets all of one', () => {
  assert.deepEqual(decide({ targets: [node('a', 2, 0, 2)], queued: [job('J1', 8), job('J2', 1)] }), [
    'J1 on a CPU 0,1 GPU  RAM 0',
    'J2 waiting_resources: needs 1 CPU, lane default has 0 of 2 free on a (held by P1 J1)',
  ]);
});
