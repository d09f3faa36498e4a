const HEARTBEAT_MS = 15_000;
/** What may wait for a client before it counts as stuck and is dropped; it reconnects and reads anew. */
const BACKLOG_MAX_BYTES = 4 * 1024 * 1024;

export interface SseMessage {
  event: string;
  /** one line of JSON */
  json: string;
  id?: number;
}

export interface SseClient {
  /** never blocks: a client that does not read is disconnected */
  send(message: SseMessage): void;
  close(): void;
}

/**
 * A stream of server-sent events, with a comment every 15 s so that proxies keep it open.
 * @param start begins to send; returns what ends it. `alive` is asked before each heartbeat.
 * @param signal aborted when the client goes
 */
export function sseResponse(
  signal: AbortSignal,
  start: (client: SseClient) => () => void,
  alive: () => boolean = () => true,
): Response {
  const encoder = new TextEncoder();
  let release = (): void => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let open = true;
        let stop = (): void => {};
        const write = (text: string): void => {
          if (!open) return;
          controller.enqueue(encoder.encode(text));
          if ((controller.desiredSize ?? 0) <= 0) end();
        };
        const timer = setInterval(() => (alive() ? write(': alive\n\n') : end()), HEARTBEAT_MS);
        timer.unref();
        release = () => {
          if (!open) return;
          open = false;
          clearInterval(timer);
          stop();
        };
        const end = (): void => {
          if (!open) return;
          release();
          controller.close();
        };
        signal.addEventListener('abort', end, { once: true });
        write('retry: 1000\n\n');
        stop = start({
          send: ({ event, json, id }) =>
            write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`),
          close: end,
        });
        if (!open) stop();
      },
      cancel: () => release(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BACKLOG_MAX_BYTES }),
  );
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  });
}
