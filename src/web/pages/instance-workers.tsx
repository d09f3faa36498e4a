import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { call } from '../api/client.ts';
import { reads, useMe } from '../api/queries.ts';
import { bytes } from '../format/number.ts';
import { Confirm, Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { tellDone } from '../parts/toasts.tsx';
import { Machine } from './lane-columns.tsx';

/** The connected machines: slots in use, how they are reached, and disconnecting. */
export function Workers(): JSX.Element {
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
