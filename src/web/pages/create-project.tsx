import { Button, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import { useCall, useMe } from '../api/queries.ts';
import { DialogForm, TitleFields } from '../parts/dialog-form.tsx';
import { Icon } from '../parts/icons.tsx';
import { PathBrowser } from '../parts/path-browser.tsx';

const CONTAINER_KEY = 'project-container-dir';

/** The dialog's form for a new project: title, description and where its directory is made. */
export function CreateProject({ onClose }: { onClose: () => void }): JSX.Element {
  const me = useMe();
  const navigate = useNavigate();
  const create = useCall('projects.create');
  const [form, setForm] = useState({ title: '', description: '' });
  const [container, setContainer] = useState(localStorage.getItem(CONTAINER_KEY) ?? '');
  const [browsing, setBrowsing] = useState(false);
  const slug = form.title
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const submit = async (): Promise<void> => {
    const project = await create.mutateAsync({
      owner_user_id: me.id,
      project_container_dir: container.trim(),
      title: form.title.trim(),
      desc: form.description.trim(),
    });
    localStorage.setItem(CONTAINER_KEY, container.trim());
    onClose();
    await navigate({ to: '/projects/$projectUid', params: { projectUid: project.uid } });
  };
  return (
    <DialogForm
      verb="Create project"
      busy={create.isPending}
      incomplete={form.title.trim() === '' || container.trim() === ''}
      error={create.error}
      // the error stands below the fields, from the call's own state
      onSubmit={() => void submit().catch(() => undefined)}
      onClose={onClose}
    >
      <TitleFields value={form} onChange={setForm} />
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
      <PathBrowser
        opened={browsing}
        onClose={() => setBrowsing(false)}
        title="Container directory"
        kind="dir"
        start={container}
        onChoose={setContainer}
      />
    </DialogForm>
  );
}
