import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import type { Project } from '../../schema/model.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { IconButton } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellError } from '../parts/toasts.tsx';

/** Who may see a project, as a card of its page. */
export function Sharing({ project }: { project: Project }): JSX.Element {
  return (
    <section className="card" aria-label="Who may see it">
      <header>
        <h2>Who may see it</h2>
      </header>
      <div className="body">
        <SharingList project={project} />
      </div>
    </section>
  );
}

/** Owner and other users of a project; owner and administrators add and remove them. */
export function SharingList({ project }: { project: Project }): JSX.Element {
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
    <div className="stack">
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
  );
}
