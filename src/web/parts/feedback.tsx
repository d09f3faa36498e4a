import { Button, Modal, Skeleton } from '@mantine/core';
import { useState } from 'react';
import type { JSX, ReactNode } from 'react';
import { asCsError } from '../../base/errors.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';

/** An error in place of what could not be shown, with its code and a way to try again. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }): JSX.Element {
  const e = asCsError(error);
  return (
    <div className="problem" role="alert">
      <Icon name="alert" />
      <div className="grow">
        <div>{e.message}</div>
        <div className="faint mono">{e.code}</div>
      </div>
      {onRetry && (
        <Button onClick={onRetry} leftSection={<Icon name="reset" size={14} />}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** What stands where nothing is yet: why, and what to do about it. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }): JSX.Element {
  return (
    <div className="empty">
      <span className="faint">
        <Icon name={icon} size={26} />
      </span>
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** Grey lines in the height of what is loading, so that nothing jumps. */
export function Lines({ count, height = 18 }: { count: number; height?: number }): JSX.Element {
  return (
    <div className="stack" aria-busy="true" aria-label="Loading">
      {Array.from({ length: count }, (_, i) => (
        <Skeleton key={`line-${i + 1}`} height={height} radius="sm" />
      ))}
    </div>
  );
}

export interface Question {
  title: string;
  text: ReactNode;
  /** the button that does it, as a verb: "Delete J12" */
  verb: string;
  danger?: boolean;
  act: () => Promise<unknown>;
}

/** A question before something that cannot be undone. */
export function Confirm({ question, onClose }: { question: Question | null; onClose: () => void }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = (): void => {
    setError(null);
    setBusy(false);
    onClose();
  };
  const act = async (): Promise<void> => {
    if (!question) return;
    setBusy(true);
    setError(null);
    try {
      await question.act();
      close();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <Modal opened={question !== null} onClose={close} title={<strong>{question?.title}</strong>} size="md">
      <div className="stack">
        <div>{question?.text}</div>
        {error !== null && <Problem error={error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={close}>Cancel</Button>
          <Button
            variant="filled"
            {...(question?.danger ? { color: 'red.7' } : {})}
            loading={busy}
            onClick={() => void act()}
            data-autofocus
          >
            {question?.verb}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** A button that is only an icon; its name is said to screen readers and in the tooltip. */
export function IconButton(props: {
  icon: IconName;
  label: string;
  onClick?: () => void;
  pressed?: boolean;
  disabled?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      className="icon-button"
      title={props.label}
      aria-label={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
