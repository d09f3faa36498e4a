import { asCsError } from '../../base/errors.ts';
import { isAlive, type ProcessId } from '../../host/process-tree.ts';
import type { TargetNode } from '../../schema/model.ts';
import type { Log } from '../log.ts';
import type { Settings } from '../settings.ts';
import type { Launch } from './launches.ts';
import { type LaunchProcess, signalRemote } from './spawn.ts';

/** A launched job as this process follows it. */
export interface LiveRun {
  launch: Launch;
  /** it is on a cluster, in whose queue it may wait for days */
  readonly cluster: boolean;
  /** what we started, while it is our child */
  process: LaunchProcess | null;
  heard_ms: number;
  kill_asked_ms: number | null;
  /** how long a job that is told to stop may go on before its process is asked, and as long again before force */
  patience_ms: number;
  /** the last thing that was done about it, so that it is done once */
  done: Verdict | null;
}

/** What is to be done about a run. `fine`: nothing. */
export type Verdict = 'fine' | 'late' | 'gone' | 'silent' | 'ask' | 'force';

/** Monitor of a run, when it is a process of this machine that can be told from later ones with its number. */
export function localMonitor({ pid, start_ticks }: Launch): ProcessId | null {
  return pid === null || start_ticks === null ? null : { pid, start_ticks };
}

/** Pure, but for the look at /proc that `alive` does. */
export function judge(
  run: LiveRun,
  now_ms: number,
  limits: Pick<Settings, 'heartbeat_s' | 'launch_timeout_s'>,
  alive: (id: ProcessId) => boolean = isAlive,
): Verdict {
  const silent_ms = now_ms - run.heard_ms;
  if (run.launch.state === 'launched' && run.cluster) return 'fine';
  if (run.launch.state === 'launched') return silent_ms >= limits.launch_timeout_s * 1000 ? 'late' : 'fine';
  const monitor = localMonitor(run.launch);
  if (monitor && !alive(monitor)) return 'gone';
  if (silent_ms > limits.heartbeat_s * 1000) return 'silent';
  if (run.kill_asked_ms === null) return 'fine';
  const waited_ms = now_ms - run.kill_asked_ms;
  if (waited_ms >= 2 * run.patience_ms) return 'force';
  return waited_ms >= run.patience_ms ? 'ask' : 'fine';
}

/**
 * Signal the process of a run, here or over ssh. SIGTERM makes the monitor end its whole tree; main ends by itself
 * when its monitor dies of SIGKILL.
 */
export function signalRun(run: LiveRun, name: 'SIGTERM' | 'SIGKILL', target: TargetNode | undefined, log: Log): void {
  run.process?.kill(name);
  const { pid, start_ticks } = run.launch;
  if (pid === null) return;
  if (start_ticks === null) {
    if (target) signalRemote(target, pid, name, log);
    return;
  }
  if (!isAlive({ pid, start_ticks })) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    log.warn(`process ${pid} cannot be sent ${name}: ${asCsError(error).message}`);
  }
}
