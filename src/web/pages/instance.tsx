import type { JSX } from 'react';
import { Lanes } from './instance-lanes.tsx';
import { Master } from './instance-master.tsx';
import { Workers } from './instance-workers.tsx';

/** Processes, database and settings of the master; lanes and workers, which administrators can change. */
export function InstancePage(): JSX.Element {
  return (
    <div className="page">
      <h1>Instance</h1>
      <div className="dashboard">
        <Workers />
        <div className="stack" style={{ gap: 16 }}>
          <Lanes />
          <Master />
        </div>
      </div>
    </div>
  );
}
