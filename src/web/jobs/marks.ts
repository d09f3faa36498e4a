/** How a click picks: it alone, it in or out, or all from the last one to it. */
export type Picking = 'one' | 'toggle' | 'range';

export function pickingOf(event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }): Picking {
  if (event.shiftKey) return 'range';
  return event.ctrlKey || event.metaKey ? 'toggle' : 'one';
}

/** The jobs that are marked for an action together, and the one from which a range is drawn. */
export interface Marks {
  uids: ReadonlySet<string>;
  anchor: string | undefined;
}

export const NO_MARKS: Marks = { uids: new Set(), anchor: undefined };

/**
 * Marks after a click on `uid`.
 * @param order uids as they are listed, for ranges
 * @param selected the job of the side panel: the first click of several may have been an ordinary one
 */
export function pick(
  marks: Marks,
  uid: string,
  how: Picking,
  order: readonly string[],
  selected: string | undefined,
): Marks {
  if (how === 'one') return { uids: new Set(), anchor: uid };
  const anchor = marks.anchor ?? selected;
  const uids = new Set(marks.uids);
  if (uids.size === 0 && anchor !== undefined && order.includes(anchor)) uids.add(anchor);
  const [from, to] = [order.indexOf(anchor ?? ''), order.indexOf(uid)];
  if (how === 'range' && from >= 0 && to >= 0) {
    for (const inside of order.slice(Math.min(from, to), Math.max(from, to) + 1)) uids.add(inside);
    return { uids, anchor };
  }
  if (how === 'toggle' && uids.has(uid)) uids.delete(uid);
  else uids.add(uid);
  return { uids, anchor: uid };
}
