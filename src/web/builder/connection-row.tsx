import { Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Connection, Job } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { count, plural } from '../format/number.ts';
import { IconButton } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { onListKey } from '../parts/list-keys.ts';
import { tellError } from '../parts/toasts.tsx';
import type { Target } from './connect.ts';
import { choicesFor, slotsOf } from './slots.ts';
import type { SlotSource } from './slots.ts';

export interface ConnectionRowProps {
  target: Target;
  connection: Connection;
  /** position of the connection in its input */
  index: number;
  jobs: readonly Job[];
  onOpen: (uid: string) => void;
  onRemove: () => void;
}

/** One connected output; unfolded, its slots with the source of each, which can be taken from elsewhere one by one. */
export function ConnectionRow(props: ConnectionRowProps): JSX.Element {
  const { connection: c, jobs, target } = props;
  const [open, setOpen] = useState(false);
  const output = jobs.find((j) => j.uid === c.job_uid)?.outputs.find((o) => o.name === c.output);
  const replaced = Object.keys(c.results).length;
  const editable = target.job.status === 'building';
  return (
    <div className="connection-box">
      <div className="connection">
        <IconButton
          icon={open ? 'down' : 'chevron'}
          label={`${open ? 'Hide' : 'Show'} the slots of ${c.job_uid}.${c.output}`}
          pressed={open}
          onClick={() => setOpen(!open)}
        />
        <button
          type="button"
          className="plain uid"
          style={{ color: 'var(--accent)' }}
          onClick={() => props.onOpen(c.job_uid)}
        >
          {c.job_uid}
        </button>
        <span className="grow ellipsis" title={`${c.job_uid}.${c.output}`}>
          {output?.title ?? c.output}
        </span>
        {replaced > 0 && <span className="swapped small nowrap">{plural(replaced, 'slot')} from elsewhere</span>}
        {output !== undefined && output.num_items > 0 && <span className="soft">{count(output.num_items)}</span>}
        {editable && <IconButton icon="cross" label={`Disconnect ${c.job_uid}.${c.output}`} onClick={props.onRemove} />}
      </div>
      {open && (
        <div className="slot-rows" role="table" aria-label={`Slots of ${c.job_uid}.${c.output}`}>
          {slotsOf(c, target.input, jobs).map((slot) => (
            <SlotRow key={slot.name} slot={slot} {...props} />
          ))}
        </div>
      )}
    </div>
  );
}

function SlotRow({ slot, ...props }: ConnectionRowProps & { slot: SlotSource }): JSX.Element {
  const { target, connection } = props;
  const connectResult = useCall('jobs.connect_result');
  const take = (source_result: string): void =>
    connectResult.mutate(
      {
        project_uid: target.job.project_uid,
        source_result,
        dest_slot: `${target.job.uid}.${target.input.name}.${props.index}.${slot.name}`,
      },
      { onError: tellError },
    );
  const own = `${connection.job_uid}.${connection.output}.${slot.name}`;
  const hasOwn = slotsOf({ ...connection, results: {} }, target.input, props.jobs).some((s) => s.source === own);
  return (
    <div className={`slot-row ${slot.replaced ? 'swapped' : ''}`} role="row" data-slot={slot.name}>
      <span role="cell" className="mono ellipsis" title={`${slot.name}: ${slot.need}`}>
        {slot.name}
        {slot.need === 'required' && '*'}
      </span>
      <span
        role="cell"
        className={`mono ellipsis ${slot.source === null ? 'missing' : 'soft'}`}
        title={slot.source ?? ''}
      >
        {slot.source ?? (slot.need === 'required' ? 'missing' : 'not given')}
      </span>
      <span role="cell" className="row" style={{ gap: 2 }}>
        {target.job.status === 'building' && (
          <>
            {slot.replaced && hasOwn && (
              <IconButton icon="reset" label={`Take ${slot.name} from ${own} again`} onClick={() => take(own)} />
            )}
            <ResultMenu slot={slot} target={target} jobs={props.jobs} onChoose={take} />
          </>
        )}
      </span>
    </div>
  );
}

function ResultMenu(props: {
  slot: SlotSource;
  target: Target;
  jobs: readonly Job[];
  onChoose: (ref: string) => void;
}): JSX.Element {
  const [opened, setOpened] = useState(false);
  const [query, setQuery] = useState('');
  const found = opened
    ? choicesFor(props.slot, props.target.job, props.jobs).filter((c) =>
        `${c.ref} ${c.job.title}`.toLowerCase().includes(query.trim().toLowerCase()),
      )
    : [];
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={330} trapFocus returnFocus shadow="md">
      <Popover.Target>
        <button
          type="button"
          className="icon-button"
          aria-label={`Take ${props.slot.name} from another output`}
          title={`Take ${props.slot.name} from another output`}
          onClick={() => setOpened(!opened)}
        >
          <Icon name="link" size={13} />
        </button>
      </Popover.Target>
      <Popover.Dropdown p={8} onKeyDown={onListKey}>
        <TextInput
          placeholder={`Search results of type ${props.slot.dtype}`}
          aria-label="Search results"
          value={query}
          data-autofocus
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <div className="candidates" role="listbox">
          {found.map((c) => (
            <button
              key={c.ref}
              type="button"
              role="option"
              aria-selected={false}
              onClick={() => {
                setOpened(false);
                props.onChoose(c.ref);
              }}
            >
              <span className="mono grow ellipsis">{c.ref}</span>
              <span className="soft">{c.result.num_items.length > 0 ? count(c.result.num_items.at(-1) ?? 0) : ''}</span>
            </button>
          ))}
          {found.length === 0 && (
            <div className="faint small" style={{ padding: 8 }}>
              No other output gives a result of type {props.slot.dtype}.
            </div>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
