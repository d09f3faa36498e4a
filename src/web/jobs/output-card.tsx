import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import type { Job, Output } from '../../schema/model.ts';
import { fileUrl } from '../api/client.ts';
import { BuildNext } from '../builder/build-next.tsx';
import { itemsOf } from '../builder/connect.ts';
import { count, plural } from '../format/number.ts';
import { Icon } from '../parts/icons.tsx';
import { tellError } from '../parts/toasts.tsx';
import { fetchDatasetHead, mapPathIn } from '../volume/dataset-head.ts';
import { DatasetRows } from './dataset-rows.tsx';
import { keyNumbers } from './job-summary.ts';
import { iconOfType, OutputChip } from './output-chip.tsx';
import { hasEnded } from './status.ts';

const MAP_SLOTS = /^(map|mask|precision)/;

/** Slots of an output that are maps which the viewer can show. */
export function mapSlots(output: Output): string[] {
  if (output.type !== 'volume' && output.type !== 'mask') return [];
  return output.results.filter((r) => MAP_SLOTS.test(r.name) && r.metafiles.length > 0).map((r) => r.name);
}

/** Dataset file of one slot, its last version. */
export function metafileOf(output: Output, slot: string): string | undefined {
  return output.results.find((r) => r.name === slot)?.metafiles.at(-1);
}

export interface OutputCardProps {
  job: Job;
  output: Output;
  compact?: boolean;
  /** after a job was built from this output */
  onMade: (job_uid: string) => void;
}

/** One output: key numbers, thumbnail, slots, downloads; its maps can be looked at. */
export function OutputCard({ job, output, compact = false, onMade }: OutputCardProps): JSX.Element {
  const numbers = keyNumbers(output);
  const slots = mapSlots(output);
  const done = output.results.some((r) => r.metafiles.length > 0);
  return (
    <section className="card output-card">
      <header>
        <Icon name={iconOfType(output.type)} size={15} />
        <strong className="grow ellipsis" title={output.name}>
          {output.title || output.name}
        </strong>
        <span className="soft nowrap">
          {done ? plural(output.num_items, ...itemsOf(output.type)) : hasEnded(job) ? 'not written' : 'not there yet'}
        </span>
      </header>
      <div className="body stack" style={{ gap: 9 }}>
        {(output.image !== null || numbers.length > 0 || (!done && !hasEnded(job))) && (
          <div className="row" style={{ alignItems: 'flex-start', gap: 12 }}>
            {output.image !== null && (
              <img
                className="thumb"
                src={fileUrl(job.project_uid, output.image)}
                alt={output.title}
                width={compact ? 72 : 96}
                height={compact ? 72 : 96}
              />
            )}
            <dl className="facts grow">
              {numbers.map((n) => (
                <div key={n.label} className="number">
                  <dt>{n.label}</dt>
                  <dd>
                    {n.text} {n.unit}
                  </dd>
                </div>
              ))}
              {!done && !hasEnded(job) && <dd className="faint">Shows here when the job has written it.</dd>}
            </dl>
          </div>
        )}
        <div className="row wrap" style={{ gap: 5 }}>
          <OutputChip job={job} output={output} />
          {(done || !hasEnded(job)) && <BuildNext job={job} output={output} onMade={onMade} />}
          {slots.length > 0 && (
            <Link
              className="filter-chip view-map"
              to="/projects/$projectUid/jobs/$jobUid"
              params={{ projectUid: job.project_uid, jobUid: job.uid }}
              search={{ tab: 'volume', map: `${output.name}.${slots[0]}` }}
            >
              <Icon name="cube" size={12} /> View
            </Link>
          )}
          {done && <Downloads job={job} output={output} slots={slots} />}
        </div>
        <div className="slot-table">
          {output.results.map((r) => (
            <span
              key={r.name}
              className={r.passthrough ? 'faint' : 'soft'}
              title={`${r.dtype}, ${r.passthrough ? 'passed through from the input' : 'written by this job'}`}
            >
              <span className="mono">{r.name}</span>
              {r.num_items.length > 0 && !compact && ` ${count(r.num_items.at(-1) ?? 0)}`}
            </span>
          ))}
        </div>
      </div>
    </section>
  );
}

function Downloads({ job, output, slots }: { job: Job; output: Output; slots: readonly string[] }): JSX.Element {
  const files = [...new Set(output.results.map((r) => r.metafiles.at(-1)).filter((f): f is string => f !== undefined))];
  const [busy, setBusy] = useState(false);
  const [rows, setRows] = useState<string | null>(null);
  const saveMap = async (slot: string): Promise<void> => {
    setBusy(true);
    try {
      const metafile = metafileOf(output, slot);
      const path = metafile === undefined ? null : mapPathIn(await fetchDatasetHead(job.project_uid, metafile), slot);
      if (path !== null) save(fileUrl(job.project_uid, path), path);
    } catch (error) {
      tellError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {slots.map((slot) => (
        <button
          key={slot}
          type="button"
          className="filter-chip"
          disabled={busy}
          onClick={() => void saveMap(slot)}
          title={`Download ${slot} as MRC`}
        >
          <Icon name="download" size={12} /> {slot}.mrc
        </button>
      ))}
      {files.slice(0, 1).map((file) => (
        <button
          key={file}
          type="button"
          className="filter-chip"
          onClick={() => setRows(file)}
          title={`Show the rows of ${file}`}
        >
          <Icon name="table" size={12} /> Rows
        </button>
      ))}
      <DatasetRows project_uid={job.project_uid} file={rows} onClose={() => setRows(null)} />
      {files.map((file) => (
        <a
          key={file}
          className="filter-chip"
          href={fileUrl(job.project_uid, file)}
          download={nameOf(file)}
          title={`Download ${file}`}
        >
          <Icon name="download" size={12} /> {nameOf(file).includes('passthrough') ? 'passthrough.cs' : '.cs'}
        </a>
      ))}
      <a
        className="filter-chip"
        href={fileUrl(job.project_uid, `${job.job_dir}/${job.uid}_${output.name}.csg`)}
        download={`${job.uid}_${output.name}.csg`}
        title="Download the group file, for import elsewhere"
      >
        <Icon name="download" size={12} /> .csg
      </a>
    </>
  );
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function save(url: string, path: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = nameOf(path);
  link.click();
}
