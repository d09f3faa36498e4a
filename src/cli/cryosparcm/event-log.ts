import type { JobEvent } from '../../schema/events.ts';
import { type Command } from '../command.ts';
import { Instance } from '../instance.ts';

const PAGE = 5000;

export const eventLogCommand: Command = {
  name: 'eventlog',
  usage: '<PX> <JXX>',
  summary: 'Print the event log of a job as text, as its page shows it.',
  words: [2, 2],
  run: async ({ positionals: [project_uid = '', job_uid = ''] }) => {
    const instance = Instance.open(process.env);
    for (let after = 0; ; ) {
      const events = await instance.call('jobs.events', { project_uid, job_uid, after, limit: PAGE });
      process.stdout.write(events.map((event) => `${eventText(event)}\n`).join(''));
      const last = events.at(-1)?.id;
      if (last === undefined || events.length < PAGE) return 0;
      after = last;
    }
  },
};

/** One event on one line; a text of several lines goes on indented. */
export function eventText(event: JobEvent): string {
  const head = `[${event.created_at}] [CPU RAM ${(event.cpumem_mb / 1000).toFixed(2)} GB]`;
  return `${head} ${words(event).replaceAll('\n', '\n    ')}`;
}

function words(event: JobEvent): string {
  if (event.type === 'checkpoint') return '--- checkpoint ---';
  if (event.type === 'progress') return `${Math.round(100 * event.fraction)} % ${event.text}`;
  if (event.type === 'image') return `${event.text} (${event.images.map((image) => image.path).join(', ')})`;
  if (event.type === 'text') return event.text;
  return event.type === 'figure' ? `${event.text} (figure)` : `${event.type.toUpperCase()}: ${event.text}`;
}
