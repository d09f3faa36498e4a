import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { call } from '../api/client.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Confirm, Empty, IconButton } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';

/** The lanes with the number of their machines; administrators make and remove them. */
export function Lanes(): JSX.Element {
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
            <span className="soft nowrap">{plural(machines, 'machine')}</span>
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
        <DialogForm
          verb="Create lane"
          busy={create.isPending}
          incomplete={form.name.trim() === ''}
          error={create.error}
          onSubmit={() =>
            create.mutate(
              { name: form.name.trim(), desc: form.desc.trim(), title: form.name.trim() },
              { onSuccess: () => setCreating(false) },
            )
          }
          onClose={() => setCreating(false)}
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
        </DialogForm>
      </Modal>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </section>
  );
}
