import { Modal, TextInput, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { JSX, KeyboardEvent } from 'react';
import { reads, useMe } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';
import { StatusBadge } from '../parts/status-badge.tsx';
import { entriesOf, rank } from './palette.ts';
import type { PaletteEntry } from './palette.ts';

interface PaletteProps {
  opened: boolean;
  onClose: () => void;
  onHelp: () => void;
}

/** Ctrl-K: type, arrows, Enter. */
export function Palette(props: PaletteProps): JSX.Element {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      withCloseButton={false}
      size="lg"
      yOffset="9vh"
      aria-label="Search and commands"
    >
      {props.opened && <PaletteBody {...props} />}
    </Modal>
  );
}

function PaletteBody({ onClose, onHelp }: PaletteProps): JSX.Element {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const { all, run } = useEntries(onHelp);
  const found = useMemo(() => rank(all, query), [all, query]);
  const index = Math.min(at, Math.max(0, found.length - 1));
  const choose = (entry: PaletteEntry | undefined): void => {
    if (!entry) return;
    onClose();
    const command = run.get(entry.id);
    if (command) command();
    else void navigate({ to: entry.to });
  };
  const onKey = (event: KeyboardEvent): void => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      setAt((index + move + found.length) % Math.max(1, found.length));
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[index]);
    }
  };
  return (
    <div onKeyDown={onKey}>
      <TextInput
        size="md"
        variant="unstyled"
        placeholder="Job, workspace, project or command"
        aria-label="Job, workspace, project or command"
        leftSection={<Icon name="search" />}
        value={query}
        data-autofocus
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      <div className="palette-list" role="listbox">
        {found.map((entry, i) => (
          <button
            key={entry.id}
            type="button"
            role="option"
            aria-selected={i === index}
            ref={i === index ? (element) => element?.scrollIntoView({ block: 'nearest' }) : null}
            onMouseMove={() => setAt(i)}
            onClick={() => choose(entry)}
          >
            <span className="uid" style={{ minWidth: 34 }}>
              {entry.uid || <Icon name="arrow" size={14} />}
            </span>
            <span className="grow ellipsis">{entry.text}</span>
            {entry.job ? (
              <StatusBadge status={entry.job.status} />
            ) : (
              <span className="faint">{entry.hint || entry.group}</span>
            )}
          </button>
        ))}
        {found.length === 0 && <div className="empty">Nothing fits “{query}”.</div>}
      </div>
    </div>
  );
}

/** What the palette offers here, and what its commands do. Jobs are those of the open project. */
function useEntries(onHelp: () => void): { all: PaletteEntry[]; run: Map<string, () => void> } {
  const { projectUid, workspaceUid } = useParams({ strict: false });
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const me = useMe();
  const inProject = { enabled: projectUid !== undefined };
  const projects = useQuery(reads.projects()).data;
  const workspaces = useQuery({ ...reads.workspaces(projectUid ?? ''), ...inProject }).data;
  const jobs = useQuery({ ...reads.jobs(projectUid ?? ''), ...inProject }).data;
  const types = useQuery(reads.jobTypes()).data;
  return useMemo(() => {
    const run = new Map<string, () => void>();
    const command = (id: string, text: string, act: () => void): PaletteEntry => {
      run.set(id, act);
      return { id, group: 'Commands', uid: '', text, hint: '', to: '' };
    };
    const commands = [
      ...(projectUid !== undefined && workspaceUid !== undefined && workspaceUid !== 'all'
        ? [
            command(
              'new-job',
              'New job in this workspace',
              () =>
                void navigate({
                  to: '/projects/$projectUid/workspaces/$workspaceUid',
                  params: { projectUid, workspaceUid },
                  search: (before) => ({ ...before, make: true }),
                }),
            ),
          ]
        : []),
      command('dashboard', 'Dashboard', () => void navigate({ to: '/' })),
      command('projects', 'Projects', () => void navigate({ to: '/projects' })),
      command('instance', 'Instance: lanes and workers', () => void navigate({ to: '/instance' })),
      ...(me.role === 'admin' ? [command('users', 'Users', () => void navigate({ to: '/users' }))] : []),
      command('account', 'Account and password', () => void navigate({ to: '/account' })),
      command('light', 'Light colours', () => setColorScheme('light')),
      command('dark', 'Dark colours', () => setColorScheme('dark')),
      command('keys', 'Keyboard shortcuts', onHelp),
    ];
    const titles = new Map((types ?? []).map((t) => [t.type, t.title]));
    return { all: [...commands, ...entriesOf(projects ?? [], workspaces ?? [], jobs ?? [], titles)], run };
  }, [projects, workspaces, jobs, types, projectUid, workspaceUid, me.role, navigate, setColorScheme, onHelp]);
}
