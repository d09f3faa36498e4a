import * as z from 'zod';
import { defineJob, type JobSpec, param } from '../../schema/job.ts';

const section = 'Test';
const common = { description: 'For tests.', category: 'utilities', stability: 'develop' } as const;

/** A source of particles; its outputs depend on a parameter. */
const source = defineJob({
  ...common,
  type: 'source',
  title: 'Source',
  inputs: {},
  outputs: (params) => ({
    particles: { type: 'particle', title: 'Particles', slots: params.with_ctf ? ['blob', 'ctf'] : ['blob'] },
  }),
  params: z.strictObject({
    path: param.text({ title: 'Path', description: 'A file.', section, required_param: true }),
    count: param.integer({ title: 'Count', description: 'How many.', section, default: 10, min: 1 }),
    with_ctf: param.flag({ title: 'CTF', description: 'Give CTF.', section, default: true }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});

/** Takes particles, adds a slot, passes the others through, makes a map. */
const refine = defineJob({
  ...common,
  type: 'refine',
  title: 'Refine',
  inputs: {
    particles: {
      type: 'particle',
      title: 'Particles',
      description: '',
      slots: [
        { name: 'blob', required: true },
        { name: 'ctf', required: true },
        { name: 'alignments3D', required: false },
      ],
      count_min: 1,
      count_max: 2,
    },
    volume: {
      type: 'volume',
      title: 'Map',
      description: '',
      slots: [{ name: 'map', required: true }],
      count_min: 0,
      count_max: 1,
    },
  },
  outputs: {
    particles: { type: 'particle', title: 'Particles', slots: ['alignments3D'], passthrough: 'particles' },
    volume: { type: 'volume', title: 'Map', slots: ['map', 'map_half_A'] },
  },
  params: z.strictObject({
    cpus: param.integer({ title: 'CPUs', description: 'Threads.', section, default: 2, min: 1, max: 64 }),
    gpus: param.integer({ title: 'GPUs', description: 'GPUs.', section, default: 0, min: 0, max: 8 }),
  }),
  resources: ({ cpus, gpus }) => ({ cpu: cpus, gpu: gpus, ram: 1, ssd: true }),
});

export const TEST_SPECS: ReadonlyMap<string, JobSpec> = new Map<string, JobSpec>([
  [source.type, source],
  [refine.type, refine],
]);
