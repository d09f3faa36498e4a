import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { reads } from '../api/queries.ts';
import { TypeList } from '../builder/type-list.tsx';
import { BulkBar } from '../jobs/bulk-bar.tsx';
import { filterJobs } from '../jobs/filter.ts';
import { JobCards } from '../jobs/job-cards.tsx';
import { JobPanel } from '../jobs/job-panel.tsx';
import { JobTable } from '../jobs/job-table.tsx';
import { JobTree, nodeAt } from '../jobs/job-tree.tsx';
import type { Lineage } from '../jobs/lineage.ts';
import { NO_MARKS, pick } from '../jobs/marks.ts';
import type { Marks, Picking } from '../jobs/marks.ts';
import { neighbour } from '../jobs/move.ts';
import type { Box } from '../jobs/move.ts';
import { useLineage } from '../jobs/use-lineage.ts';
import { Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import type { JobView, WorkspaceSearch } from '../shell/search.ts';
import { WorkspaceBar } from './workspace-bar.tsx';
import type { SearchChange } from './workspace-bar.tsx';
import { useWorkspaceKeys } from './workspace-keys.ts';

const route = getRouteApi('/app/projects/$projectUid/workspaces/$workspaceUid');
const NO_JOBS: readonly Job[] = [];

/** The jobs of a workspace in three views over one filtered set, and the builder beside them. */
export function WorkspacePage(): JSX.Element {
  const { projectUid, workspaceUid } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const jobs = useQuery(reads.jobs(projectUid));
  const types = useQuery(reads.jobTypes());
  const view = search.view ?? 'cards';
  const typeTitles = useMemo(() => new Map((types.data ?? []).map((t) => [t.type, t.title])), [types.data]);
  const all = jobs.data ?? NO_JOBS;
  const here = useMemo(
    () => (workspaceUid === 'all' ? all : all.filter((j) => j.workspace_uids.includes(workspaceUid))),
    [all, workspaceUid],
  );
  const shown = useMemo(
    () => filterJobs(here, { q: search.q ?? '', status: search.status ?? [], type: search.type ?? [] }, typeTitles),
    [here, search.q, search.status, search.type, typeTitles],
  );
  // typing goes first: a thousand cards may follow a moment later
  const listed = useDeferredValue(shown);
  const lineage = useLineage(listed, view === 'tree');
  const selected = all.find((j) => j.uid === search.job);
  const list = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);

  const change = useCallback(
    (patch: SearchChange) =>
      void navigate({
        to: '/projects/$projectUid/workspaces/$workspaceUid',
        params: { projectUid, workspaceUid },
        search: (before) => dropUnset({ ...before, ...patch }),
        replace: true,
      }),
    [navigate, projectUid, workspaceUid],
  );
  const select = useCallback((uid: string) => change({ job: uid, make: undefined }), [change]);
  const [marks, setMarks] = useState<Marks>(NO_MARKS);
  const marked = all.filter((j) => marks.uids.has(j.uid));
  // the cards keep this function over all renders, so it reads what it needs when it is called
  const now = useRef({ order: [] as string[], selected: search.job });
  useLayoutEffect(() => {
    now.current = { order: listed.map((j) => j.uid), selected: search.job };
  }, [listed, search.job]);
  const pickJob = useCallback(
    (uid: string, how: Picking) => {
      setMarks((before) => pick(before, uid, how, now.current.order, now.current.selected));
      if (how === 'one') select(uid);
    },
    [select],
  );
  const open = useCallback(
    (uid: string) => void navigate({ to: '/projects/$projectUid/jobs/$jobUid', params: { projectUid, jobUid: uid } }),
    [navigate, projectUid],
  );

  useWorkspaceKeys({
    view: (next) => change({ view: next }),
    make: () => workspaceUid !== 'all' && change({ make: true, job: undefined }),
    markAll: () => setMarks({ uids: new Set(listed.map((j) => j.uid)), anchor: search.job }),
    escape: () => (marks.uids.size > 0 ? setMarks(NO_MARKS) : change({ job: undefined, make: undefined })),
    find: () => searchField.current?.focus(),
    open: () => search.job !== undefined && open(search.job),
    move: (direction, adding) => {
      const uid = neighbour(boxesOf(view, list.current, lineage), search.job, direction);
      if (uid === undefined) return;
      const before = [...marks.uids, search.job].filter((u) => u !== undefined);
      setMarks(adding ? { uids: new Set([...before, uid]), anchor: uid } : NO_MARKS);
      change({ job: uid, make: undefined });
      list.current?.querySelector(`[data-job="${uid}"]`)?.scrollIntoView({ block: 'nearest' });
    },
  });

  const views = { jobs: listed, typeTitles, selected: search.job, marked: marks.uids, onSelect: pickJob, onOpen: open };
  return (
    <div className="workspace">
      <WorkspaceBar
        search={search}
        here={here}
        shown={shown.length}
        typeTitles={typeTitles}
        canMake={workspaceUid !== 'all'}
        searchField={searchField}
        onChange={change}
      />
      <div className="workspace-list" ref={list}>
        {jobs.error && <Problem error={jobs.error} onRetry={() => void jobs.refetch()} />}
        {jobs.isPending && (
          <div style={{ padding: 16 }}>
            <Lines count={6} height={72} />
          </div>
        )}
        {jobs.data && here.length === 0 && (
          <Empty icon="cards" title="No job yet">
            <span>Jobs of this workspace show here. Start with an import, or with the simulator.</span>
            {workspaceUid !== 'all' && <Button onClick={() => change({ make: true })}>Choose a job type</Button>}
          </Empty>
        )}
        {here.length > 0 && shown.length === 0 && (
          <Empty icon="filter" title="No job fits the filter">
            <Button onClick={() => change({ q: undefined, status: undefined, type: undefined })}>Show all</Button>
          </Empty>
        )}
        {shown.length > 0 && view === 'cards' && <JobCards {...views} />}
        {shown.length > 0 && view === 'table' && <JobTable {...views} />}
        {shown.length > 0 && view === 'tree' && <JobTree {...views} lineage={lineage} />}
      </div>
      {marked.length > 1 && <BulkBar jobs={marked} onClear={() => setMarks(NO_MARKS)} />}
      {search.make && workspaceUid !== 'all' ? (
        <aside className="side" aria-label="New job">
          <header className="row">
            <h2 className="grow">New job</h2>
            <IconButton icon="cross" label="Close (Esc)" onClick={() => change({ make: undefined })} />
          </header>
          <div className="scroll">
            <TypeList project_uid={projectUid} workspace_uid={workspaceUid} onMade={select} />
          </div>
        </aside>
      ) : (
        selected && (
          <JobPanel
            key={selected.uid}
            job={selected}
            jobs={all}
            typeTitle={typeTitles.get(selected.type) ?? selected.type}
            onSelect={select}
            onClose={() => change({ job: undefined })}
          />
        )
      )}
    </div>
  );
}

function dropUnset(search: SearchChange): WorkspaceSearch {
  return Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined && v !== ''));
}

/** Where each job stands, for the arrow keys. */
function boxesOf(view: JobView, list: HTMLElement | null, lineage: Lineage): Box[] {
  if (view === 'tree') return [...lineage.nodes.values()].map((p) => ({ uid: p.uid, ...nodeAt(p) }));
  return [...(list?.querySelectorAll<HTMLElement>('[data-job]') ?? [])].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { uid: element.dataset['job'] ?? '', x, y, width, height };
  });
}
