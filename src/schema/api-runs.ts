import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { eventSchema } from './events.ts';
import { allocation, connection, gpu, jobUid, output, projectUid, targetNode } from './model.ts';

/**
 * What workers call. A machine joins with the instance's license id (header `License-ID`); a job's process acts
 * with the token of its launch (`Authorization: Bearer`), read from `<job_dir>/.launch.json`.
 */
export const runApi = {
  'worker.connect': endpoint({
    role: 'worker',
    summary: 'Register this machine as a worker, or change how it is registered.',
    input: z.strictObject({
      hostname: z.string(),
      version: z.string(),
      worker_bin_path: z.string(),
      update: z.boolean().default(false),
      ssh_str: z.string().optional(),
      lane: z.string().optional(),
      newlane: z.boolean().default(false),
      cpus: z.int().min(1).optional(),
      /** number of 8 GB slots */
      rams: z.int().min(1).optional(),
      gpus: z.array(gpu).optional(),
      cache_path: z.string().nullable().optional(),
      cache_quota_mb: z.number().min(0).nullable().optional(),
      cache_reserve_mb: z.number().min(0).optional(),
    }),
    output: targetNode,
  }),
  'runs.claim': endpoint({
    role: 'run',
    summary: 'Take over a launched job; a second claim of the same launch is refused.',
    input: z.strictObject({ version: z.string(), hostname: z.string(), pid: z.int() }),
    output: z.object({
      project_uid: projectUid,
      project_dir: z.string(),
      job_uid: jobUid,
      job_dir: z.string(),
      type: z.string(),
      params: z.record(z.string(), z.unknown()),
      inputs: z.record(
        z.string(),
        z.array(
          z.object({
            connection,
            /**
             * what the connected output offers: slot `name`, found as slot `source` (another one where a single result
             * was replaced) of the dataset file `metafile`, relative to the project directory
             */
            results: z.array(
              z.object({ name: z.string(), source: z.string(), dtype: z.string(), metafile: z.string() }),
            ),
          }),
        ),
      ),
      allocation,
      heartbeat_s: z.number(),
      /** memory that the job may use, MB */
      memory_mb: z.number(),
      /** directory of the SSD cache; null: none, or the job does not want it */
      cache_path: z.string().nullable(),
      /** the cache may hold so much; null: no limit */
      cache_quota_mb: z.number().nullable(),
      /** free space to leave on the drive */
      cache_reserve_mb: z.number(),
    }),
  }),
  'runs.report': endpoint({
    role: 'run',
    summary: 'Heartbeat with what is new; the answer tells whether to go on.',
    input: z.strictObject({
      running: z.boolean().default(true),
      progress: z.object({ fraction: z.number(), text: z.string() }).nullable().default(null),
      /** new lines of the event log, already on disk */
      events: z.array(eventSchema).default([]),
      ui_tile_image: z.string().nullable().default(null),
    }),
    output: z.object({ action: z.enum(['continue', 'kill']) }),
  }),
  'runs.finish': endpoint({
    role: 'run',
    summary: 'The end of a job, with its outputs; repeated until acknowledged.',
    input: z.strictObject({
      status: z.enum(['completed', 'failed', 'killed']),
      errors: z.array(z.object({ kind: z.string(), code: z.string(), message: z.string() })).default([]),
      outputs: z.array(output).default([]),
    }),
    output: z.object({}),
  }),
};
