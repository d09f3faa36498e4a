import * as z from 'zod';
import { defineJob, param } from '../../../../schema/job.ts';

/** A job type for the engine's own tests: it ends in the way that its parameter says. */
export const spec = defineJob({
  type: 'rehearsal',
  title: 'Rehearsal',
  description: 'Ends in a chosen way.',
  category: 'instance_testing',
  stability: 'develop',
  inputs: {
    particles: {
      type: 'particle',
      title: 'Particles',
      description: '',
      slots: [{ name: 'blob', required: true }],
      count_min: 0,
      count_max: 'inf',
    },
  },
  outputs: { particles: { type: 'particle', title: 'Particles', slots: ['ctf'], passthrough: 'particles' } },
  params: z.strictObject({
    ending: param.choice({
      title: 'Ending',
      description: 'What the job does.',
      section: 'Rehearsal',
      values: [
        'completes',
        'refuses',
        'bug',
        'rejection',
        'busy',
        'waits',
        'fills_disk',
        'refuses_on_full_disk',
        'reads_missing',
        'caches',
        'exits',
        'leaves_child',
      ],
      default: 'completes',
    }),
    path: param.text({
      title: 'Path',
      description: 'A file that the ending needs.',
      section: 'Rehearsal',
      default: '',
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});
