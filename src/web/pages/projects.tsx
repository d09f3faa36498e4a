import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import { reads, useCall, useMe } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { PathBrowser } from '../parts/path-browser.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';

export function ProjectsPage(): JSX.Element {
  const projects = useQuery(reads.projects());
  const users = useQuery(reads.users());
  const [query, setQuery] = useState('');
  const [creating, setCreating] = useState(false);
  const navigate = useNavigate();
  const ownerOf = (id: string): string => users.data?.find((u) => u.id === id)?.email ?? '';
  const wanted = query.trim().toLowerCase();
  const shown = (projects.data ?? []).filter((p) =>
    `${p.uid} ${p.title} ${p.description} ${p.project_dir} ${ownerOf(p.owner_user_id)}`.toLowerCase().includes(wanted),
  );
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="grow">Projects</h1>
        <TextInput
          placeholder="Search"
          aria-label="Search projects"
          leftSection={<Icon name="search" size={14} />}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
          w={220}
        />
        <Button variant="filled" leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
          New project
        </Button>
      </div>
      {projects.error && <Problem error={projects.error} onRetry={() => void projects.refetch()} />}
      <section className="card" style={{ overflowX: 'auto' }}>
        {projects.isPending && (
          <div className="body">
            <Lines count={6} height={26} />
          </div>
        )}
        {projects.data?.length === 0 && (
          <Empty icon="folder" title="No project yet">
            <span>A project is a directory on the shared file system with all jobs and their results.</span>
            <Button variant="filled" onClick={() => setCreating(true)}>
              Create the first project
            </Button>
          </Empty>
        )}
        {projects.data && projects.data.length > 0 && shown.length === 0 && (
          <Empty icon="search" title={`No project fits “${query}”`} />
        )}
        {shown.length > 0 && (
          <table className="list">
            <thead>
              <tr>
                <th>Project</th>
                <th>Title</th>
                <th>Owner</th>
                <th className="num">Workspaces</th>
                <th className="num">Jobs</th>
                <th>State</th>
                <th>Changed</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((p) => (
                <tr
                  key={p.uid}
                  className="link"
                  onClick={() => void navigate({ to: '/projects/$projectUid', params: { projectUid: p.uid } })}
                >
                  <td className="uid">{p.uid}</td>
                  <td style={{ maxWidth: 420 }}>
                    <Link
                      to="/projects/$projectUid"
                      params={{ projectUid: p.uid }}
                      onClick={(e) => e.stopPropagation()}
                      style={{ color: 'var(--text)', fontWeight: 500 }}
                    >
                      <div className="ellipsis" title={p.title}>
                        {p.title}
                      </div>
                    </Link>
                    <div className="faint ellipsis" title={p.project_dir}>
                      {p.description || p.project_dir}
                    </div>
                  </td>
                  <td className="soft">{ownerOf(p.owner_user_id)}</td>
                  <td className="num">{p.counts.workspaces}</td>
                  <td className="num">{p.counts.jobs}</td>
                  <td>
                    {p.paused ? (
                      <span className="status" style={{ '--tone': 'var(--status-killed)' } as React.CSSProperties}>
                        <Icon name="pause" size={14} /> Paused
                      </span>
                    ) : p.counts.jobs_active > 0 ? (
                      <span className="status" style={{ '--tone': 'var(--status-running)' } as React.CSSProperties}>
                        <Icon name="running" size={14} /> {plural(p.counts.jobs_active, 'active job')}
                      </span>
                    ) : (
                      <span className="faint">idle</span>
                    )}
                  </td>
                  <td className="soft">
                    <TimeAgo at={p.updated_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <Modal opened={creating} onClose={() => setCreating(false)} title={<strong>New project</strong>} size="lg">
        {creating && <CreateProject onClose={() => setCreating(false)} />}
      </Modal>
    </div>
  );
}

const CONTAINER_KEY = 'project-container-dir';

function CreateProject({ onClose }: { onClose: () => void }): JSX.Element {
  const me = useMe();
  const navigate = useNavigate();
  const create = useCall('projects.create');
  const [title, setTitle] = useState('');
  const [desc, setDesc] = useState('');
  const [container, setContainer] = useState(localStorage.getItem(CONTAINER_KEY) ?? '');
  const [browsing, setBrowsing] = useState(false);
  const slug = title
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const submit = async (): Promise<void> => {
    const project = await create.mutateAsync({
      owner_user_id: me.id,
      project_container_dir: container.trim(),
      title: title.trim(),
      desc: desc.trim(),
    });
    localStorage.setItem(CONTAINER_KEY, container.trim());
    onClose();
    await navigate({ to: '/projects/$projectUid', params: { projectUid: project.uid } });
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        // the error stands below the fields, from the mutation's own state
        submit().catch(() => undefined);
      }}
    >
      <TextInput
        label="Title"
        required
        value={title}
        onChange={(e) => setTitle(e.currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={desc}
        onChange={(e) => setDesc(e.currentTarget.value)}
      />
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          className="grow"
          label="Container directory"
          description="On the file system that master and workers share. The project's own directory is made in it."
          required
          spellCheck={false}
          value={container}
          onChange={(e) => setContainer(e.currentTarget.value)}
        />
        <Button leftSection={<Icon name="folder" size={14} />} onClick={() => setBrowsing(true)}>
          Browse
        </Button>
      </div>
      <div className="faint ellipsis" style={{ minHeight: 19 }}>
        {container !== '' && slug !== '' && (
          <>
            Will be about <span className="mono">{`${container.replace(/\/$/, '')}/CS-${slug}`}</span>
          </>
        )}
      </div>
      {create.error && <Problem error={create.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="filled"
          loading={create.isPending}
          disabled={title.trim() === '' || container.trim() === ''}
        >
          Create project
        </Button>
      </div>
      <PathBrowser
        opened={browsing}
        onClose={() => setBrowsing(false)}
        title="Container directory"
        kind="dir"
        start={container}
        onChoose={setContainer}
      />
    </form>
  );
}
