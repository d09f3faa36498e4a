import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Project } from '../../schema/model.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { DialogForm, TitleFields } from '../parts/dialog-form.tsx';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';

/** The workspaces of a project as cards. */
export function Workspaces({ project }: { project: Project }): JSX.Element {
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
  const [form, setForm] = useState({ title: '', description: '' });
  const submit = async (): Promise<void> => {
    const made = await create.mutateAsync({
      project_uid,
      created_by_user_id: me.id,
      title: form.title.trim(),
      desc: form.description.trim(),
    });
    onClose();
    await navigate({
      to: '/projects/$projectUid/workspaces/$workspaceUid',
      params: { projectUid: project_uid, workspaceUid: made.uid },
    });
  };
  return (
    <DialogForm
      verb="Create workspace"
      busy={create.isPending}
      incomplete={form.title.trim() === ''}
      error={create.error}
      onSubmit={() => void submit().catch(() => undefined)}
      onClose={onClose}
    >
      <TitleFields value={form} onChange={setForm} />
    </DialogForm>
  );
}
