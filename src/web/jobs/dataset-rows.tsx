import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { JSX } from 'react';
import { count, value } from '../format/number.ts';
import { Lines, Problem } from '../parts/feedback.tsx';
import { fetchDatasetHead } from '../volume/dataset-head.ts';
import type { DatasetHead } from '../volume/dataset-head.ts';

const MOST_ROWS = 100;

export interface DatasetRowsProps {
  project_uid: string;
  /** dataset file relative to the project directory; null: closed */
  file: string | null;
  onClose: () => void;
}

/** The first rows of a dataset with all its columns. */
export function DatasetRows({ project_uid, file, onClose }: DatasetRowsProps): JSX.Element {
  const head = useQuery({
    queryKey: ['dataset', project_uid, file],
    queryFn: ({ signal }) => fetchDatasetHead(project_uid, file ?? '', signal),
    enabled: file !== null,
    staleTime: 0,
  });
  return (
    <Modal opened={file !== null} onClose={onClose} size="90vw" title={<strong className="mono">{file}</strong>}>
      {head.error && <Problem error={head.error} onRetry={() => void head.refetch()} />}
      {head.isPending && <Lines count={10} />}
      {head.data && <Rows head={head.data} />}
    </Modal>
  );
}

function Rows({ head }: { head: DatasetHead }): JSX.Element {
  const shown = head.rows.slice(0, MOST_ROWS);
  return (
    <div className="stack">
      <span className="soft">
        {count(head.columns.length)} columns, {count(head.length)} rows
        {head.length > shown.length && `; the first ${count(shown.length)} are shown`}
      </span>
      <div style={{ overflow: 'auto', maxHeight: '70vh' }}>
        <table className="list dataset">
          <thead>
            <tr>
              {head.columns.map((c) => (
                <th key={c.name} title={`${c.type}${c.shape.length > 0 ? `, shape ${c.shape.join(' × ')}` : ''}`}>
                  {c.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={String(row[0])}>
                {row.map((cell, i) => (
                  <td key={head.columns[i]?.name} className={typeof cell === 'string' ? '' : 'num'}>
                    {cellText(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function cellText(cell: DatasetHead['rows'][number][number]): string {
  if (typeof cell === 'string' || typeof cell === 'bigint') return String(cell);
  return Array.isArray(cell) ? cell.map((v) => value(v)).join(', ') : value(cell, 6);
}
