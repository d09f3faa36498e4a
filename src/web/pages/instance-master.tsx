import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { reads, useCall, useMe } from '../api/queries.ts';
import { value } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { IconButton, Lines, Problem } from '../parts/feedback.tsx';
import { tellDone } from '../parts/toasts.tsx';
import { ProcessState } from './process-state.tsx';

/** Version, processes, database and settings of the master, and the backup of its database. */
export function Master(): JSX.Element {
  const me = useMe();
  const info = useQuery({ ...reads.info(), staleTime: 5_000 });
  const backup = useCall('instance.backup');
  const [path, setPath] = useState('');
  return (
    <section className="card">
      <header>
        <h2 className="grow">Master</h2>
        <IconButton icon="reset" label="Read again" onClick={() => void info.refetch()} />
      </header>
      <div className="body stack">
        {info.isPending && <Lines count={8} height={14} />}
        {info.error && <Problem error={info.error} onRetry={() => void info.refetch()} />}
        {info.data && (
          <dl className="facts">
            <dt>Version</dt>
            <dd>
              {info.data.version}, Node {info.data.node_version}
            </dd>
            <dt>Machine</dt>
            <dd>
              {info.data.hostname}, port {info.data.base_port}
            </dd>
            <dt>Up for</dt>
            <dd>{duration(info.data.uptime_s * 1000)}</dd>
            {info.data.processes.map((p) => (
              <ProcessState key={p.name} process={p} />
            ))}
            <dt>Database</dt>
            <dd>
              <span className="mono">{info.data.database.path}</span>, {value(info.data.database.size_mb, 3)} MB,
              integrity {info.data.database.integrity}, schema {info.data.database.schema_version}
            </dd>
            {Object.entries(info.data.settings).map(([name, v]) => (
              <SettingRow key={name} name={name} value={v} />
            ))}
          </dl>
        )}
        {me.role === 'admin' && (
          <form
            className="row"
            style={{ alignItems: 'flex-end' }}
            onSubmit={(event) => {
              event.preventDefault();
              backup.mutate(
                { path: path.trim() },
                { onSuccess: (made) => tellDone(`Backup written: ${made.path}, ${value(made.size_mb, 3)} MB.`) },
              );
            }}
          >
            <TextInput
              className="grow"
              label="Back the database up to"
              placeholder="/path/to/backup.db"
              spellCheck={false}
              value={path}
              onChange={(e) => setPath(e.currentTarget.value)}
            />
            <Button type="submit" loading={backup.isPending} disabled={path.trim() === ''}>
              Back up
            </Button>
          </form>
        )}
        {backup.error && <Problem error={backup.error} />}
      </div>
    </section>
  );
}

function SettingRow({ name, value: text }: { name: string; value: string }): JSX.Element {
  return (
    <>
      <dt className="mono">{name}</dt>
      <dd className="mono">{text === '' ? <span className="faint">empty</span> : text}</dd>
    </>
  );
}
