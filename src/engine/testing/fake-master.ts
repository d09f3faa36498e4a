import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ErrorBody, HTTP_STATUS } from '../../base/errors.ts';
import { api, type ApiInput } from '../../schema/api.ts';
import type { JobEvent } from '../../schema/events.ts';
import type { Claim, Outcome } from '../messages.ts';

/** The master's side of `runs.*` for one launch, on a loopback port of its own; inputs are checked against the API table. */
export class FakeMaster {
  readonly token = 'secret-token-of-this-launch';
  readonly reports: ApiInput<'runs.report'>[] = [];
  readonly outcomes: Outcome[] = [];
  claims = 0;
  kill = false;
  /** answer to every call but a claim, instead of the real one */
  refuse: ErrorBody | null = null;
  port = 0;

  private readonly claim: Claim;
  private server: Server | null = null;
  private readonly watchers = new Set<() => void>();

  constructor(claim: Claim) {
    this.claim = claim;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All events heard of, the last state of each. */
  get events(): JobEvent[] {
    const heard = new Map<number, JobEvent>();
    for (const report of this.reports) for (const event of report.events ?? []) heard.set(event.id, event as JobEvent);
    return [...heard.values()];
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      void this.answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
        response.end(JSON.stringify(body));
        for (const watcher of this.watchers) watcher();
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = null;
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  }

  /** Wait until `condition` holds; it is looked at after each call. */
  async until(what: string, condition: () => boolean, timeout_ms = 20_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.watchers.delete(look);
        reject(new Error(`not reached in ${timeout_ms} ms: ${what}`));
      }, timeout_ms);
      const look = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (request.headers.authorization !== `Bearer ${this.token}`) return refusal('denied', 'CS_TOKEN', 'Wrong token.');
    switch (request.url ?? '') {
      case '/api/runs.claim':
        api['runs.claim'].input.parse(body);
        if (this.claims++ > 0) return refusal('conflict', 'CS_CLAIMED', 'This launch has been claimed already.');
        return { status: 200, body: this.claim };
      case '/api/runs.report':
        if (this.refuse) return { status: HTTP_STATUS[this.refuse.kind], body: this.refuse };
        this.reports.push(api['runs.report'].input.parse(body));
        return { status: 200, body: { action: this.kill ? 'kill' : 'continue' } };
      case '/api/runs.finish':
        if (this.refuse) return { status: HTTP_STATUS[this.refuse.kind], body: this.refuse };
        this.outcomes.push(api['runs.finish'].input.parse(body) as Outcome);
        return { status: 200, body: {} };
      default:
        return refusal('notFound', 'CS_ENDPOINT', `There is no ${request.url}.`);
    }
  }
}

function refusal(kind: ErrorBody['kind'], code: string, message: string): { status: number; body: ErrorBody } {
  return { status: HTTP_STATUS[kind], body: { kind, code, message } };
}
