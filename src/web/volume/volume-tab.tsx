import { SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import { CsError } from '../../base/errors.ts';
import type { ErrorBody } from '../../base/errors.ts';
import type { Job } from '../../schema/model.ts';
import { volumeUrl } from '../api/client.ts';
import { value } from '../format/number.ts';
import { mapSlots, metafileOf } from '../jobs/output-card.tsx';
import { Empty, Lines, Problem } from '../parts/feedback.tsx';
import { fetchDatasetHead, mapPathIn } from './dataset-head.ts';
import { SliceView } from './slice-view.tsx';
import { SurfaceView } from './surface-view.tsx';
import { parseVolume } from './volume-data.ts';
import type { VolumeData } from './volume-data.ts';

/** Larger maps are binned by the server: a screen shows no more, and 256³ are 64 MB. */
const MAX_SIZE_PX = 256;

async function fetchVolume(
  project_uid: string,
  metafile: string,
  slot: string,
  signal: AbortSignal,
): Promise<VolumeData & { path: string }> {
  const path = mapPathIn(await fetchDatasetHead(project_uid, metafile, signal), slot);
  if (path === null) throw new CsError('notFound', 'CS_NO_MAP', `The dataset ${metafile} names no file for ${slot}.`);
  const response = await fetch(volumeUrl(project_uid, path, MAX_SIZE_PX), { signal });
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as ErrorBody | null;
    throw body?.message
      ? CsError.fromBody(body)
      : new CsError('external', 'CS_VOLUME_STREAM', `The map ${path} cannot be read (HTTP status ${response.status}).`);
  }
  return { ...parseVolume(await response.arrayBuffer()), path };
}

export interface VolumeTabProps {
  job: Job;
  /** `output.slot` */
  map: string | undefined;
  onChoose: (map: string) => void;
}

/** The maps of a job: surface and slices of the chosen one. */
export function VolumeTab({ job, map, onChoose }: VolumeTabProps): JSX.Element {
  const maps = job.outputs.flatMap((output) =>
    mapSlots(output).map((slot) => ({
      id: `${output.name}.${slot}`,
      slot,
      metafile: metafileOf(output, slot) ?? '',
      title: `${output.title}: ${slot}`,
    })),
  );
  const chosen = maps.find((m) => m.id === map) ?? maps[0];
  const [mode, setMode] = useState<'surface' | 'slices'>('surface');
  const volume = useQuery({
    queryKey: ['volume', job.project_uid, chosen?.metafile, chosen?.slot, job.completed_at],
    queryFn: ({ signal }) => fetchVolume(job.project_uid, chosen?.metafile ?? '', chosen?.slot ?? '', signal),
    enabled: chosen !== undefined,
    gcTime: 60_000,
  });
  if (!chosen) return <Empty icon="cube" title="This job has no map" />;
  return (
    <div className="volume">
      <div className="volume-bar">
        <Select
          w={230}
          aria-label="Map"
          value={chosen.id}
          data={maps.map((m) => ({ value: m.id, label: m.title }))}
          onChange={(id) => id && onChoose(id)}
        />
        <SegmentedControl
          size="xs"
          aria-label="Kind of view"
          value={mode}
          onChange={(v) => setMode(v)}
          data={[
            { value: 'surface', label: 'Surface' },
            { value: 'slices', label: 'Slices' },
          ]}
        />
        <span className="grow" />
        {volume.data && (
          <span className="faint small nowrap ellipsis" title={volume.data.path}>
            {volume.data.shape.toReversed().join(' × ')} voxels of {value(volume.data.psize_A, 4)} Å, values{' '}
            {value(volume.data.min, 3)} to {value(volume.data.max, 3)}, σ {value(volume.data.std, 3)}
          </span>
        )}
      </div>
      {volume.error && (
        <div style={{ padding: 16 }}>
          <Problem error={volume.error} onRetry={() => void volume.refetch()} />
        </div>
      )}
      {volume.isPending && (
        <div style={{ padding: 16 }}>
          <Lines count={6} height={32} />
        </div>
      )}
      {volume.data && mode === 'surface' && (
        <SurfaceView
          key={`${chosen.id} ${volume.dataUpdatedAt}`}
          volume={volume.data}
          name={`${job.uid}_${chosen.id}`}
          onNoSurface={() => setMode('slices')}
        />
      )}
      {volume.data && mode === 'slices' && <SliceView key={chosen.id} volume={volume.data} />}
    </div>
  );
}
