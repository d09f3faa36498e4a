import { hostname } from 'node:os';
import { asCsError, CsError } from '../base/errors.ts';
import { callApi, isTransportError } from '../host/http-client.ts';
import { VERSION } from '../host/version.ts';
import { api, type ApiInput } from '../schema/api.ts';
import type { Launch } from './launch-file.ts';
import type { Claim, Outcome } from './messages.ts';

/** What a call on a running job came to. `unreachable`: try again; `refused`: this launch is over for the master. */
export type Answer = { kind: 'ok'; kill: boolean } | { kind: 'unreachable' | 'refused' | 'rejected'; error: CsError };

/** The calls that a monitor makes, with the token of its launch. */
export class MasterLink {
  private readonly launch: Launch;
  private readonly headers: Record<string, string>;

  constructor(launch: Launch) {
    this.launch = launch;
    this.headers = { authorization: `Bearer ${launch.token}` };
  }

  /**
   * Take the job over. The master may be just restarting: it is tried for a minute.
   * @throws CsError the master's refusal (another version, a claimed or withdrawn launch), or why it was not reached
   */
  async claim(): Promise<Claim> {
    const input = { version: VERSION, hostname: hostname(), pid: process.pid };
    const answer = await callApi(this.launch.api_url, 'runs.claim', input, { headers: this.headers, retry_ms: 60_000 });
    const claim = api['runs.claim'].output.safeParse(answer);
    if (!claim.success) {
      const issue = claim.error.issues[0];
      const message = `The master's answer to runs.claim does not fit: ${issue?.path.join('.')}: ${issue?.message}.`;
      throw new CsError('bug', 'CS_CLAIM', message);
    }
    return claim.data;
  }

  /** Heartbeat with news. */
  async report(news: ApiInput<'runs.report'>): Promise<Answer> {
    try {
      const options = { headers: this.headers, timeout_ms: 20_000 };
      const { action } = await callApi(this.launch.api_url, 'runs.report', news, options);
      return { kind: 'ok', kill: action === 'kill' };
    } catch (error) {
      return classify(asCsError(error));
    }
  }

  /** Tell the outcome. */
  async finish(outcome: Outcome, signal: AbortSignal): Promise<Answer> {
    try {
      await callApi(this.launch.api_url, 'runs.finish', outcome, { headers: this.headers, signal });
      return { kind: 'ok', kill: false };
    } catch (error) {
      return classify(asCsError(error));
    }
  }
}

/** A master in trouble of its own (full disk, restart) is tried again; one that knows the launch no more is not. */
function classify(error: CsError): Answer {
  if (isTransportError(error)) return { kind: 'unreachable', error };
  if (error.kind === 'denied' || error.kind === 'conflict' || error.kind === 'notFound')
    return { kind: 'refused', error };
  return { kind: error.kind === 'input' ? 'rejected' : 'unreachable', error };
}
