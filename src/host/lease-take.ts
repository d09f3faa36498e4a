import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { ageOf, EXPIRY_MS, type Found, type LeaseHolder, linked } from './lease-file.ts';

/** A place where at most one holder may stand. */
export interface LeaseSpot<H extends LeaseHolder> {
  readonly dir: string;
  /** name of the lease in `dir` */
  readonly name: string;
  /** begin of the names of take-over markers in `dir` */
  readonly stem: string;
  /** a lease or marker as it stands */
  look(path: string): Found<H> | 'gone' | 'damaged';
  isOver(found: Found<H>): boolean;
  /** make our lease under a temporary name, to be renamed over one that is over. @returns its path */
  next(): string;
}

/** Why a lease is not ours: its holder, a file that cannot be read yet, or others who are taking it just now. */
export type Refused<H extends LeaseHolder> = Found<H> | 'damaged' | 'contested' | 'changing';

/**
 * Take a lease that is free, or take it over from a holder that does not count any more.
 *
 * The take-over is exclusive: whoever links `<stem>.<old token>.taken.<n>` first may replace the lease. A taker that
 * dies in between leaves a marker that is judged like a lease, after which the next n is free.
 *
 * @param own a complete lease file of ours, on the same file system
 * @returns null when it is ours now
 */
export function takeLease<H extends LeaseHolder>(spot: LeaseSpot<H>, own: string): Refused<H> | null {
  const { dir } = spot;
  const path = join(dir, spot.name);
  for (let round = 0; round < 20; round++) {
    if (linked(own, path)) return null;
    const found = spot.look(path);
    if (found === 'gone') continue;
    if (found === 'damaged') {
      // cannot come from us (the file is complete before it has its name): let it age, then put ours in its place
      if ((ageOf(dir, path) ?? 0) <= EXPIRY_MS) return found;
    } else if (!spot.isOver(found)) {
      return found;
    }
    const old = found === 'damaged' ? 'damaged' : found.holder.token;
    if (!winTakeOver(spot, own, old)) return 'contested';
    const again = spot.look(path);
    if (again !== 'gone' && (again === 'damaged' ? 'damaged' : again.holder.token) !== old) continue;
    renameSync(spot.next(), path);
    return null;
  }
  return 'changing';
}

/** Link the first free take-over marker of a lease; false when a live taker holds the last one. */
function winTakeOver<H extends LeaseHolder>(spot: LeaseSpot<H>, own: string, old: string): boolean {
  for (let n = 1; ; n++) {
    const marker = join(spot.dir, `${spot.stem}.${old}.taken.${n}`);
    if (linked(own, marker)) return true;
    const taker = spot.look(marker);
    if (taker !== 'gone' && taker !== 'damaged' && !spot.isOver(taker)) return false;
  }
}
