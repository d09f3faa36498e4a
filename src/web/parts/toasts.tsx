import { useSyncExternalStore } from 'react';
import type { JSX } from 'react';
import { asCsError } from '../../base/errors.ts';
import { Icon } from './icons.tsx';

interface Toast {
  id: number;
  kind: 'done' | 'error';
  text: string;
  code: string;
}

const SHOWN_MS = { done: 4000, error: 12_000 };
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(list: readonly Toast[]): void {
  toasts = list;
  for (const listener of listeners) listener();
}

function add(kind: Toast['kind'], text: string, code: string): void {
  const id = nextId++;
  set([...toasts.filter((t) => t.text !== text), { id, kind, text, code }].slice(-4));
  setTimeout(() => set(toasts.filter((t) => t.id !== id)), SHOWN_MS[kind]);
}

/** Tells the user that something was done. */
export function tellDone(text: string): void {
  add('done', text, '');
}

/** Tells the user what went wrong, in the words of the error. */
export function tellError(error: unknown): void {
  const e = asCsError(error);
  add('error', e.message, e.code);
}

export function Toasts(): JSX.Element {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((t) => (
        <div key={t.id} className={`toast ${t.kind}`}>
          <span className="grow">
            {t.text} {t.code !== '' && <span className="faint mono nowrap">{t.code}</span>}
          </span>
          <button
            type="button"
            className="icon-button"
            aria-label="Dismiss"
            onClick={() => set(toasts.filter((o) => o.id !== t.id))}
          >
            <Icon name="cross" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
