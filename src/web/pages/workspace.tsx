import { Button, Menu, SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef } from 'react';
import type { JSX } from 'react';
import type { Job, JobStatus } from '../../schema/model.ts';
import { reads } from '../api/queries.ts';
import { TypeList } from '../builder/type-list.tsx';
import { plural } from '../format/number.ts';
import { filterJobs, tally } from '../jobs/filter.ts';
import { JobCards } from '../jobs/job-cards.tsx';
import { JobPanel } from '../jobs/job-panel.tsx';
import { JobTable } from '../jobs/job-table.tsx';
import { JobTree, nodeAt, useLineage } from '../jobs/job-tree.tsx';
import { isDirection, neighbour } from '../jobs/move.ts';
import type { Box } from '../jobs/move.ts';
import { STATUS } from '../jobs/status.ts';
import { Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { isTyping } from '../shell/keys.ts';
import type { JobView, WorkspaceSearch } from '../shell/search.ts';

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
    (patch: { [K in keyof WorkspaceSearch]?: WorkspaceSearch[K] | undefined }, replace = true) =>
      void navigate({
        to: '/projects/$projectUid/workspaces/$workspaceUid',
        params: { projectUid, workspaceUid },
        search: (before) => dropUnset({ ...before, ...patch }),
        replace,
      }),
    [navigate, projectUid, workspaceUid],
  );
  const select = useCallback((uid: string) => change({ job: uid, make: undefined }), [change]);
  const open = useCallback(
    (uid: string) => void navigate({ to: '/projects/$projectUid/jobs/$jobUid', params: { projectUid, jobUid: uid } }),
    [navigate, projectUid],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const views: Record<string, JobView> = { 1: 'cards', 2: 'table', 3: 'tree' };
      const next = views[event.key];
      if (next) change({ view: next });
      else if (event.key === 'n' && workspaceUid !== 'all') change({ make: true, job: undefined });
      else if (event.key === 'Escape') change({ job: undefined, make: undefined });
      else if (event.key === '/') searchField.current?.focus();
      else if (event.key === 'Enter' && search.job && !(event.target as HTMLElement).closest('button, a'))
        open(search.job);
      else if (isDirection(event.key)) {
        const uid = neighbour(boxesOf(view, list.current, lineage), search.job, event.key);
        if (uid !== undefined) {
          select(uid);
          list.current?.querySelector(`[data-job="${uid}"]`)?.scrollIntoView({ block: 'nearest' });
        }
      } else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });

  const views = { jobs: listed, typeTitles, selected: search.job, onSelect: select, onOpen: open };
  const filtered = (search.q ?? '') !== '' || search.status !== undefined || search.type !== undefined;
  return (
    <div className="workspace">
      <div className="workspace-bar">
        <TextInput
          ref={searchField}
          w={200}
          placeholder="Search jobs"
          aria-label="Search jobs"
          leftSection={<Icon name="search" size={13} />}
          rightSection={
            search.q ? (
              <IconButton icon="cross" label="Clear the search" onClick={() => change({ q: undefined })} />
            ) : (
              <kbd>/</kbd>
            )
          }
          value={search.q ?? ''}
          onChange={(e) => change({ q: e.currentTarget.value })}
          onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.blur()}
        />
        <StatusFilter
          jobs={here}
          chosen={search.status ?? []}
          onChange={(status) => change({ status: status.length > 0 ? status : undefined })}
        />
        <TypeFilter
          jobs={here}
          titles={typeTitles}
          chosen={search.type ?? []}
          onChange={(type) => change({ type: type.length > 0 ? type : undefined })}
        />
        <span className="grow" />
        <span className="faint nowrap">
          {filtered ? `${shown.length} of ${plural(here.length, 'job')}` : plural(here.length, 'job')}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={view}
          onChange={(v) => change({ view: v })}
          data={(['cards', 'table', 'tree'] as const).map((v) => ({ value: v, label: <ViewLabel view={v} /> }))}
        />
        {workspaceUid !== 'all' && (
          <Button
            variant="filled"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => change({ make: true, job: undefined })}
          >
            New job
          </Button>
        )}
      </div>
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

function dropUnset(search: { [K in keyof WorkspaceSearch]?: WorkspaceSearch[K] | undefined }): WorkspaceSearch {
  return Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined && v !== ''));
}

/** Where each job stands, for the arrow keys. */
function boxesOf(view: JobView, list: HTMLElement | null, lineage: ReturnType<typeof useLineage>): Box[] {
  if (view === 'tree') return [...lineage.nodes.values()].map((p) => ({ uid: p.uid, ...nodeAt(p) }));
  return [...(list?.querySelectorAll<HTMLElement>('[data-job]') ?? [])].map((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { uid: element.dataset['job'] ?? '', x, y, width, height };
  });
}

const VIEW_WORDS = { cards: 'Cards', table: 'Table', tree: 'Tree' } as const;

function ViewLabel({ view }: { view: JobView }): JSX.Element {
  return (
    <span className="row" style={{ gap: 5 }}>
      <Icon name={view} size={13} /> {VIEW_WORDS[view]}
    </span>
  );
}

function StatusFilter(props: {
  jobs: readonly Job[];
  chosen: readonly JobStatus[];
  onChange: (status: JobStatus[]) => void;
}): JSX.Element {
  const counts = tally(props.jobs, (j) => j.status) as [JobStatus, number][];
  return (
    <span className="row" style={{ gap: 4, flexWrap: 'wrap' }}>
      {counts.map(([status, n]) => (
        <button
          key={status}
          type="button"
          className="filter-chip"
          aria-pressed={props.chosen.includes(status)}
          style={{ '--tone': `var(--status-${STATUS[status].tone})` } as React.CSSProperties}
          onClick={() =>
            props.onChange(
              props.chosen.includes(status) ? props.chosen.filter((s) => s !== status) : [...props.chosen, status],
            )
          }
        >
          <Icon name={STATUS[status].icon} size={12} />
          {STATUS[status].word} {n}
        </button>
      ))}
    </span>
  );
}

function TypeFilter(props: {
  jobs: readonly Job[];
  titles: ReadonlyMap<string, string>;
  chosen: readonly string[];
  onChange: (type: string[]) => void;
}): JSX.Element | null {
  const counts = tally(props.jobs, (j) => j.type);
  if (counts.length < 2) return null;
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className="filter-chip"
          aria-pressed={props.chosen.length > 0}
          style={{ '--tone': 'var(--accent)' } as React.CSSProperties}
        >
          <Icon name="filter" size={12} /> {props.chosen.length > 0 ? plural(props.chosen.length, 'type') : 'Type'}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={380} style={{ overflowY: 'auto' }}>
        {counts.map(([type, n]) => (
          <Menu.Item
            key={type}
            leftSection={
              <span style={{ visibility: props.chosen.includes(type) ? 'visible' : 'hidden' }}>
                <Icon name="check" size={13} />
              </span>
            }
            rightSection={<span className="faint">{n}</span>}
            onClick={() =>
              props.onChange(
                props.chosen.includes(type) ? props.chosen.filter((t) => t !== type) : [...props.chosen, type],
              )
            }
          >
            {props.titles.get(type) ?? type}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
