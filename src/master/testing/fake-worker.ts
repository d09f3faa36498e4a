import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { VERSION } from '../../host/version.ts';

/**
 * What a stand-in for `cryosparcw run` does after its claim: `complete` at once; `hold` until told to stop; `deaf`
 * ignores that and SIGTERM; `vanish` leaves its outcome in the file and is gone; `crash` is just gone; `silent` claims and
 * reports nothing more. Before it: `refuse` ends with a message, `never` does not claim, `old` has another version.
 */
export type Behaviour = 'complete' | 'hold' | 'deaf' | 'vanish' | 'crash' | 'silent' | 'refuse' | 'never' | 'old';

const SCRIPT = `
const { readFileSync, writeFileSync, appendFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const args = process.argv.slice(2);
const option = (name) => args[args.indexOf(name) + 1];
const dir = option('--job_dir');
const launch = JSON.parse(readFileSync(dir + '/.launch.json', 'utf8'));
const call = async (name, body) => {
  const response = await fetch('http://127.0.0.1:' + option('--master_command_core_port') + '/api/' + name, {
    method: 'POST',
    headers: { authorization: 'Bearer ' + launch.token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
};
const OUTPUT = { name: 'particles', type: 'particle', title: 'P', passthrough: null, num_items: 3, image: null, summary: {},
  results: ['blob', 'ctf'].map((name) => ({ name, dtype: name, passthrough: false, versions: ['F'], metafiles: [launch.job_uid + '/p.cs'], num_items: [3] })) };
async function main() {
  if (BEHAVIOUR === 'refuse') { console.error('no such thing here'); process.exit(3); }
  if (BEHAVIOUR === 'never') { await sleep(60000); return; }
  const claim = await call('runs.claim', { version: BEHAVIOUR === 'old' ? 'v0.0.1' : VERSION, hostname: require('node:os').hostname(), pid: process.pid });
  writeFileSync(dir + '/claim.json', JSON.stringify(claim));
  if (BEHAVIOUR === 'silent') { await sleep(60000); return; }
  const event = { id: 1, created_at: new Date().toISOString(), cpumem_mb: 1, avail_mb: 1, flags: [], type: 'text', text: 'hello' };
  appendFileSync(dir + '/events.jsonl', JSON.stringify(event) + '\\n');
  const done = { status: 'completed', outputs: [OUTPUT] };
  if (BEHAVIOUR === 'deaf') process.on('SIGTERM', () => {});
  for (let i = 0; ; i++) {
    const answer = await call('runs.report', { progress: { fraction: 0.5, text: 'half' }, events: i === 0 ? [event] : [] }).catch(() => ({}));
    if (BEHAVIOUR === 'complete') break;
    if (BEHAVIOUR === 'crash') process.exit(1);
    if (BEHAVIOUR === 'vanish') { writeFileSync(dir + '/.finish.json', JSON.stringify(done)); process.exit(0); }
    if (answer.action === 'kill' && BEHAVIOUR === 'hold') { await call('runs.finish', { status: 'killed' }); return; }
    await sleep(50);
  }
  await call('runs.finish', done);
}
main().catch((error) => { console.error(error.message); process.exit(1); });
`;

/** Write a worker installation whose `bin/cryosparcw` behaves as said. @returns path of the program */
export function fakeWorker(dir: string, behaviour: Behaviour): string {
  const bin = join(dir, behaviour, 'bin');
  mkdirSync(bin, { recursive: true });
  const path = join(bin, 'cryosparcw');
  const head = `#!${process.execPath}\nconst BEHAVIOUR = ${JSON.stringify(behaviour)}; const VERSION = ${JSON.stringify(VERSION)};\n`;
  writeFileSync(path, head + SCRIPT, { mode: 0o755 });
  return path;
}

/** A base port such that base + 2 is free just now. */
export async function freeBasePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port - 2;
}
