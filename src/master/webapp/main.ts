import { CsError } from '../../base/errors.ts';
import { createLog } from '../log.ts';
import { apiPort, readSettings } from '../settings.ts';
import { createWebapp } from './server.ts';

/** The web application's process. It ends when its supervisor does, or by SIGTERM. */
const settings = readSettings(process.env);
const log = createLog();
const server = createWebapp({
  pages_dir: `${settings.install_dir}/build/web`,
  core: { host: settings.bind_addr === '0.0.0.0' ? '127.0.0.1' : settings.bind_addr, port: apiPort(settings) },
});

function end(): void {
  server.close(() => process.exit(0));
  // streams of server-sent events never end by themselves
  server.closeAllConnections();
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
process.once('disconnect', end);

server.on('error', (error: NodeJS.ErrnoException) => {
  const at = `${settings.bind_addr}:${settings.base_port}`;
  const failure =
    error.code === 'EADDRINUSE'
      ? new CsError('resource', 'CS_PORT_IN_USE', `Port ${at} is in use by another program.`, {
          port: settings.base_port,
        })
      : new CsError('external', 'CS_LISTEN', `Cannot listen on ${at}: ${error.message}.`, { port: settings.base_port });
  log.error('webapp cannot start:', failure);
  process.send?.({ error: failure.toBody() });
  process.exitCode = 1;
  process.disconnect?.();
});
server.listen(settings.base_port, settings.bind_addr, () => {
  log.info(`webapp listens on ${settings.bind_addr}:${settings.base_port}`);
  process.send?.({ ready: true });
});
