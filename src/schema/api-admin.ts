import * as z from 'zod';
import { endpoint } from './endpoint.ts';
import { user } from './model.ts';

const mode = z.object({ on: z.boolean(), since: z.string().nullable() });

/** Calls for those who look after an instance. */
export const adminApi = {
  'users.update': endpoint({
    role: 'admin',
    cli: 'update_user',
    summary: 'Change names, role or password of an account; a new password ends its sessions.',
    input: z.strictObject({
      user_id: z.string().describe('id or email'),
      password: z.string().min(8, 'must have at least 8 characters').optional(),
      username: z.string().min(1).optional(),
      first_name: z.string().optional(),
      last_name: z.string().optional(),
      role: z.enum(['user', 'admin']).optional(),
    }),
    output: user,
  }),
  'instance.maintenance': endpoint({
    role: 'user',
    cli: 'get_maintenance_mode',
    summary: 'Whether the instance is in maintenance mode: queued jobs then wait.',
    input: z.strictObject({}),
    output: mode,
  }),
  'instance.set_maintenance': endpoint({
    role: 'admin',
    cli: 'set_maintenance_mode',
    summary: 'Turn maintenance mode on or off; running jobs go on, queued jobs wait while it is on.',
    input: z.strictObject({ on: z.boolean() }),
    output: mode,
  }),
  'instance.check_database': endpoint({
    role: 'admin',
    cli: 'check_database',
    summary: 'Check every page and reference of the database, and that the project directories are there and ours.',
    input: z.strictObject({}),
    output: z.object({ problems: z.array(z.string()), projects: z.int(), jobs: z.int() }),
  }),
  'instance.compact_database': endpoint({
    role: 'admin',
    cli: 'compact_database',
    summary: 'Give the space of deleted documents back to the file system.',
    input: z.strictObject({}),
    output: z.object({ before_mb: z.number(), after_mb: z.number() }),
  }),
};
