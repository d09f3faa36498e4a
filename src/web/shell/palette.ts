import type { Job, Project, Workspace } from '../../schema/model.ts';

export interface PaletteEntry {
  id: string;
  group: 'Jobs' | 'Workspaces' | 'Projects' | 'Commands';
  /** in bold at the left: J12, P3 */
  uid: string;
  text: string;
  hint: string;
  to: string;
  job?: Job;
}

const MOST = 40;

/** How well an entry fits what was typed: higher is better, 0 not at all. */
export function scoreOf(entry: PaletteEntry, query: string): number {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return entry.group === 'Commands' ? 2 : 1;
  const uid = entry.uid.toLowerCase();
  const text = `${entry.uid} ${entry.text} ${entry.hint}`.toLowerCase();
  let score = 0;
  for (const word of words) {
    if (word === uid || (/^\d+$/.test(word) && uid.slice(1) === word)) score += 100;
    else if (uid.startsWith(word)) score += 20;
    else if (text.includes(` ${word}`) || text.startsWith(word)) score += 10;
    else if (text.includes(word)) score += 4;
    else return 0;
  }
  return score;
}

/** The best entries for what was typed, best first, at most forty. */
export function rank(entries: readonly PaletteEntry[], query: string): PaletteEntry[] {
  return entries
    .map((entry, order) => ({ entry, order, score: scoreOf(entry, query) }))
    .filter((e) => e.score > 0)
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .slice(0, MOST)
    .map((e) => e.entry);
}

/** Everything that can be gone to. @param jobs those of the project that is open */
export function entriesOf(
  projects: readonly Project[],
  workspaces: readonly Workspace[],
  jobs: readonly Job[],
  typeTitles: ReadonlyMap<string, string>,
): PaletteEntry[] {
  return [
    ...jobs.toReversed().map((job) => ({
      id: `${job.project_uid}-${job.uid}`,
      group: 'Jobs' as const,
      uid: job.uid,
      text: job.title || (typeTitles.get(job.type) ?? job.type),
      hint: `${typeTitles.get(job.type) ?? job.type} · ${job.status}`,
      to: `/projects/${job.project_uid}/jobs/${job.uid}`,
      job,
    })),
    ...workspaces.map((w) => ({
      id: `${w.project_uid}-${w.uid}`,
      group: 'Workspaces' as const,
      uid: w.uid,
      text: w.title,
      hint: w.project_uid,
      to: `/projects/${w.project_uid}/workspaces/${w.uid}`,
    })),
    ...projects.map((p) => ({
      id: p.uid,
      group: 'Projects' as const,
      uid: p.uid,
      text: p.title,
      hint: '',
      to: `/projects/${p.uid}`,
    })),
  ];
}
