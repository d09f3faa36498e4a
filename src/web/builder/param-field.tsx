import { Select, Switch, TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { ParamInfo } from '../../schema/job.ts';
import { IconButton } from '../parts/feedback.tsx';
import { PathBrowser } from '../parts/path-browser.tsx';
import { paramProblem, shownValue, typedNumber } from './params.ts';
import type { ParamValue } from './params.ts';

export interface ParamFieldProps {
  param: ParamInfo;
  value: ParamValue;
  changed: boolean;
  /** shows the description under the field */
  explain: boolean;
  readOnly: boolean;
  /** saves a value; null puts the default back. Rejects with the server's objection */
  onSave: (value: ParamValue) => Promise<unknown>;
}

/** One parameter: label, control, unit, reset, and what is wrong with it. Saved when left, or at once for switches. */
export function ParamField({ param, value, changed, explain, readOnly, onSave }: ParamFieldProps): JSX.Element {
  const [objection, setObjection] = useState<string | null>(null);
  const save = async (next: ParamValue): Promise<boolean> => {
    const problem = next === null ? null : paramProblem(param, next);
    setObjection(problem);
    if (problem !== null) return false;
    try {
      await onSave(next);
      return true;
    } catch (error) {
      setObjection(error instanceof Error ? error.message : String(error));
      return false;
    }
  };
  const problem =
    objection ??
    (param.required_param && (value === null || value === '') ? 'Must be given before the job can be queued.' : null);
  const id = `param-${param.name}`;
  const wide = param.path !== undefined;
  const help = (
    <>
      <div>{param.description}</div>
      <div style={{ opacity: 0.75 }}>
        {param.name}, default: {shownValue(param, param.default)}
      </div>
    </>
  );
  return (
    <div className={`param ${wide ? 'wide' : ''}`}>
      <label className="param-label" htmlFor={id}>
        {changed && <i className="changed" title="Differs from the default" />}
        <Tooltip label={help} position="left" disabled={explain}>
          <span className="ellipsis">{param.title}</span>
        </Tooltip>
        {wide && param.unit && <span className="faint">{param.unit}</span>}
      </label>
      <div className="param-control">
        <Control
          id={id}
          param={param}
          value={value}
          invalid={problem !== null}
          readOnly={readOnly}
          onSave={save}
          onEdit={() => setObjection(null)}
        />
      </div>
      <span className="param-reset">
        {changed && !readOnly && (
          <IconButton
            icon="reset"
            label={`Back to the default: ${shownValue(param, param.default)}`}
            onClick={() => void save(null)}
          />
        )}
      </span>
      {problem !== null && (
        <div className="below error" role="alert">
          {problem}
        </div>
      )}
      {explain && (
        <div className="below faint">
          {param.description} Default: {shownValue(param, param.default)}.
        </div>
      )}
    </div>
  );
}

interface ControlProps {
  id: string;
  param: ParamInfo;
  value: ParamValue;
  invalid: boolean;
  readOnly: boolean;
  /** true when it was saved */
  onSave: (value: ParamValue) => Promise<boolean>;
  onEdit: () => void;
}

function Control(props: ControlProps): JSX.Element {
  const { id, param, value, readOnly, onSave } = props;
  if (param.type === 'boolean') {
    return (
      <Switch
        id={id}
        checked={value === true}
        disabled={readOnly}
        onChange={(e) => void onSave(e.currentTarget.checked)}
        aria-label={param.title}
      />
    );
  }
  if (param.enum) {
    return (
      <Select
        id={id}
        aria-label={param.title}
        value={value === null ? null : String(value)}
        placeholder="not set"
        disabled={readOnly}
        clearable={param.default === null}
        data={param.enum.map((v, i) => ({ value: v, label: param.labels?.[i] ?? v }))}
        onChange={(v) => void onSave(v)}
      />
    );
  }
  return <TextControl {...props} />;
}

/** Text, numbers and paths: what is typed is kept while it is wrong, and saved when it is right and left. */
function TextControl({ id, param, value, invalid, readOnly, onSave, onEdit }: ControlProps): JSX.Element {
  const saved = value === null ? '' : String(value);
  const [draft, setDraft] = useState<string | null>(null);
  const [browsing, setBrowsing] = useState(false);
  const isNumber = param.type !== 'string';
  const commit = async (text: string): Promise<void> => {
    const next: ParamValue = isNumber
      ? typedNumber(text)
      : text.trim() === '' && param.default === null
        ? null
        : text.trim();
    if (next === value || (next === null && value === param.default)) {
      setDraft(null);
      return;
    }
    if (await onSave(next)) setDraft(null);
  };
  const section = param.path ? (
    <IconButton icon="folder" label={`Choose ${param.title}`} disabled={readOnly} onClick={() => setBrowsing(true)} />
  ) : isNumber && param.unit ? (
    <span className="faint small nowrap">{param.unit}</span>
  ) : null;
  return (
    <>
      <TextInput
        id={id}
        aria-label={param.title}
        value={draft ?? saved}
        error={invalid}
        disabled={readOnly}
        spellCheck={false}
        inputMode={isNumber ? 'decimal' : 'text'}
        placeholder={param.default === null ? (param.required_param ? 'needed' : 'not set') : String(param.default)}
        rightSection={section}
        rightSectionWidth={section === null ? 0 : isNumber ? 14 + (param.unit?.length ?? 0) * 7 : 30}
        onChange={(e) => {
          setDraft(e.currentTarget.value);
          onEdit();
        }}
        onBlur={() => draft !== null && void commit(draft)}
        onKeyDown={(e) => e.key === 'Enter' && draft !== null && void commit(draft)}
      />
      {param.path && (
        <PathBrowser
          opened={browsing}
          onClose={() => setBrowsing(false)}
          title={param.title}
          kind={param.path}
          start={draft ?? saved}
          onChoose={(path) => {
            setDraft(path);
            void commit(path);
          }}
        />
      )}
    </>
  );
}
