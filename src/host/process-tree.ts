import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process that can be told from a later one with the same number: pids are reused, start times are not.
 * `start_ticks` is field 22 of /proc/<pid>/stat (clock ticks since boot).
 */
export interface ProcessId {
  readonly pid: number;
  readonly start_ticks: number;
}

interface ProcessInfo extends ProcessId {
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly zombie: boolean;
  readonly rss_pages: number;
}

/** What marks a tree: the process that it began with, and a word in the environment that all its members inherit. */
export interface TreeMark {
  readonly root: ProcessId;
  /** `NAME=value`, unique to this tree */
  readonly environment: string;
}

/** Identity of a live process, or null where there is none (or no /proc). A zombie counts as gone. */
export function processIdentity(pid: number): ProcessId | null {
  const info = readProcess(pid);
  return info && !info.zombie ? { pid: info.pid, start_ticks: info.start_ticks } : null;
}

/** Whether exactly this process still runs. */
export function isAlive(id: ProcessId): boolean {
  return processIdentity(id.pid)?.start_ticks === id.start_ticks;
}

/**
 * All live processes of a tree: the root, its session and group, its descendants, and those that left both (a daemon
 * that called setsid twice) but still carry the tree's mark in their environment. The caller is never among them.
 */
export function treeMembers(mark: TreeMark): ProcessId[] {
  const all = listProcesses();
  const root = all.find((p) => p.pid === mark.root.pid);
  const rootLives = root?.start_ticks === mark.root.start_ticks;
  const members = new Map<number, ProcessInfo>();
  for (const p of all) {
    // A session or group keeps the number of its first process for as long as one member lives; if that number is now
    // another process, no member is left.
    const ours = root === undefined || rootLives;
    const inSession = ours && (p.session === mark.root.pid || p.pgrp === mark.root.pid);
    const isRoot = p.pid === mark.root.pid;
    if (isRoot ? rootLives : inSession || carriesMark(p.pid, mark.environment)) members.set(p.pid, p);
  }
  let before = -1;
  while (before !== members.size) {
    before = members.size;
    for (const p of all) if (members.has(p.ppid)) members.set(p.pid, p);
  }
  members.delete(process.pid);
  return [...members.values()].filter((p) => !p.zombie).map(({ pid, start_ticks }) => ({ pid, start_ticks }));
}

/**
 * Resident memory of a process and its descendants, MB (1e6 bytes). Pages shared between them count more than once.
 */
export function treeMemory_mb(pid: number): number {
  const all = listProcesses();
  const members = new Set([pid]);
  let pages = 0;
  let before = -1;
  while (before !== members.size) {
    before = members.size;
    for (const p of all) if (members.has(p.ppid)) members.add(p.pid);
  }
  for (const p of all) if (members.has(p.pid)) pages += p.rss_pages;
  return (pages * PAGE_BYTES) / 1e6;
}

/**
 * End a whole tree: SIGTERM to all, a time of grace, then SIGKILL until none is left.
 *
 * @param grace_ms time between SIGTERM and SIGKILL; 0 kills at once
 * @param kill_ms how long to go on with SIGKILL (a process in an uninterruptible system call dies only after it)
 * @returns those that are still there, normally none
 */
export async function killTree(mark: TreeMark, grace_ms: number, kill_ms = 10_000): Promise<ProcessId[]> {
  let members = treeMembers(mark);
  if (grace_ms > 0 && members.length > 0) {
    for (const { pid } of members) signal(pid, 'SIGTERM');
    const end = Date.now() + grace_ms;
    // members found once stay in the list, so that one whose parent dies in between is not lost
    while (members.some(isAlive) && Date.now() < end) await sleep(50);
    members = union(members.filter(isAlive), treeMembers(mark));
  }
  const end = Date.now() + kill_ms;
  while (members.length > 0) {
    for (const { pid } of members) signal(pid, 'SIGKILL');
    if (Date.now() > end) break;
    await sleep(20);
    members = union(members.filter(isAlive), treeMembers(mark));
  }
  return members;
}

/** SIGKILL to every other member of the caller's own tree, then to the caller itself. It does not return. */
export function killOwnTree(mark: TreeMark): void {
  for (let round = 0; round < 5; round++) {
    const others = treeMembers(mark);
    if (others.length === 0) break;
    for (const { pid } of others) signal(pid, 'SIGKILL');
  }
  process.kill(process.pid, 'SIGKILL');
}

/** The kernel's page size from the auxiliary vector: pairs of 64-bit words, AT_PAGESZ is 6 (getauxval(3)). */
function pageBytes(): number {
  try {
    const auxv = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= auxv.length; at += 16) {
      if (auxv.readBigUInt64LE(at) === 6n) return Number(auxv.readBigUInt64LE(at + 8));
    }
  } catch {
    // no /proc: there are no processes to count either
  }
  return 4096;
}

const PAGE_BYTES = pageBytes();

function listProcesses(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc')) {
    const info = /^\d+$/.test(name) ? readProcess(Number(name)) : null;
    if (info) found.push(info);
  }
  return found;
}

function readProcess(pid: number): ProcessInfo | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // the name in parentheses may itself hold spaces and parentheses: the fields begin after the last ")"
  const f = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    zombie: f[0] === 'Z' || f[0] === 'X',
    ppid: Number(f[1]),
    pgrp: Number(f[2]),
    session: Number(f[3]),
    start_ticks: Number(f[19]),
    rss_pages: Number(f[21]),
  };
}

function carriesMark(pid: number, mark: string): boolean {
  const environment = readOrNull(`/proc/${pid}/environ`);
  return environment !== null && `\0${environment}\0`.includes(`\0${mark}\0`);
}

/** A file of /proc as text; null when the process has gone or belongs to another user. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // gone meanwhile, or changed to another user: either way there is nothing more to do here
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function union(a: ProcessId[], b: ProcessId[]): ProcessId[] {
  const known = new Set(a.map((p) => p.pid));
  return [...a, ...b.filter((p) => !known.has(p.pid))];
}
