import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Project } from '../../schema/model.ts';
import { call } from '../api/client.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { Confirm, Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { EditableText } from '../parts/editable-text.tsx';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';

const route = getRouteApi('/app/projects/$projectUid');

/** A project: its workspaces, who may see it, and whether its jobs may start. */
export function ProjectPage(): JSX.Element {
  const { projectUid } = route.useParams();
  const project = useQuery(reads.project(projectUid));
  const update = useCall('projects.update');
  if (project.error) {
    return (
      <div className="page">
        <Problem error={project.error} onRetry={() => void project.refetch()} />
      </div>
    );
  }
  if (!project.data) {
    return (
      <div className="page">
        <Lines count={6} height={26} />
      </div>
    );
  }
  const p = project.data;
  return (
    <div className="page">
      <div className="page-head">
        <span className="uid soft">{p.uid}</span>
        <h1 className="grow">
          <EditableText
            value={p.title}
            label="Title"
            onSave={(title) => update.mutateAsync({ project_uid: p.uid, title })}
          />
        </h1>
        <Button
          leftSection={<Icon name={p.paused ? 'play' : 'pause'} size={14} />}
          loading={update.isPending}
          onClick={() => update.mutate({ project_uid: p.uid, paused: !p.paused }, { onError: tellError })}
        >
          {p.paused ? 'Let jobs start' : 'Pause'}
        </Button>
      </div>
      {p.paused && (
        <div className="note row">
          <Icon name="pause" /> This project is paused: queued jobs wait, running ones go on.
        </div>
      )}
      <div className="project-columns">
        <Workspaces project={p} />
        <div className="stack" style={{ gap: 16 }}>
          <Facts project={p} onDescription={(description) => update.mutateAsync({ project_uid: p.uid, description })} />
          <Sharing project={p} />
        </div>
      </div>
    </div>
  );
}

function Workspaces({ project }: { project: Project }): JSX.Element {
  const workspaces = useQuery(reads.workspaces(project.uid));
  const [creating, setCreating] = useState(false);
  return (
    <section className="stack">
      <div className="row">
        <h2 className="grow">Workspaces</h2>
        <Link
          to="/projects/$projectUid/workspaces/$workspaceUid"
          params={{ projectUid: project.uid, workspaceUid: 'all' }}
        >
          All {plural(project.counts.jobs, 'job')}
        </Link>
        <Button variant="filled" leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
          New workspace
        </Button>
      </div>
      {workspaces.error && <Problem error={workspaces.error} onRetry={() => void workspaces.refetch()} />}
      {workspaces.isPending && <Lines count={3} height={64} />}
      {workspaces.data?.length === 0 && (
        <div className="card">
          <Empty icon="cards" title="No workspace yet">
            <span>A workspace is a set of jobs that belong together, for example one attempt at a structure.</span>
            <Button onClick={() => setCreating(true)}>Create a workspace</Button>
          </Empty>
        </div>
      )}
      <div className="workspace-grid">
        {(workspaces.data ?? []).map((w) => (
          <Link
            key={w.uid}
            className="card workspace-card"
            to="/projects/$projectUid/workspaces/$workspaceUid"
            params={{ projectUid: project.uid, workspaceUid: w.uid }}
          >
            <span className="row">
              <span className="uid">{w.uid}</span>
              <strong className="grow ellipsis" title={w.title}>
                {w.title}
              </strong>
            </span>
            <span className="soft clamp">{w.description || '\u00a0'}</span>
            <span className="row faint">
              <span className="grow">
                {plural(w.counts.jobs, 'job')}
                {w.counts.jobs_active > 0 && `, ${w.counts.jobs_active} active`}
              </span>
              <TimeAgo at={w.created_at} />
            </span>
          </Link>
        ))}
      </div>
      <Modal opened={creating} onClose={() => setCreating(false)} title={<strong>New workspace</strong>}>
        {creating && <CreateWorkspace project_uid={project.uid} onClose={() => setCreating(false)} />}
      </Modal>
    </section>
  );
}

