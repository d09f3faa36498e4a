import { join } from 'node:path';
import type { Hono } from 'hono';
import * as z from 'zod';
import { asCsError } from '../../base/errors.ts';
import { jobUid, projectUid } from '../../schema/model.ts';
import type { Core } from '../core/core.ts';
import { readJobEvents } from '../core/job-log.ts';
import { inputError } from './errors.ts';
import { fileResponse } from './file-response.ts';
import { signedOf } from './identify.ts';
import { locateFile } from './project-file.ts';
import { sseResponse } from './sse.ts';
import { readBinnedVolume } from './volume.ts';

const jobEventsQuery = z.object({
  project_uid: projectUid,
  job_uid: jobUid,
  after: z.coerce.number().int().min(0).default(0),
});
const fileQuery = z.object({ project_uid: projectUid, path: z.string().min(1) });
const volumeQuery = fileQuery.extend({ max_size: z.coerce.number().int().min(8).max(1024).default(256) });

/** The byte streams beside the table of calls, all for signed-in users and checked per project. */
export function addStreams(app: Hono, core: Core): void {
  const { projects, jobs, bus } = core;

  app.get('/api/events', (c) => {
    const who = signedOf(c, core);
    return sseResponse(
      c.req.raw.signal,
      (client) =>
        bus.pushes.listen(({ event, project_uid, json }) => {
          if (project_uid === null || projects.canSee(who, project_uid)) client.send({ event, json });
        }),
      () => stillSigned(() => signedOf(c, core)),
    );
  });

  app.get('/api/job_events', (c) => {
    const who = signedOf(c, core);
    const { project_uid, job_uid, after } = parse('job_events', jobEventsQuery, c.req.query());
    const project = projects.require(who, project_uid);
    const job = jobs.require(project_uid, job_uid);
    const lastId = Number(c.req.header('last-event-id') ?? after);
    const from = Number.isInteger(lastId) ? Math.max(after, lastId) : after;
    const dir = join(project.project_dir, job.job_dir);
    return sseResponse(
      c.req.raw.signal,
      (client) => {
        let position = from;
        const send = (event: { readonly id: number }): void => {
          position = Math.max(position, event.id);
          client.send({ event: 'event', json: JSON.stringify(event), id: position });
        };
        // what comes in while the history is read waits; an event sent twice replaces itself
        let waiting: { readonly id: number }[] | null = [];
        const stop = bus.jobLogs.listen((push) => {
          if (push.project_uid !== project_uid || push.job_uid !== job_uid) return;
          if (waiting) waiting.push(...push.events);
          else push.events.forEach(send);
        });
        readJobEvents(dir, from)
          .then((events) => {
            [...events, ...(waiting ?? [])].forEach(send);
            waiting = null;
          })
          .catch((error: unknown) => {
            core.log.warn(`event log of ${project_uid} ${job_uid} cannot be read: ${asCsError(error).message}`);
            client.close();
          });
        return stop;
      },
      () => stillSigned(() => projects.require(signedOf(c, core), project_uid)),
    );
  });

  app.get('/api/file', async (c) => {
    const who = signedOf(c, core);
    const { project_uid, path } = parse('file', fileQuery, c.req.query());
    const file = await locateFile(projects.require(who, project_uid).project_dir, path, core.privateDirs);
    return fileResponse(c.req.raw, file);
  });

  app.get('/api/volume', async (c) => {
    const who = signedOf(c, core);
    const { project_uid, path, max_size } = parse('volume', volumeQuery, c.req.query());
    const file = await locateFile(projects.require(who, project_uid).project_dir, path, core.privateDirs);
    const { header, data } = await readBinnedVolume(file.real, max_size);
    const head = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
    return new Response(new Blob([head, data]), { headers: { 'Content-Type': 'application/octet-stream' } });
  });
}

function parse<T extends z.ZodType>(call: string, type: T, query: unknown): z.output<T> {
  const result = type.safeParse(query);
  if (result.success) return result.data;
  throw inputError(call, result.error);
}

/** Whether a long-lived stream may go on: the session may have ended, the project no longer be shared. */
function stillSigned(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
