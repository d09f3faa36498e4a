import { Menu, Modal } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Project } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { DialogForm, TitleFields } from '../parts/dialog-form.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';
import { SharingList } from './project-sharing.tsx';

/** What is often done to a project, at hand in the list: rename, share, pause. */
export function ProjectMenu({ project }: { project: Project }): JSX.Element {
  const [dialog, setDialog] = useState<'edit' | 'share' | null>(null);
  const update = useCall('projects.update');
  const pause = (): void =>
    update.mutate(
      { project_uid: project.uid, paused: !project.paused },
      {
        onSuccess: (p) =>
          tellDone(
            p.paused ? `${p.uid} is paused: queued jobs wait, running ones go on.` : `Jobs of ${p.uid} start again.`,
          ),
        onError: tellError,
      },
    );
  return (
    // the row around it is a link
    <span onClick={(event) => event.stopPropagation()}>
      <Menu position="bottom-end">
        <Menu.Target>
          <button
            type="button"
            className="icon-button"
            aria-label={`Actions of ${project.uid}`}
            title="Edit, share, pause"
          >
            <Icon name="dots" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="pencil" size={14} />} onClick={() => setDialog('edit')}>
            Edit title and description …
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="users" size={14} />} onClick={() => setDialog('share')}>
            Share …
          </Menu.Item>
          <Menu.Item leftSection={<Icon name={project.paused ? 'play' : 'pause'} size={14} />} onClick={pause}>
            {project.paused ? 'Let jobs start' : 'Pause'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={dialog === 'edit'} onClose={() => setDialog(null)} title={<strong>Edit {project.uid}</strong>}>
        {dialog === 'edit' && <EditProject project={project} onClose={() => setDialog(null)} />}
      </Modal>
      <Modal
        opened={dialog === 'share'}
        onClose={() => setDialog(null)}
        title={<strong>Who may see {project.uid}</strong>}
      >
        {dialog === 'share' && <SharingList project={project} />}
      </Modal>
    </span>
  );
}

function EditProject({ project, onClose }: { project: Project; onClose: () => void }): JSX.Element {
  const update = useCall('projects.update');
  const [form, setForm] = useState({ title: project.title, description: project.description });
  return (
    <DialogForm
      verb="Save"
      busy={update.isPending}
      incomplete={form.title.trim() === ''}
      error={update.error}
      onSubmit={() =>
        update.mutate(
          { project_uid: project.uid, title: form.title.trim(), description: form.description.trim() },
          { onSuccess: onClose },
        )
      }
      onClose={onClose}
    >
      <TitleFields value={form} onChange={setForm} />
    </DialogForm>
  );
}
