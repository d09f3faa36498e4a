/** One shortcut, as the help page lists it. */
export interface Shortcut {
  keys: string;
  does: string;
  where: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'Ctrl K  or  ⌘ K', does: 'Go to a job, workspace or project, or run a command', where: 'Everywhere' },
  { keys: '?', does: 'This list', where: 'Everywhere' },
  { keys: 'G D', does: 'Go to the dashboard', where: 'Everywhere' },
  { keys: 'G P', does: 'Go to the projects', where: 'Everywhere' },
  { keys: '/', does: 'Search jobs', where: 'Workspace' },
  { keys: '← ↑ → ↓', does: 'Move the selection', where: 'Workspace' },
  { keys: 'Ctrl click', does: 'Mark several jobs, for an action on all of them', where: 'Workspace' },
  { keys: 'Shift click', does: 'Mark all from the last one to here', where: 'Workspace' },
  { keys: 'Shift ← ↑ → ↓', does: 'Mark one more', where: 'Workspace' },
  { keys: 'Ctrl A', does: 'Mark all jobs that are shown', where: 'Workspace' },
  { keys: 'Enter', does: 'Open the selected job', where: 'Workspace' },
  { keys: 'Esc', does: 'Unmark all, or close the side panel', where: 'Workspace' },
  { keys: 'N', does: 'New job', where: 'Workspace' },
  { keys: '1  2  3', does: 'Cards, table, tree', where: 'Workspace' },
  { keys: 'Ctrl Enter', does: 'Queue the job that is being built', where: 'Builder' },
  { keys: 'Enter on an input', does: 'List the outputs that fit', where: 'Builder' },
  { keys: 'Double click', does: 'Show the whole range again', where: 'Figures' },
];

/** True while the user types into something, so that letters are text and not commands. */
export function isTyping(event: KeyboardEvent): boolean {
  const at = event.target;
  if (!(at instanceof HTMLElement)) return false;
  return at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) || at.closest('[role="dialog"]') !== null;
}
