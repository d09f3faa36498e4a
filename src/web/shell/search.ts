import type { JobStatus } from '../../schema/model.ts';
import { ALL_STATUSES } from '../jobs/status.ts';

/** What the address holds of each page: views, filters and selection survive reload, back and sharing a link. */
export type JobView = 'cards' | 'table' | 'tree';

export interface WorkspaceSearch {
  view?: JobView;
  q?: string;
  status?: JobStatus[];
  type?: string[];
  /** selected job, shown in the side panel */
  job?: string;
  /** the side panel shows the list of job types */
  make?: boolean;
}

const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);
const texts = (v: unknown): string[] =>
  (Array.isArray(v) ? v : [v]).filter((x): x is string => typeof x === 'string' && x !== '');

/** Only what is known and set; anything else in the address is dropped. */
function tidy<T extends object>(found: { [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(found).filter(([, v]) => v !== undefined)) as T;
}

export function workspaceSearch(raw: Record<string, unknown>): WorkspaceSearch {
  const status = texts(raw['status']).filter((s): s is JobStatus => (ALL_STATUSES as string[]).includes(s));
  const type = texts(raw['type']);
  const view = text(raw['view']);
  return tidy<WorkspaceSearch>({
    view: view === 'table' || view === 'tree' || view === 'cards' ? view : undefined,
    // the router reads `q=12` as a number
    q: typeof raw['q'] === 'number' ? String(raw['q']) : text(raw['q']),
    status: status.length > 0 ? status : undefined,
    type: type.length > 0 ? type : undefined,
    job: text(raw['job']),
    make: raw['make'] === true ? true : undefined,
  });
}

export type JobTab = 'dashboard' | 'log' | 'inputs' | 'volume' | 'metadata';
const JOB_TABS: readonly string[] = ['dashboard', 'log', 'inputs', 'volume', 'metadata'];

export interface JobSearch {
  tab?: JobTab;
  /** map shown by the viewer, as `output.slot` */
  map?: string;
}

export function jobSearch(raw: Record<string, unknown>): JobSearch {
  const tab = text(raw['tab']);
  return tidy<JobSearch>({
    tab: tab !== undefined && JOB_TABS.includes(tab) ? (tab as JobTab) : undefined,
    map: text(raw['map']),
  });
}

/** Where to go after signing in; only addresses of this application. */
export function loginSearch(raw: Record<string, unknown>): { to?: string } {
  const to = text(raw['to']);
  return to?.startsWith('/') && !to.startsWith('//') ? { to } : {};
}

export function accountSearch(raw: Record<string, unknown>): { tab?: 'tokens' } {
  return raw['tab'] === 'tokens' ? { tab: 'tokens' } : {};
}
