export type StreamState = 'connecting' | 'live' | 'lost' | 'asleep';

export interface StreamOptions {
  /** asked anew for each connection, so that it can name the last position */
  url: () => string;
  kinds: readonly string[];
  onMessage: (kind: string, data: string) => void;
  onOpen?: () => void;
  onState?: (state: StreamState) => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** A hidden tab keeps its stream this long: switching tabs back and forth costs nothing. */
const SLEEP_AFTER_MS = 20_000;

/**
 * A server-sent-event stream that comes back by itself, with back-off.
 *
 * Tabs that are not looked at give their stream up: over HTTP/1.1 a browser opens six connections to a host in
 * all, so a handful of open job pages would otherwise lock each other out.
 */
export function resilientStream(options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let retry_ms = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };

  const open = (): void => {
    close();
    if (ended) return;
    options.onState?.('connecting');
    const current = new EventSource(options.url());
    source = current;
    current.addEventListener('open', () => {
      retry_ms = FIRST_RETRY_MS;
      options.onState?.('live');
      options.onOpen?.();
    });
    current.addEventListener('error', () => {
      if (source !== current) return;
      close();
      options.onState?.('lost');
      timer = setTimeout(open, retry_ms);
      retry_ms = Math.min(retry_ms * 2, LONGEST_RETRY_MS);
    });
    for (const kind of options.kinds) {
      current.addEventListener(kind, (message) => options.onMessage(kind, (message as MessageEvent<string>).data));
    }
  };

  const onVisibility = (): void => {
    if (document.visibilityState === 'visible') {
      if (source) clearTimeout(timer);
      else open();
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      close();
      options.onState?.('asleep');
    }, SLEEP_AFTER_MS);
  };

  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    ended = true;
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}
