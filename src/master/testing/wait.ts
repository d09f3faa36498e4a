import { setTimeout as sleep } from 'node:timers/promises';

/** Ask until the answer is something; fails with what was waited for after 10 s. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | null | false | Promise<T | undefined | null | false>,
): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited 10 s in vain: ${what}`);
    await sleep(25);
  }
}
