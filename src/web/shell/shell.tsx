import { Menu, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { JSX } from 'react';
import { call } from '../api/client.ts';
import { followServer } from '../api/live.ts';
import { reads, useMe } from '../api/queries.ts';
import type { StreamState } from '../api/stream.ts';
import { Icon } from '../parts/icons.tsx';
import type { IconName } from '../parts/icons.tsx';
import { IconButton } from '../parts/feedback.tsx';
import { tellError } from '../parts/toasts.tsx';
import { HelpDialog } from './help.tsx';
import { isTyping } from './keys.ts';
import { Palette } from './palette-view.tsx';

const LINK_WORDS: Record<StreamState, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Retrying',
  asleep: 'Asleep',
};

/** The frame of all pages: rail, bar with bread crumbs, palette, shortcuts, and the stream of changes. */
export function Shell(): JSX.Element {
  const client = useQueryClient();
  const [link, setLink] = useState<StreamState>('connecting');
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => followServer(client, setLink), [client]);
  useShortcuts(
    () => setPalette(true),
    () => setHelp(true),
  );
  const me = useMe();
  return (
    <div className="shell">
      <nav className="rail" aria-label="Main">
        <span className="brand">
          <img src="/favicon.svg" width={28} height={28} alt="open cryoSPARC" />
        </span>
        <RailItem to="/" icon="home" text="Dashboard" />
        <RailItem to="/projects" icon="folder" text="Projects" />
        {me.role === 'admin' && <RailItem to="/users" icon="users" text="Users" />}
        <RailItem to="/instance" icon="server" text="Instance" />
        <span className="space" />
        <IconButton icon="keyboard" label="Keyboard shortcuts (?)" onClick={() => setHelp(true)} />
        <div
          className={`link-state ${link}`}
          title="Changes made by others and by running jobs show up by themselves while this says Live."
        >
          <i />
          {LINK_WORDS[link]}
        </div>
      </nav>
      <header className="bar">
        <Crumbs />
        <button type="button" className="find" onClick={() => setPalette(true)} aria-label="Search and commands">
          <Icon name="search" size={14} />
          <span className="words">Go to …</span>
          <kbd>Ctrl K</kbd>
        </button>
        <SchemeMenu />
        <UserMenu email={me.email} />
      </header>
      <main className="view" id="view">
        <Outlet />
      </main>
      <Palette opened={palette} onClose={() => setPalette(false)} onHelp={() => setHelp(true)} />
      <HelpDialog opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function RailItem({
  to,
  icon,
  text,
}: {
  to: '/' | '/projects' | '/users' | '/instance';
  icon: IconName;
  text: string;
}): JSX.Element {
  return (
    <Link
      to={to}
      className="item"
      activeProps={{ className: 'active', 'aria-current': 'page' }}
      activeOptions={{ exact: to === '/' }}
    >
      <Icon name={icon} size={18} />
      {text}
    </Link>
  );
}

/** Ctrl-K, ? and the two-letter jumps. */
function useShortcuts(onPalette: () => void, onHelp: () => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let leader_ms = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '?') onHelp();
      const led = performance.now() - leader_ms < 1200;
      leader_ms = event.key === 'g' ? performance.now() : 0;
      if (led && event.key === 'd') void navigate({ to: '/' });
      if (led && event.key === 'p') void navigate({ to: '/projects' });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}

function Crumbs(): JSX.Element {
  const { projectUid, workspaceUid, jobUid } = useParams({ strict: false });
  const project = useQuery({ ...reads.project(projectUid ?? ''), enabled: projectUid !== undefined });
  const workspaces = useQuery({ ...reads.workspaces(projectUid ?? ''), enabled: projectUid !== undefined });
  const jobs = useQuery({
    ...reads.job(projectUid ?? '', jobUid ?? ''),
    enabled: projectUid !== undefined && jobUid !== undefined,
  });
  const inside = workspaceUid ?? jobs.data?.workspace_uids[0];
  const workspace = workspaces.data?.find((w) => w.uid === inside);
  useEffect(() => {
    const where = [jobUid, workspaceUid, projectUid].find((uid) => uid !== undefined);
    document.title =
      where === undefined
        ? 'open cryoSPARC'
        : `${projectUid === where ? where : `${projectUid} ${where}`} · open cryoSPARC`;
  }, [projectUid, workspaceUid, jobUid]);
  return (
    <nav className="crumbs" aria-label="Bread crumbs">
      {projectUid !== undefined && (
        <span>
          <Link to="/projects/$projectUid" params={{ projectUid }} title={project.data?.title ?? ''}>
            <span className="uid">{projectUid}</span> {project.data?.title}
          </Link>
        </span>
      )}
      {projectUid !== undefined && inside !== undefined && (
        <span>
          <Icon name="chevron" size={12} />
          <Link
            to="/projects/$projectUid/workspaces/$workspaceUid"
            params={{ projectUid, workspaceUid: inside }}
            title={workspace?.title ?? ''}
          >
            <span className="uid">{inside === 'all' ? 'All jobs' : inside}</span> {workspace?.title}
          </Link>
        </span>
      )}
      {jobUid !== undefined && (
        <span>
          <Icon name="chevron" size={12} />
          <b className="uid">{jobUid}</b>
        </span>
      )}
    </nav>
  );
}

function SchemeMenu(): JSX.Element {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const icon: IconName = colorScheme === 'auto' ? 'system' : colorScheme === 'dark' ? 'moon' : 'sun';
  return (
    <Menu>
      <Menu.Target>
        <button
          type="button"
          className="icon-button"
          aria-label="Colours: light, dark or as the system"
          title="Light or dark"
        >
          <Icon name={icon} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="sun" size={14} />} onClick={() => setColorScheme('light')}>
          Light
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="moon" size={14} />} onClick={() => setColorScheme('dark')}>
          Dark
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="system" size={14} />} onClick={() => setColorScheme('auto')}>
          As the system
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function UserMenu({ email }: { email: string }): JSX.Element {
  const navigate = useNavigate();
  const client = useQueryClient();
  const signOut = async (): Promise<void> => {
    try {
      await call('auth.logout', {});
      client.clear();
      await navigate({ to: '/login', search: {} });
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <Menu>
      <Menu.Target>
        <button type="button" className="find" aria-label={`Account ${email}`}>
          <Icon name="users" size={14} />
          <span className="ellipsis words" style={{ maxWidth: 160, color: 'var(--text-soft)' }}>
            {email}
          </span>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="lock" size={14} />} onClick={() => void navigate({ to: '/account' })}>
          Account and password
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="key" size={14} />}
          onClick={() => void navigate({ to: '/account', search: { tab: 'tokens' } })}
        >
          API tokens
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="exit" size={14} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
