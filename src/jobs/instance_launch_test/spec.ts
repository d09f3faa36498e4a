import * as z from 'zod';
import { defineJob, param } from '../../schema/job.ts';

export const spec = defineJob({
  type: 'instance_launch_test',
  title: 'Test Worker Launch',
  description:
    'Starts like any job, says what the worker has, and writes and reads a file in the project directory. It shows that a worker can run jobs.',
  category: 'instance_testing',
  stability: 'stable',
  inputs: {},
  outputs: {},
  params: z.strictObject({
    file_size_mb: param.integer({
      title: 'Size of the test file',
      description: 'How much is written to the project directory and read back.',
      section: 'Test',
      unit: 'MB',
      default: 16,
      min: 1,
      max: 10_000,
    }),
  }),
  resources: () => ({ cpu: 1, gpu: 0, ram: 1, ssd: false }),
});
