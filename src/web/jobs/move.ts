export interface Box {
  uid: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

export const isDirection = (key: string): key is Direction => /^Arrow(Left|Right|Up|Down)$/.test(key);

/**
 * The job that an arrow key goes to: the nearest one whose centre lies in that direction, sideways distance counting
 * double; within a row left and right run on into the row before or after. The first box when nothing is selected.
 */
export function neighbour(boxes: readonly Box[], selected: string | undefined, key: Direction): string | undefined {
  const at = boxes.findIndex((b) => b.uid === selected);
  const from = boxes[at];
  if (!from) return boxes[0]?.uid;
  const horizontal = key === 'ArrowLeft' || key === 'ArrowRight';
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
  let best: string | undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (const box of boxes) {
    const dx = box.x + box.width / 2 - (from.x + from.width / 2);
    const dy = box.y + box.height / 2 - (from.y + from.height / 2);
    const [ahead, aside] = horizontal ? [dx * sign, Math.abs(dy)] : [dy * sign, Math.abs(dx)];
    const inLine = horizontal ? aside < from.height / 2 : true;
    if (ahead < 2 || !inLine) continue;
    const far = ahead + 2 * aside;
    if (far < shortest) {
      shortest = far;
      best = box.uid;
    }
  }
  return best ?? (horizontal ? boxes[at + sign]?.uid : undefined) ?? selected;
}
