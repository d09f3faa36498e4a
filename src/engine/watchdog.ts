import { workerData } from 'node:worker_threads';
import { killOwnTree, type TreeMark } from '../host/process-tree.ts';

/**
 * A thread of main that ends the whole job when its monitor has died: without a monitor there is no heartbeat, nobody
 * would hear of the outcome, and the master starts counting on the machine's slots again. It is a thread of its own
 * because a job may keep the main thread busy for minutes.
 */
const { monitor_pid, mark } = workerData as { monitor_pid: number; mark: TreeMark };

setInterval(() => {
  if (process.ppid !== monitor_pid) killOwnTree(mark);
}, 500);
