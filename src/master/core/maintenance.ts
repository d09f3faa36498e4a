import type { Database } from '../db/database.ts';
import type { Bus } from './bus.ts';

const KEY = 'maintenance_since';

/** Maintenance mode: running jobs go on, nothing new starts. It is kept through restarts. */
export class Maintenance {
  private readonly db: Database;
  private readonly bus: Bus;

  constructor(db: Database, bus: Bus) {
    this.db = db;
    this.bus = bus;
  }

  get since(): string | null {
    return this.db.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', KEY)?.value ?? null;
  }

  get on(): boolean {
    return this.since !== null;
  }

  set(on: boolean): void {
    if (on) {
      this.db.run('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)', KEY, new Date().toISOString());
    } else {
      this.db.run('DELETE FROM meta WHERE key = ?', KEY);
    }
    this.bus.scheduling.send();
  }
}
