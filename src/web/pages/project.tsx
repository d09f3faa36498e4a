import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { JSX } from 'react';
import { reads, useCall } from '../api/queries.ts';
import { Lines, Problem } from '../parts/feedback.tsx';
import { EditableText } from '../parts/editable-text.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellError } from '../parts/toasts.tsx';
import { ProjectAbout } from './project-about.tsx';
import { Sharing } from './project-sharing.tsx';
import { Workspaces } from './project-workspaces.tsx';

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
          <ProjectAbout project={p} />
          <Sharing project={p} />
        </div>
      </div>
    </div>
  );
}
