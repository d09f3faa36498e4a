import { Button, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
import type { JSX } from 'react';
import type { JobTypeInfo, ParamInfo } from '../../schema/job.ts';
import type { Job } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { plural } from '../format/number.ts';
import { Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellDone } from '../parts/toasts.tsx';
import type { ParamValue } from './params.ts';
import { paramsText, readParamsText } from './params-json.ts';

export interface ParamsDialogProps {
  job: Job;
  type: JobTypeInfo;
  valueOf: (param: ParamInfo) => ParamValue;
  onClose: () => void;
}

/** All parameters as JSON, to be copied to another job or pasted from one. */
export function ParamsDialog({ job, type, valueOf, onClose }: ParamsDialogProps): JSX.Element {
  const setParam = useCall('jobs.set_param');
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => paramsText(type.params, valueOf));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const editable = job.status === 'building';
  const read = readParamsText(text, type.params, valueOf);

  const copy = (): void => {
    field.current?.select();
    // the newer clipboard interface exists on https pages only, and most instances are reached by plain http
    if (document.execCommand('copy')) tellDone(`The parameters of ${job.uid} are in the clipboard.`);
  };
  const apply = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      for (const [param_name, param_new_value] of read.changes) {
        await setParam.mutateAsync({ project_uid: job.project_uid, job_uid: job.uid, param_name, param_new_value });
      }
      tellDone(`${plural(read.changes.length, 'parameter')} of ${job.uid} changed.`);
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <div className="stack">
      <Textarea
        ref={field}
        aria-label="Parameters as JSON"
        classNames={{ input: 'mono' }}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
        readOnly={!editable}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        data-autofocus
      />
      <div className="stack small" style={{ gap: 3, minHeight: 20 }} aria-live="polite">
        {read.problems.map((p) => (
          <span key={p} style={{ color: 'var(--status-failed)' }}>
            {p}
          </span>
        ))}
        {read.unknown.length > 0 && (
          <span className="soft">
            {type.title} does not have {read.unknown.join(', ')}; left out.
          </span>
        )}
        {editable && read.problems.length === 0 && (
          <span className="soft">
            {read.changes.length === 0 ? 'Nothing to change.' : `Changes ${read.changes.map((c) => c[0]).join(', ')}.`}
          </span>
        )}
      </div>
      {error !== null && <Problem error={error} />}
      <div className="row">
        <Button leftSection={<Icon name="copy" size={14} />} onClick={copy}>
          Copy
        </Button>
        <span className="grow" />
        <Button onClick={onClose}>Close</Button>
        {editable && (
          <Button
            variant="filled"
            disabled={read.changes.length === 0 || read.problems.length > 0}
            loading={busy}
            onClick={() => void apply()}
          >
            Apply
          </Button>
        )}
      </div>
    </div>
  );
}