function CreateWorkspace({ project_uid, onClose }: { project_uid: string; onClose: () => void }): JSX.Element {
  const me = useMe();
  const navigate = useNavigate();
  const create = useCall('workspaces.create', [['project', project_uid]]);
  const [title, setTitle] = useState('');
  const [desc, setDesc] = useState('');
  const submit = async (): Promise<void> => {
    const made = await create.mutateAsync({
      project_uid,
      created_by_user_id: me.id,
      title: title.trim(),
      desc: desc.trim(),
    });
    onClose();
    await navigate({
      to: '/projects/$projectUid/workspaces/$workspaceUid',
      params: { projectUid: project_uid, workspaceUid: made.uid },
    });
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
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
      {create.error && <Problem error={create.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="filled" loading={create.isPending} disabled={title.trim() === ''}>
          Create workspace
        </Button>
      </div>
    </form>
  );
}

function Facts({
  project,
  onDescription,
}: {
  project: Project;
  onDescription: (text: string) => Promise<unknown>;
}): JSX.Element {
  const [question, setQuestion] = useState<Question | null>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = (delete_files: boolean): void =>
    setQuestion({
      title: `Delete project ${project.uid}`,
      text: delete_files
        ? `The directory ${project.project_dir} with all its jobs and results is deleted from the disk. This cannot be undone.`
        : `${project.uid} is removed from this instance. Its directory ${project.project_dir} stays as it is.`,
      verb: delete_files ? 'Delete project and files' : 'Remove project',
      danger: true,
      act: async () => {
        await call('projects.delete', { project_uid: project.uid, delete_files });
        await client.invalidateQueries({ queryKey: ['projects'] });
        tellDone(`${project.uid} was removed.`);
        await navigate({ to: '/projects' });
      },
    });
  return (
    <section className="card">
      <header>
        <h2>About</h2>
      </header>
      <div className="body stack">
        <EditableText
          value={project.description}
          label="Description"
          multiline
          placeholder="Add a description"
          onSave={onDescription}
        />
        <dl className="facts">
          <dt>Directory</dt>
          <dd className="mono">{project.project_dir}</dd>
          <dt>Created</dt>
          <dd>
            <TimeAgo at={project.created_at} /> with {project.created_at_version}
          </dd>
        </dl>
        <div className="row wrap">
          <Button onClick={() => remove(false)}>Remove from instance</Button>
          <Button c="var(--status-failed)" onClick={() => remove(true)}>
            Delete with files
          </Button>
        </div>
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </section>
  );
}

function Sharing({ project }: { project: Project }): JSX.Element {
  const users = useQuery(reads.users());
  const me = useMe();
  const add = useCall('projects.add_user');
  const remove = useCall('projects.remove_user');
  const mayShare = me.role === 'admin' || me.id === project.owner_user_id;
  const nameOf = (id: string): string => users.data?.find((u) => u.id === id)?.email ?? id;
  const others = (users.data ?? []).filter(
    (u) => u.id !== project.owner_user_id && !project.users_with_access.includes(u.id),
  );
  return (
    <section className="card">
      <header>
        <h2>Who may see it</h2>
      </header>
      <div className="body stack">
        <div className="row">
          <Icon name="users" size={14} />
          <span className="grow ellipsis">{nameOf(project.owner_user_id)}</span>
          <span className="faint">owner</span>
        </div>
        {project.users_with_access
          .filter((id) => id !== project.owner_user_id)
          .map((id) => (
            <div key={id} className="row">
              <Icon name="users" size={14} />
              <span className="grow ellipsis">{nameOf(id)}</span>
              {mayShare && (
                <IconButton
                  icon="cross"
                  label={`Stop sharing with ${nameOf(id)}`}
                  onClick={() => remove.mutate({ project_uid: project.uid, user_id: id }, { onError: tellError })}
                />
              )}
            </div>
          ))}
        {mayShare && others.length > 0 && (
          <Select
            placeholder="Share with …"
            aria-label="Share with"
            searchable
            value={null}
            data={others.map((u) => ({ value: u.id, label: u.email }))}
            onChange={(id) => id && add.mutate({ project_uid: project.uid, user_id: id }, { onError: tellError })}
          />
        )}
        <span className="faint">Administrators see all projects.</span>
      </div>
    </section>
  );
}
