import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CsError } from '../base/errors.ts';
import { errnoOf, fileError } from '../host/fs-errors.ts';
import {
  ageOf,
  describeSelf,
  EXPIRY_MS,
  type Found,
  isOver,
  leaseHolder,
  readLease,
  writeDurable,
} from '../host/lease-file.ts';
import { type LeaseSpot, takeLease } from '../host/lease-take.ts';

export const LEASE_FILE = 'lease.json';
const RENEW_MS = 5000;
/** A holder that could not renew for so long stops, well before another may take over. */
const GIVE_UP_MS = 20_000;

const masterHolder = leaseHolder.extend({ port: z.int() });
type MasterHolder = z.output<typeof masterHolder>;

/**
 * The right to use a database directory, held by at most one process at a time, on whatever machine.
 *
 * It is a file, `lease.json`, made by link(2) of a complete file, which is atomic on NFS too. The holder renews it by
 * writing the same bytes into it through its open descriptor: were it replaced meanwhile, the write would go to the
 * old, unnamed file and harm nobody. Its age is judged by comparing its time of change with that of a file that the
 * judge has just written, so that one clock, the file server's, counts. A lease is taken over when it is older than
 * 30 s, or at once when its holder was a process of this machine that does not exist any more; see `takeLease`.
 */
export class Lease {
  private readonly dir: string;
  private readonly path: string;
  private readonly bytes: Buffer;
  private fd: number;
  private timer: NodeJS.Timeout | null = null;
  private renewed_ms = Date.now();

  private constructor(dir: string, fd: number, bytes: Buffer) {
    this.dir = dir;
    this.path = join(dir, LEASE_FILE);
    this.fd = fd;
    this.bytes = bytes;
  }

  /**
   * @param port shown to whoever finds the lease held
   * @throws CsError `CS_DB_LEASED` naming the holder, and when it could be taken over
   */
  static acquire(dir: string, port: number): Lease {
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileError(error, 'Database directory', dir);
    }
    const token = randomUUID();
    const own = join(dir, `lease.${token}.own`);
    const bytes = Buffer.from(`${JSON.stringify({ ...describeSelf(token), port }, null, 1)}\n`);
    try {
      writeDurable(own, bytes);
      takeOrThrow(dir, own, bytes);
      const fd = openSync(join(dir, LEASE_FILE), 'r+');
      const lease = new Lease(dir, fd, bytes);
      if (!lease.isOurs())
        throw new CsError('conflict', 'CS_DB_LEASED', `The lease of ${dir} was taken by another process just now.`);
      lease.sweep();
      return lease;
    } catch (error) {
      throw fileError(error, 'Database lease', join(dir, LEASE_FILE));
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Renew every 5 s. @param onLost called once when the lease is no longer ours; the holder stops at once then */
  keep(onLost: (why: string) => void): void {
    this.timer = setInterval(() => {
      const why = this.renew();
      if (why === null) return;
      this.stop();
      onLost(why);
    }, RENEW_MS);
  }

  /** False when it was not renewed for so long that another process may be about to take it. Costs nothing to ask. */
  get fresh(): boolean {
    return Date.now() - this.renewed_ms <= GIVE_UP_MS;
  }

  /** @returns why the lease is lost, or null */
  private renew(): string | null {
    if (!this.fresh) {
      return `it was not renewed for ${Math.round((Date.now() - this.renewed_ms) / 1000)} s (the process or its file system stood still)`;
    }
    try {
      if (!this.isOurs()) return 'another process has taken it over';
      writeSync(this.fd, this.bytes, 0, this.bytes.length, 0);
      fsyncSync(this.fd);
      this.renewed_ms = Date.now();
    } catch (error) {
      // a full disk or a short outage of the file server: tried again until the time is up
      if (!this.fresh) return `it cannot be renewed: ${(error as Error).message}`;
    }
    return null;
  }

  /** Give the lease back. */
  release(): void {
    this.stop();
    if (this.isOurs()) rmSync(this.path, { force: true });
    closeSync(this.fd);
  }

  private stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  /** Whether the name still belongs to the file that we hold open. Opening it makes NFS ask the server. */
  private isOurs(): boolean {
    try {
      const fd = openSync(this.path, 'r');
      try {
        return fstatSync(fd).ino === fstatSync(this.fd).ino && readFileSync(fd).equals(this.bytes);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Remove what earlier starters left: markers of take-overs, and own files of those that died. */
  private sweep(): void {
    for (const name of readdirSync(this.dir)) {
      if (!/^lease\.[\w-]+\.(own|probe|next|taken\.\d+)$/.test(name)) continue;
      const path = join(this.dir, name);
      const old = ageOf(this.dir, path);
      if (old !== null && old > EXPIRY_MS) rmSync(path, { force: true });
    }
  }
}

function takeOrThrow(dir: string, own: string, bytes: Buffer): void {
  const path = join(dir, LEASE_FILE);
  const spot: LeaseSpot<MasterHolder> = {
    dir,
    name: LEASE_FILE,
    stem: 'lease',
    look: (file) => readLease(dir, file, masterHolder),
    isOver,
    // a file of its own: our markers must age although the lease is renewed
    next: () => {
      const next = own.replace(/\.own$/, '.next');
      writeDurable(next, bytes);
      return next;
    },
  };
  const refused = takeLease(spot, own);
  if (refused === null) return;
  if (typeof refused === 'object') throw leased(dir, refused);
  const words = {
    damaged: `The lease ${path} cannot be read. It is taken over 30 s after its last change; try again then.`,
    contested: `The expired lease ${path} is being taken over by another process just now.`,
    changing: `The lease ${path} changes all the time; several masters are starting on ${dir}.`,
  };
  throw new CsError('conflict', 'CS_DB_LEASED', words[refused]);
}

function leased(dir: string, { holder, age_ms }: Found<MasterHolder>): CsError {
  const left_s = Math.max(1, Math.ceil((EXPIRY_MS - age_ms) / 1000));
  return new CsError(
    'conflict',
    'CS_DB_LEASED',
    `The database directory ${dir} is in use by the instance on ${holder.hostname} (process ${holder.pid} of user ${holder.user}, port ${holder.port}, since ${holder.since}). Stop that instance first; if its machine is down, the directory is free in ${left_s} s.`,
    {
      dir,
      hostname: holder.hostname,
      pid: holder.pid,
      user: holder.user,
      port: holder.port,
      since: holder.since,
      expires_in_s: left_s,
    },
  );
}
