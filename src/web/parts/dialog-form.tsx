import { Button, Textarea, TextInput } from '@mantine/core';
import type { JSX, ReactNode } from 'react';
import { Problem } from './feedback.tsx';

export interface DialogFormProps {
  /** the button that does it, as a verb: "Create project" */
  verb: string;
  busy: boolean;
  /** nothing can be sent yet */
  incomplete?: boolean;
  /** the server's objection */
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** The form of a dialog: its fields, what the server objects, and the two ways out. */
export function DialogForm(props: DialogFormProps): JSX.Element {
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        props.onSubmit();
      }}
    >
      {props.children}
      {props.error !== null && props.error !== undefined && <Problem error={props.error} />}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={props.onClose}>Cancel</Button>
        <Button type="submit" variant="filled" loading={props.busy} disabled={props.incomplete ?? false}>
          {props.verb}
        </Button>
      </div>
    </form>
  );
}

export interface Titled {
  title: string;
  description: string;
}

/** Title and description of a project or workspace. */
export function TitleFields({ value, onChange }: { value: Titled; onChange: (next: Titled) => void }): JSX.Element {
  return (
    <>
      <TextInput
        label="Title"
        required
        value={value.title}
        onChange={(e) => onChange({ ...value, title: e.currentTarget.value })}
        data-autofocus
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={value.description}
        onChange={(e) => onChange({ ...value, description: e.currentTarget.value })}
      />
    </>
  );
}
