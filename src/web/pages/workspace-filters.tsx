import { Menu } from '@mantine/core';
import type { JSX } from 'react';
import type { Job, JobStatus } from '../../schema/model.ts';
import { plural } from '../format/number.ts';
import { tally } from '../jobs/filter.ts';
import { STATUS } from '../jobs/status.ts';
import { Icon } from '../parts/icons.tsx';

/** A chip for each status that occurs, with the number of its jobs. */
export function StatusFilter(props: {
  jobs: readonly Job[];
  chosen: readonly JobStatus[];
  onChange: (status: JobStatus[]) => void;
}): JSX.Element {
  const counts = tally(props.jobs, (j) => j.status) as [JobStatus, number][];
  return (
    <span className="row" style={{ gap: 4, flexWrap: 'wrap' }}>
      {counts.map(([status, n]) => (
        <button
          key={status}
          type="button"
          className="filter-chip"
          aria-pressed={props.chosen.includes(status)}
          style={{ '--tone': `var(--status-${STATUS[status].tone})` } as React.CSSProperties}
          onClick={() => props.onChange(toggled(props.chosen, status))}
        >
          <Icon name={STATUS[status].icon} size={12} />
          {STATUS[status].word} {n}
        </button>
      ))}
    </span>
  );
}

/** The job types that occur, in a menu. */
export function TypeFilter(props: {
  jobs: readonly Job[];
  titles: ReadonlyMap<string, string>;
  chosen: readonly string[];
  onChange: (type: string[]) => void;
}): JSX.Element | null {
  const counts = tally(props.jobs, (j) => j.type);
  if (counts.length < 2) return null;
  return (
    <Menu closeOnItemClick={false} position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className="filter-chip"
          aria-pressed={props.chosen.length > 0}
          style={{ '--tone': 'var(--accent)' } as React.CSSProperties}
        >
          <Icon name="filter" size={12} /> {props.chosen.length > 0 ? plural(props.chosen.length, 'type') : 'Type'}
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={380} style={{ overflowY: 'auto' }}>
        {counts.map(([type, n]) => (
          <Menu.Item
            key={type}
            leftSection={
              <span style={{ visibility: props.chosen.includes(type) ? 'visible' : 'hidden' }}>
                <Icon name="check" size={13} />
              </span>
            }
            rightSection={<span className="faint">{n}</span>}
            onClick={() => props.onChange(toggled(props.chosen, type))}
          >
            {props.titles.get(type) ?? type}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function toggled<T>(chosen: readonly T[], one: T): T[] {
  return chosen.includes(one) ? chosen.filter((c) => c !== one) : [...chosen, one];
}
