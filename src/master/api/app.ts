import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { CsError } from '../../base/errors.ts';
import { api, type ApiName } from '../../schema/api.ts';
import type { Core } from '../core/core.ts';
import { errorAnswer, inputError } from './errors.ts';
import { type Handlers, JsonText } from './handlers.ts';
import { accountHandlers } from './handlers/accounts.ts';
import { adminHandlers } from './handlers/admin.ts';
import { clusterHandlers } from './handlers/clusters.ts';
import { instanceHandlers } from './handlers/instance.ts';
import { jobHandlers } from './handlers/jobs.ts';
import { movingHandlers } from './handlers/moving.ts';
import { projectHandlers } from './handlers/projects.ts';
import { runHandlers } from './handlers/runs.ts';
import { launchOf, requireLicense, requireSameOrigin, signedOf, visitorOf } from './identify.ts';
import { openApi } from './openapi.ts';
import { addStreams } from './streams.ts';

const BODY_MAX_BYTES = 4 * 1024 * 1024;

type AnyHandler = (input: unknown, who: unknown) => unknown;

/** The HTTP side of the master: one route for each call of the table, and the byte streams. */
export function createApp(core: Core): Hono {
  const handlers: Handlers = {
    ...accountHandlers(core),
    ...projectHandlers(core),
    ...jobHandlers(core),
    ...instanceHandlers(core),
    ...adminHandlers(core),
    ...clusterHandlers(core),
    ...movingHandlers(core),
    ...runHandlers(core),
  };
  const app = new Hono();
  app.onError((error, c) => errorAnswer(c, error, core.log));
  app.notFound((c) =>
    errorAnswer(c, new CsError('notFound', 'CS_ROUTE', `There is nothing at ${c.req.method} ${c.req.path}.`), core.log),
  );
  app.use('*', async (c, next) => {
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  });
  app.use(
    '/api/*',
    bodyLimit({
      maxSize: BODY_MAX_BYTES,
      onError: (c) => {
        const limit = `${BODY_MAX_BYTES / 1024 / 1024} MB`;
        return errorAnswer(
          c,
          new CsError('input', 'CS_BODY_TOO_LARGE', `A request may have at most ${limit}.`),
          core.log,
        );
      },
    }),
  );
  for (const name of Object.keys(api) as ApiName[]) {
    const handler = handlers[name] as AnyHandler;
    app.post(`/api/${name}`, async (c) => {
      const who = identify(name, c, core);
      const input = api[name].input.safeParse(await readJson(c));
      if (!input.success) throw inputError(name, input.error);
      const answer = await handler(input.data, who);
      if (answer instanceof JsonText) return c.body(answer.text, 200, { 'Content-Type': 'application/json' });
      return c.json(answer as object);
    });
  }
  const description = JSON.stringify(openApi());
  app.get('/openapi.json', (c) => c.body(description, 200, { 'Content-Type': 'application/json' }));
  addStreams(app, core);
  return app;
}

/** The caller, as the role of the call asks. @throws CsError when he may not make it */
function identify(name: ApiName, c: Context, core: Core): unknown {
  const { role } = api[name];
  if (role === 'run') return launchOf(c, core);
  if (role === 'public' || role === 'worker') {
    if (role === 'worker') requireLicense(c, core);
    // signing somebody in from a foreign page is refused as well; programs send no origin
    else if (c.req.header('origin') !== undefined) requireSameOrigin(c);
    return visitorOf(c);
  }
  const who = signedOf(c, core);
  if (role === 'user' || who.admin) return who;
  throw new CsError('denied', 'CS_NOT_ADMIN', `Only an admin may call ${name}.`);
}

async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === '') return {};
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new CsError('input', 'CS_CONTENT_TYPE', 'The body must be JSON, with "Content-Type: application/json".');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CsError('input', 'CS_NOT_JSON', `The body is not JSON: ${(error as Error).message}.`);
  }
}
