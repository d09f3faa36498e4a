import { Button, SegmentedControl, TextInput } from '@mantine/core';
import type { JSX, RefObject } from 'react';
import type { Job } from '../../schema/model.ts';
import { plural } from '../format/number.ts';
import { IconButton } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import type { JobView, WorkspaceSearch } from '../shell/search.ts';
import { StatusFilter, TypeFilter } from './workspace-filters.tsx';

export type SearchChange = { [K in keyof WorkspaceSearch]?: WorkspaceSearch[K] | undefined };

export interface WorkspaceBarProps {
  search: WorkspaceSearch;
  /** all jobs of the workspace */
  here: readonly Job[];
  /** number of those that pass the filter */
  shown: number;
  typeTitles: ReadonlyMap<string, string>;
  canMake: boolean;
  searchField: RefObject<HTMLInputElement | null>;
  onChange: (patch: SearchChange) => void;
}

/** Search, filters, the switch of views, and the way to a new job. */
export function WorkspaceBar(props: WorkspaceBarProps): JSX.Element {
  const { search, here, shown, typeTitles, canMake, searchField, onChange } = props;
  const view = search.view ?? 'cards';
  const filtered = (search.q ?? '') !== '' || search.status !== undefined || search.type !== undefined;
  return (
    <div className="workspace-bar">
      <TextInput
        ref={searchField}
        w={200}
        placeholder="Search jobs"
        aria-label="Search jobs"
        leftSection={<Icon name="search" size={13} />}
        rightSection={
          search.q ? (
            <IconButton icon="cross" label="Clear the search" onClick={() => onChange({ q: undefined })} />
          ) : (
            <kbd>/</kbd>
          )
        }
        value={search.q ?? ''}
        onChange={(e) => onChange({ q: e.currentTarget.value })}
        onKeyDown={(e) => e.key === 'Escape' && e.currentTarget.blur()}
      />
      <StatusFilter
        jobs={here}
        chosen={search.status ?? []}
        onChange={(status) => onChange({ status: status.length > 0 ? status : undefined })}
      />
      <TypeFilter
        jobs={here}
        titles={typeTitles}
        chosen={search.type ?? []}
        onChange={(type) => onChange({ type: type.length > 0 ? type : undefined })}
      />
      <span className="row bar-end">
        <span className="faint nowrap">
          {filtered ? `${shown} of ${plural(here.length, 'job')}` : plural(here.length, 'job')}
        </span>
        <SegmentedControl
          size="xs"
          aria-label="View"
          value={view}
          onChange={(v) => onChange({ view: v })}
          data={(['cards', 'table', 'tree'] as const).map((v) => ({ value: v, label: <ViewLabel view={v} /> }))}
        />
        {canMake && (
          <Button
            variant="filled"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => onChange({ make: true, job: undefined })}
          >
            New job
          </Button>
        )}
      </span>
    </div>
  );
}

const VIEW_WORDS = { cards: 'Cards', table: 'Table', tree: 'Tree' } as const;

function ViewLabel({ view }: { view: JobView }): JSX.Element {
  return (
    <span className="row" style={{ gap: 5 }}>
      <Icon name={view} size={13} /> {VIEW_WORDS[view]}
    </span>
  );
}
