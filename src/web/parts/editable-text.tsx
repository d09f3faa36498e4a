import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JSX, KeyboardEvent } from 'react';
import { tellError } from './toasts.tsx';

export interface EditableTextProps {
  value: string;
  label: string;
  placeholder?: string;
  multiline?: boolean;
  /** may be empty */
  optional?: boolean;
  onSave: (text: string) => Promise<unknown>;
}

/** Text that becomes a field when clicked. Enter or leaving it saves, Escape gives up; a failed save keeps what was typed. */
export function EditableText(props: EditableTextProps): JSX.Element {
  const [draft, setDraft] = useState<string | null>(null);
  const optional = props.optional ?? props.multiline ?? false;
  const save = async (): Promise<void> => {
    if (draft === null) return;
    const text = draft.trim();
    if (text === props.value || (text === '' && !optional)) {
      setDraft(null);
      return;
    }
    try {
      await props.onSave(text);
      setDraft(null);
    } catch (error) {
      tellError(error);
    }
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      setDraft(null);
    }
    if (event.key === 'Enter' && (!props.multiline || event.ctrlKey || event.metaKey)) void save();
  };
  if (draft === null) {
    return (
      <button
        type="button"
        className={`editable ${props.value === '' ? 'faint' : ''}`}
        title={`${props.label}: click to edit`}
        onClick={() => setDraft(props.value)}
      >
        {props.value || (props.placeholder ?? props.label)}
      </button>
    );
  }
  const shared = {
    'aria-label': props.label,
    value: draft,
    autoFocus: true,
    onBlur: () => void save(),
    onKeyDown: onKey,
  };
  return props.multiline ? (
    <Textarea {...shared} autosize minRows={2} onChange={(e) => setDraft(e.currentTarget.value)} />
  ) : (
    <TextInput {...shared} onChange={(e) => setDraft(e.currentTarget.value)} />
  );
}
