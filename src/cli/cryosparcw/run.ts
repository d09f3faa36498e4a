import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asCsError } from '../../base/errors.ts';
import { type MonitorResult, runMonitor } from '../../engine/monitor.ts';
import { type Command, EXIT } from './commands.ts';

const STATUS: Record<MonitorResult, number> = { completed: EXIT.ok, failed: EXIT.failed, killed: 4, lost: 5 };
const NOT_CLAIMED = 3;

/** Started by the master's scheduler, here, through ssh or in a batch system's script; not meant for typing. */
export const run: Command = {
  name: 'run',
  summary: 'Run a job that the master has launched.',
  details: `Exit status: 0 completed, 1 failed, ${NOT_CLAIMED} not started (the launch could not be claimed), ${STATUS.killed} killed, ${STATUS.lost} the master did not take the outcome.`,
  options: [
    { name: 'project', value: '<PX>', required: true, help: 'uid of the project' },
    { name: 'job', value: '<JX>', required: true, help: 'uid of the job' },
    { name: 'master_hostname', value: '<hostname>', help: "the master's host, for the process list" },
    {
      name: 'master_command_core_port',
      value: '<port>',
      type: 'integer',
      help: 'port of its API, for the process list',
    },
    { name: 'job_dir', value: '<directory>', required: true, help: 'absolute path of the job directory' },
    { name: 'launch_file', value: '<file>', help: 'address and token of the launch (default <job_dir>/.launch.json)' },
    { name: 'jobs_dir', value: '<directory>', help: "take job types from here instead of the installation's own" },
  ],
  run: async (values) => {
    const [project_uid = '', job_uid = '', job_dir = ''] = ['project', 'job', 'job_dir'].map((name) =>
      values.text(name),
    );
    const jobs_dir = values.text('jobs_dir');
    // the launcher may go away (end of ssh): writing to it must not end the job
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
    try {
      const result = await runMonitor({
        project_uid,
        job_uid,
        launch_file: values.text('launch_file') ?? `${job_dir}/.launch.json`,
        ...(jobs_dir === undefined ? {} : { jobs_url: `${pathToFileURL(resolve(jobs_dir)).href}/` }),
      });
      return STATUS[result];
    } catch (error) {
      const { code, message } = asCsError(error);
      process.stderr.write(`cryosparcw run: ${project_uid} ${job_uid} was not started: ${message} [${code}]\n`);
      return NOT_CLAIMED;
    }
  },
};
