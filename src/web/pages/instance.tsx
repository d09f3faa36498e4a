import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { call } from '../api/client.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { bytes, value } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { Confirm, Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellDone } from '../parts/toasts.tsx';
import { Machine } from './lane-columns.tsx';
import { ProcessState } from './process-state.tsx';

/** Processes, database and settings of the master; lanes and workers, which administrators can change. */
export function InstancePage(): JSX.Element {
  return (
    <div className="page">
      <h1>Instance</h1>
      <div className="dashboard">
        <Workers />
        <div className="stack" style={{ gap: 16 }}>
          <Lanes />
          <Master />
        </div>
      </div>
    </div>
  );
}

function Workers(): JSX.Element {
  const me = useMe();
  const targets = useQuery(reads.targets());
  const usage = useQuery(reads.usage());
  const client = useQueryClient();
  const [question, setQuestion] = useState<Question | null>(null);
  return (
    <section className="card">
      <header>
        <h2>Workers</h2>
      </header>
      {targets.error && (
        <div className="body">
          <Problem error={targets.error} onRetry={() => void targets.refetch()} />
        </div>
      )}
      {targets.isPending && (
        <div className="body">
          <Lines count={3} height={40} />
        </div>
      )}
      {targets.data?.length === 0 && (
        <Empty icon="server" title="No worker is connected">
          <span>In a shell on the worker:</span>
          <code>cryosparcw connect --worker … --master … --port …</code>
        </Empty>
      )}
      <div className="stack" style={{ padding: targets.data && targets.data.length > 0 ? 14 : 0 }}>
        {(targets.data ?? []).map((t) => (
          <div key={t.name} className="worker">
            <div className="row">
              <strong className="grow ellipsis">{t.title || t.hostname}</strong>
              <span className="soft">lane {t.lane}</span>
              <span className="faint">{t.version}</span>
              {me.role === 'admin' && (
                <IconButton
                  icon="trash"
                  label={`Disconnect ${t.hostname}`}
                  onClick={() =>
                    setQuestion({
                      title: `Disconnect ${t.hostname}`,
                      text: 'No further jobs are sent to it; those that run there go on.',
                      verb: 'Disconnect',
                      danger: true,
                      act: async () => {
                        await call('resources.remove_node', { hostname: t.hostname });
                        for (const key of ['targets', 'usage']) await client.invalidateQueries({ queryKey: [key] });
                        tellDone(`${t.hostname} was disconnected.`);
                      },
                    })
                  }
                />
              )}
            </div>
            <Machine target={t} usage={usage.data?.find((u) => u.name === t.name)} />
            <dl className="facts small">
              <dt>Program</dt>
              <dd className="mono">{t.worker_bin_path}</dd>
              <dt>Reached by</dt>
              <dd>
                {t.ssh_str === '' ? 'directly: it is the master itself' : <span className="mono">ssh {t.ssh_str}</span>}
              </dd>
              <dt>Cache</dt>
              <dd>
                {t.cache_path === null ? (
                  'none'
                ) : (
                  <>
                    <span className="mono">{t.cache_path}</span>
                    {t.cache_quota_mb !== null && `, at most ${bytes(t.cache_quota_mb * 1e6)}`}
                  </>
                )}
              </dd>
              {t.gpus.length > 0 && (
                <>
                  <dt>GPUs</dt>
                  <dd>{t.gpus.map((g) => `${g.id}: ${g.name}, ${bytes(g.mem)}`).join('; ')}</dd>
                </>
              )}
            </dl>
          </div>
        ))}
      </div>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </section>
  );
}

function Lanes(): JSX.Element {
  const me = useMe();
  const lanes = useQuery(reads.lanes());
  const targets = useQuery(reads.targets());
  const [creating, setCreating] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const client = useQueryClient();
  const create = useCall('resources.add_lane', [['lanes']]);
  const [form, setForm] = useState({ name: '', desc: '' });
  return (
    <section className="card">
      <header>
        <h2 className="grow">Lanes</h2>
        {me.role === 'admin' && (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
            New lane
          </Button>
        )}
      </header>
      {lanes.data?.length === 0 && <Empty icon="server" title="No lane yet" />}
      {(lanes.data ?? []).map((lane) => {
        const machines = (targets.data ?? []).filter((t) => t.lane === lane.name).length;
        return (
          <div key={lane.name} className="running-row">
            <span className="grow ellipsis">
              <strong>{lane.title || lane.name}</strong> <span className="faint">{lane.desc}</span>
            </span>
            <span className="soft nowrap">
              {machines} {machines === 1 ? 'machine' : 'machines'}
            </span>
            {me.role === 'admin' && (
              <IconButton
                icon="trash"
                label={machines > 0 ? `Lane ${lane.name} still has machines` : `Remove lane ${lane.name}`}
                disabled={machines > 0}
                onClick={() =>
                  setQuestion({
                    title: `Remove lane ${lane.name}`,
                    text: 'Jobs that are queued to it will wait until it exists again.',
                    verb: 'Remove lane',
                    danger: true,
                    act: async () => {
                      await call('resources.remove_lane', { name: lane.name });
                      await client.invalidateQueries({ queryKey: ['lanes'] });
                    },
                  })
                }
              />
            )}
          </div>
        );
      })}
      <Modal opened={creating} onClose={() => setCreating(false)} title={<strong>New lane</strong>}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate(
              { name: form.name.trim(), desc: form.desc.trim(), title: form.name.trim() },
              { onSuccess: () => setCreating(false) },
            );
          }}
        >
          <TextInput
            label="Name"
            description="Letters, digits, dot, dash and underscore"
            required
            value={form.name}
            onChange={(e) => setForm({ ...form, name: e.currentTarget.value })}
            data-autofocus
          />
          <TextInput
            label="Description"
            value={form.desc}
            onChange={(e) => setForm({ ...form, desc: e.currentTarget.value })}
          />
          {create.error && <Problem error={create.error} />}
          <Button
            type="submit"
            variant="filled"
            style={{ alignSelf: 'flex-end' }}
            loading={create.isPending}
            disabled={form.name.trim() === ''}
          >
            Create lane
          </Button>
        </form>
      </Modal>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </section>
  );
}

function Master(): JSX.Element {
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
