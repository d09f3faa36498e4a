import { serve } from '@hono/node-server';
import { asCsError, CsError } from '../base/errors.ts';
import { loadJobSpecs } from '../host/job-types.ts';
import { VERSION } from '../host/version.ts';
import { createApp } from './api/app.ts';
import { Core } from './core/core.ts';
import { Lease } from './lease.ts';
import { createLog } from './log.ts';
import { apiPort, readSettings, type Settings } from './settings.ts';

/** Exit codes: the supervisor tells a lost lease from a failure by them. */
const EXIT_FAILED = 1;
const EXIT_LEASE_LOST = 75;
/** Time that open requests have to end when the instance stops. */
const CLOSE_MS = 2000;

const log = createLog();
type Server = ReturnType<typeof serve>;

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const lease = Lease.acquire(settings.db_path, settings.base_port);
  lease.keep((why) => {
    log.error(`the lease of ${settings.db_path} is lost: ${why}. Stopping at once.`);
    process.exit(EXIT_LEASE_LOST);
  });
  try {
    await run(settings, lease);
  } catch (error) {
    lease.release();
    throw error;
  }
}

/** @throws CsError when it cannot begin to answer; later errors have their own ways */
async function run(settings: Settings, lease: Lease): Promise<void> {
  const specs = await loadJobSpecs();
  // a process that was frozen (a suspended machine) wakes up here, before its next renewal could tell it
  const fence = (): void => {
    if (lease.fresh) return;
    log.error(`the lease of ${settings.db_path} was not renewed in time. Stopping without writing.`);
    process.exit(EXIT_LEASE_LOST);
  };
  const core = new Core({ settings, specs, log, databaseLog: createLog(process.env['CRYOSPARC_DB_LOG']), fence });
  const port = apiPort(settings);
  let server: Server;
  try {
    server = await listen(createApp(core).fetch, port, settings.bind_addr);
  } catch (error) {
    core.db.close();
    throw error;
  }
  core.start();
  log.info(`command_core ${VERSION} answers on ${settings.bind_addr}:${port} with ${specs.size} job types`);
  process.send?.({ ready: true });

  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${why}`);
    shutDown(core, server, lease)
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error('stopping failed:', error);
        process.exit(EXIT_FAILED);
      });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // the supervisor was killed: leave the jobs alone, as after a crash, and make room for the next start
  process.on('disconnect', () => {
    if (stopping) return;
    log.error('the supervisor is gone; running jobs go on and report to the next command_core');
    lease.release();
    process.exit(0);
  });
}

async function shutDown(core: Core, server: Server, lease: Lease): Promise<void> {
  await core.stopJobs();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await core.close();
  lease.release();
  if ('closeIdleConnections' in server) server.closeIdleConnections();
  await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
}

function listen(fetch: Parameters<typeof serve>[0]['fetch'], port: number, hostname: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname }, () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      const text = error.code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${error.message})`;
      reject(
        new CsError(
          'conflict',
          'CS_PORT',
          `Port ${port} on ${hostname} ${text}; set another CRYOSPARC_BASE_PORT.`,
          { port },
          error,
        ),
      );
    });
  });
}

process.on('uncaughtException', (error) => {
  log.error('uncaught:', error);
  process.exit(EXIT_FAILED);
});

main().catch((error: unknown) => {
  log.error('command_core cannot start:', error);
  if (process.send) process.send({ error: asCsError(error).toBody() }, () => process.exit(EXIT_FAILED));
  else process.exit(EXIT_FAILED);
});
