import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import { reads } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { CreateProject } from './create-project.tsx';
import { ProjectMenu } from './project-menu.tsx';

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
                <th aria-label="Actions" />
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
                  <td style={{ width: 34 }}>
                    <ProjectMenu project={p} />
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
