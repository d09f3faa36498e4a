/** Settings that only the master needs; a job's process gets its own from the worker's configuration. */
const MASTER_ONLY = ['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'CRYOSPARC_DB_LOG', 'NODE_UNIQUE_ID'];

/** Environment of a process that is launched on this machine: ours, without the channel to our supervisor. */
export function localEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !MASTER_ONLY.includes(name)));
}
