import { Modal, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { JobTypeInfo, ParamInfo } from '../../schema/job.ts';
import type { Job } from '../../schema/model.ts';
import { useCall } from '../api/queries.ts';
import { IconButton } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { ParamField } from './param-field.tsx';
import { ParamsDialog } from './params-dialog.tsx';
import { sectionsOf } from './params.ts';
import type { ParamValue } from './params.ts';

/** The parameters of a job by section, saved one by one as they are made. */
export function ParamForm({
  job,
  type,
  defaults,
}: {
  job: Job;
  type: JobTypeInfo;
  defaults: Record<string, unknown>;
}): JSX.Element {
  const setParam = useCall('jobs.set_param');
  const [query, setQuery] = useState('');
  const [advanced, setAdvanced] = useState(false);
  const [explain, setExplain] = useState(false);
  const [asJson, setAsJson] = useState(false);
  const readOnly = job.status !== 'building';
  const changed = new Set(Object.keys(job.params));
  const sections = sectionsOf(type.params, { query, advanced, changed });
  const folded = sections.reduce((sum, s) => sum + s.hidden, 0);
  const valueOf = (p: ParamInfo): ParamValue => (job.params[p.name] ?? defaults[p.name] ?? p.default) as ParamValue;
  if (type.params.length === 0) return <div className="faint">This job has no parameters.</div>;
  return (
    <section aria-label="Parameters">
      <div className="params-head">
        <TextInput
          className="grow"
          placeholder="Search parameters"
          aria-label="Search parameters"
          leftSection={<Icon name="search" size={13} />}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <Switch label="Explain" checked={explain} onChange={(e) => setExplain(e.currentTarget.checked)} />
        {type.params.some((p) => p.advanced) && (
          <Switch label="Advanced" checked={advanced} onChange={(e) => setAdvanced(e.currentTarget.checked)} />
        )}
        <IconButton icon="copy" label="Copy or paste parameters as JSON" onClick={() => setAsJson(true)} />
      </div>
      <Modal
        opened={asJson}
        onClose={() => setAsJson(false)}
        title={<strong>Parameters of {job.uid}</strong>}
        size="lg"
      >
        {asJson && <ParamsDialog job={job} type={type} valueOf={valueOf} onClose={() => setAsJson(false)} />}
      </Modal>
      {sections.map((section) => (
        <div key={section.title} className="param-section" hidden={section.params.length === 0}>
          <h3>{section.title}</h3>
          {section.params.map((param) => (
            <ParamField
              key={param.name}
              param={param}
              value={valueOf(param)}
              changed={changed.has(param.name)}
              explain={explain}
              readOnly={readOnly}
              onSave={(param_new_value) =>
                setParam.mutateAsync({
                  project_uid: job.project_uid,
                  job_uid: job.uid,
                  param_name: param.name,
                  param_new_value,
                })
              }
            />
          ))}
        </div>
      ))}
      {sections.length === 0 && <div className="empty">No parameter fits “{query}”.</div>}
      {folded > 0 && (
        <button type="button" className="filter-chip" style={{ marginTop: 10 }} onClick={() => setAdvanced(true)}>
          <Icon name="down" size={12} /> {folded} advanced {folded === 1 ? 'parameter' : 'parameters'}
        </button>
      )}
    </section>
  );
}
