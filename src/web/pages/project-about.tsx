import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Project } from '../../schema/model.ts';
import { call } from '../api/client.ts';
import { useCall } from '../api/queries.ts';
import { EditableText } from '../parts/editable-text.tsx';
import { Confirm } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { tellDone } from '../parts/toasts.tsx';

/** Description, directory and origin of a project, and the ways to get rid of it. */
export function ProjectAbout({ project }: { project: Project }): JSX.Element {
  const update = useCall('projects.update');
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
          onSave={(description) => update.mutateAsync({ project_uid: project.uid, description })}
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
