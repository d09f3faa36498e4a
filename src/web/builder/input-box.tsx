import { Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { DragEvent, JSX } from 'react';
import type { Job } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { count } from '../format/number.ts';
import { iconOfType } from '../jobs/output-chip.tsx';
import { Icon } from '../parts/icons.tsx';
import { onListKey } from '../parts/list-keys.ts';
import { tellError } from '../parts/toasts.tsx';
import { candidatesFor, nounOf, whyNot } from './connect.ts';
import type { Target } from './connect.ts';
import { ConnectionRow } from './connection-row.tsx';
import { useDragged } from './drag.ts';

export interface InputBoxProps {
  target: Target;
  jobs: readonly Job[];
  onOpen: (uid: string) => void;
}

/** One input of a job that is being built: drop target, list of connections, and the keyboard's way to connect. */
export function InputBox({ target, jobs, onOpen }: InputBoxProps): JSX.Element {
  const { job, input } = target;
  const connect = useCall('jobs.connect');
  const disconnect = useCall('jobs.disconnect');
  const dragged = useDragged();
  const [over, setOver] = useState(false);
  const connections = job.inputs[input.name] ?? [];
  const dest_group = `${job.uid}.${input.name}`;
  const why = dragged ? whyNot(dragged.source, dragged.output, target, jobs) : null;
  const fits = dragged !== null && why === null;
  const missing = connections.length < input.count_min;

  const add = (source_group: string): void => {
    const link = (): void =>
      connect.mutate({ project_uid: job.project_uid, source_group, dest_group }, { onError: tellError });
    // an input of one place: the new output takes the place of the old
    if (input.count_max === 1 && connections.length === 1) {
      disconnect.mutate(
        { project_uid: job.project_uid, dest_group, connect_idx: 0 },
        { onSuccess: link, onError: tellError },
      );
    } else link();
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (fits) add(`${dragged.source.uid}.${dragged.output.name}`);
  };

  return (
    <div
      className={`input-box ${fits ? 'fits' : dragged ? 'unfit' : ''} ${over ? 'over' : ''} ${missing ? 'missing' : ''}`}
      data-input={dest_group}
      onDragOver={(event) => {
        if (!fits) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'link';
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <div className="row">
        <Icon name={iconOfType(input.type)} size={14} />
        <strong className="grow ellipsis" title={input.description}>
          {input.title}
        </strong>
        <span className="faint small nowrap">{arity(input.count_min, input.count_max)}</span>
        {job.status === 'building' && (
          <CandidateMenu target={target} jobs={jobs} onChoose={add} busy={connect.isPending} />
        )}
      </div>
      {connections.map((c, i) => (
        <ConnectionRow
          key={`${c.job_uid}.${c.output}`}
          target={target}
          connection={c}
          index={i}
          jobs={jobs}
          onOpen={onOpen}
          onRemove={() =>
            disconnect.mutate({ project_uid: job.project_uid, dest_group, connect_idx: i }, { onError: tellError })
          }
        />
      ))}
      {connections.length === 0 && !dragged && (
        <span className={missing ? 'soft small' : 'faint small'}>
          {job.status === 'building' ? `Drag ${nounOf(input.type)} here, or press Connect.` : 'Not connected.'}
        </span>
      )}
      {dragged &&
        (why === null ? (
          <span className="small">
            Drop to connect {dragged.source.uid}.{dragged.output.name}
          </span>
        ) : (
          <span className="why">{why}</span>
        ))}
      <div className="slot-list faint" title="Slots that this input reads; those with a mark must be there.">
        {input.slots.map((slot) => (
          <span key={slot.name} className="mono">
            {slot.name}
            {slot.required ? '*' : ''}
          </span>
        ))}
      </div>
    </div>
  );
}

function arity(min: number, max: number | 'inf'): string {
  if (max === 'inf') return min === 0 ? 'any number' : `${min} or more`;
  if (min === max) return min === 1 ? 'needed' : `${min} needed`;
  return min === 0 ? (max === 1 ? 'optional' : `up to ${max}`) : `${min} to ${max}`;
}

/** The keyboard's way: Enter on "Connect" lists what fits; arrows and Enter choose. */
function CandidateMenu(props: {
  target: Target;
  jobs: readonly Job[];
  busy: boolean;
  onChoose: (ref: string) => void;
}): JSX.Element {
  const [opened, setOpened] = useState(false);
  const [query, setQuery] = useState('');
  const all = opened ? candidatesFor(props.target, props.jobs) : [];
  const found = all.filter((c) =>
    `${c.source.uid} ${c.source.title} ${c.output.name} ${c.output.title}`.toLowerCase().includes(query.toLowerCase()),
  );
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={330} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <button
          type="button"
          className="filter-chip"
          disabled={props.busy}
          aria-label={`Connect ${props.target.input.title}`}
          onClick={() => setOpened(!opened)}
        >
          <Icon name="link" size={12} /> Connect
        </button>
      </Popover.Target>
      <Popover.Dropdown p={8} onKeyDown={onListKey}>
        <TextInput
          placeholder="Search outputs"
          aria-label="Search outputs"
          value={query}
          data-autofocus
          onChange={(e) => setQuery(e.currentTarget.value)}
          onKeyDown={(event) => {
            const first = found.find((c) => c.why === null);
            if (event.key !== 'Enter' || !first) return;
            event.preventDefault();
            setOpened(false);
            props.onChoose(`${first.source.uid}.${first.output.name}`);
          }}
        />
        <div className="candidates" role="listbox">
          {found.map((c) => (
            <button
              key={`${c.source.uid}.${c.output.name}`}
              type="button"
              role="option"
              aria-selected={false}
              disabled={c.why !== null}
              onClick={() => {
                setOpened(false);
                props.onChoose(`${c.source.uid}.${c.output.name}`);
              }}
            >
              <span className="uid">{c.source.uid}</span>
              <span className="grow ellipsis">{c.output.title || c.output.name}</span>
              {c.output.num_items > 0 && <span className="soft">{count(c.output.num_items)}</span>}
              {c.why !== null && <span className="faint small">{c.why}</span>}
            </button>
          ))}
          {found.length === 0 && (
            <div className="faint small" style={{ padding: 8 }}>
              No job of this project gives {nounOf(props.target.input.type)} yet.
            </div>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
