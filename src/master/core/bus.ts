import type { PushEvents } from '../../schema/push.ts';

/** Something that changed, with the project that a listener must be allowed to see (null: anyone signed in). */
export interface Push<K extends keyof PushEvents = keyof PushEvents> {
  readonly event: K;
  readonly project_uid: string | null;
  /** the event's data as JSON text, made once for all listeners */
  readonly json: string;
}

type Listener<T> = (value: T) => void;

/** Listeners by key; a listener that throws is the bug of its own module and is not caught here. */
export class Channel<T> {
  private readonly listeners = new Set<Listener<T>>();

  /** @returns function that ends the subscription */
  listen(listener: Listener<T>): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  send(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
}

/** New lines of the event log of one job. */
export interface JobLogPush {
  readonly project_uid: string;
  readonly job_uid: string;
  readonly events: readonly { readonly id: number }[];
}

/** What the parts of the master tell each other and the browser. */
export class Bus {
  readonly pushes = new Channel<Push>();
  readonly jobLogs = new Channel<JobLogPush>();
  /** something that a queued job may wait for has changed */
  readonly scheduling = new Channel<void>();
  /** a job has reached a status from which it does not go on by itself */
  readonly jobEnded = new Channel<{ project_uid: string; job_uid: string }>();

  push<K extends keyof PushEvents>(event: K, project_uid: string | null, data: PushEvents[K]): void {
    this.pushes.send({ event, project_uid, json: JSON.stringify(data) });
  }
}
