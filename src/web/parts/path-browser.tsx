import { Button, Modal, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { reads } from '../api/queries.ts';
import { bytes } from '../format/number.ts';
import { Lines, Problem } from './feedback.tsx';
import { Icon } from './icons.tsx';
import { TimeAgo } from './time-ago.tsx';

export interface PathBrowserProps {
  opened: boolean;
  onClose: () => void;
  /** what the chosen path stands for, as the dialog's title */
  title: string;
  /** `dir`: a directory is chosen; `file` a file; `glob` either, wildcards may be typed */
  kind: 'file' | 'dir' | 'glob';
  start: string;
  onChoose: (path: string) => void;
}

/** Directory part of a path, wildcards left out: where browsing begins. */
function folderOf(path: string, kind: PathBrowserProps['kind']): string {
  const plain = path.split(/[*?[]/)[0] ?? '';
  if (kind === 'dir' && plain === path) return plain;
  return plain.slice(0, plain.lastIndexOf('/') + 1);
}

/** A dialog to choose a path of the servers' shared file system. */
export function PathBrowser(props: PathBrowserProps): JSX.Element {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={<strong>{props.title}</strong>} size="lg">
      {props.opened && <Chooser {...props} />}
    </Modal>
  );
}

function Chooser({ kind, start, onChoose, onClose }: PathBrowserProps): JSX.Element {
  const [path, setPath] = useState(folderOf(start, kind));
  const [typed, setTyped] = useState(start);
  const { data, error, isPending, refetch } = useQuery({
    ...reads.browse(path),
    placeholderData: (previous) => previous,
  });
  const enter = (next: string): void => {
    setPath(next);
    setTyped(kind === 'dir' ? next : next === '/' ? '/' : `${next}/`);
  };
  const choose = (value: string): void => {
    onChoose(value);
    onClose();
  };
  const entries = (data?.entries ?? [])
    .filter((e) => !e.name.startsWith('.'))
    .sort((a, b) => Number(b.dir) - Number(a.dir) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  const childOf = (name: string): string => `${data?.path === '/' ? '' : (data?.path ?? '')}/${name}`;
  const value = typed === '' ? (data?.path ?? '') : typed;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        // the dialog may stand inside of another form, to which React would pass the event on
        event.stopPropagation();
        choose(value);
      }}
    >
      <div className="row">
        <Button
          disabled={!data?.parent}
          onClick={() => data?.parent && enter(data.parent)}
          leftSection={<Icon name="up" size={14} />}
        >
          Up
        </Button>
        <TextInput
          className="grow"
          aria-label="Path"
          value={value}
          onChange={(e) => setTyped(e.currentTarget.value)}
          spellCheck={false}
          data-autofocus
        />
        <Button onClick={() => setPath(folderOf(value, kind))}>Go</Button>
      </div>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      <div className="browser" role="listbox" aria-label="Files and directories">
        {isPending ? (
          <div style={{ padding: 12 }}>
            <Lines count={8} />
          </div>
        ) : (
          entries.map((entry) => (
            <button
              type="button"
              key={entry.name}
              role="option"
              aria-selected={typed === childOf(entry.name)}
              disabled={!entry.dir && kind === 'dir'}
              onClick={() => (entry.dir ? enter(childOf(entry.name)) : setTyped(childOf(entry.name)))}
              onDoubleClick={() => !entry.dir && choose(childOf(entry.name))}
            >
              <span className={entry.dir ? '' : 'faint'}>
                <Icon name={entry.dir ? 'folder' : 'file'} />
              </span>
              <span className="ellipsis" title={entry.name}>
                {entry.name}
              </span>
              <span className="soft" style={{ textAlign: 'right' }}>
                {entry.dir ? '' : bytes(entry.size)}
              </span>
              <span className="faint">
                <TimeAgo at={entry.modified_at} />
              </span>
            </button>
          ))
        )}
        {data && entries.length === 0 && <div className="empty">This directory is empty.</div>}
      </div>
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <span className="faint">{kind === 'glob' ? 'Wildcards * and ? may stand in the name.' : ''}</span>
        <span className="row">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" disabled={value === ''}>
            {kind === 'dir' ? 'Choose this directory' : 'Choose'}
          </Button>
        </span>
      </div>
    </form>
  );
}
