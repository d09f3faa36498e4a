import { useEffect } from 'react';
import { isDirection } from '../jobs/move.ts';
import type { Direction } from '../jobs/move.ts';
import { isTyping } from '../shell/keys.ts';
import type { JobView } from '../shell/search.ts';

export interface WorkspaceCommands {
  view: (view: JobView) => void;
  make: () => void;
  markAll: () => void;
  escape: () => void;
  find: () => void;
  open: () => void;
  /** @param adding keeps what is marked and marks the job that is reached */
  move: (direction: Direction, adding: boolean) => void;
}

const VIEWS: Record<string, JobView> = { 1: 'cards', 2: 'table', 3: 'tree' };

/** The keys of a workspace, while nobody types and no dialog is open. */
export function useWorkspaceKeys(does: WorkspaceCommands): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.altKey || document.querySelector('[role="dialog"]') !== null) return;
      if (event.ctrlKey || event.metaKey) {
        if (event.key.toLowerCase() !== 'a') return;
        does.markAll();
      } else {
        const view = VIEWS[event.key];
        if (view) does.view(view);
        else if (event.key === 'n') does.make();
        else if (event.key === 'Escape') does.escape();
        else if (event.key === '/') does.find();
        else if (event.key === 'Enter' && !(event.target as HTMLElement).closest('button, a')) does.open();
        else if (isDirection(event.key)) does.move(event.key, event.shiftKey);
        else return;
      }
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
