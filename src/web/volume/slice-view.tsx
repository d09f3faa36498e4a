import { Button, RangeSlider, SegmentedControl, Slider, Switch } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { JSX } from 'react';
import { value } from '../format/number.ts';
import { Icon } from '../parts/icons.tsx';
import { sliceOf, spreadOf } from './volume-data.ts';
import type { SliceAxis, VolumeData } from './volume-data.ts';

const CONTRAST: [number, number] = [-2, 6];
const AXIS_INDEX = { z: 0, y: 1, x: 2 } as const;

/** Planes of the map, or its projection, along one axis. */
export function SliceView({ volume }: { volume: VolumeData }): JSX.Element {
  const [axis, setAxis] = useState<SliceAxis>('z');
  const [fraction, setFraction] = useState(0.5);
  const [projection, setProjection] = useState(false);
  const [contrast, setContrast] = useState<[number, number]>(CONTRAST);
  const canvas = useRef<HTMLCanvasElement>(null);
  const depth = volume.shape[AXIS_INDEX[axis]];
  const at = Math.min(depth - 1, Math.floor(fraction * depth));
  const slice = useMemo(() => sliceOf(volume, axis, projection ? null : at), [volume, axis, projection, at]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    // a slice is judged by the whole map's spread, so that moving through it keeps the grey values; a projection by its own
    const { mean, std } = projection ? spreadOf(slice.values) : volume;
    const low = mean + contrast[0] * std;
    const gain = 255 / ((contrast[1] - contrast[0]) * (std || 1));
    element.width = slice.width;
    element.height = slice.height;
    const picture = context.createImageData(slice.width, slice.height);
    for (let row = 0; row < slice.height; row++) {
      // the second axis points up, as in the field's other viewers
      const from = (slice.height - 1 - row) * slice.width;
      for (let column = 0; column < slice.width; column++) {
        const grey = ((slice.values[from + column] ?? 0) - low) * gain;
        const to = (row * slice.width + column) * 4;
        picture.data[to] = picture.data[to + 1] = picture.data[to + 2] = grey;
        picture.data[to + 3] = 255;
      }
    }
    context.putImageData(picture, 0, 0);
  }, [slice, contrast, projection, volume]);

  const position_A = (at - Math.floor(depth / 2)) * volume.psize_A;
  const across = { z: 'x across, y up', y: 'x across, z up', x: 'y across, z up' }[axis];
  return (
    <div className="volume-main">
      <div className="volume-frame slices">
        <canvas
          ref={canvas}
          data-testid="slice"
          aria-label={`Slice along ${axis}`}
          style={{ aspectRatio: `${slice.width} / ${slice.height}` }}
        />
        <span className="volume-hint faint">{across}</span>
      </div>
      <aside className="volume-controls">
        <div className="volume-control">
          <span>Looking along</span>
          <SegmentedControl size="xs" fullWidth value={axis} onChange={(v) => setAxis(v)} data={['x', 'y', 'z']} />
        </div>
        <div className="volume-control">
          <span className="row">
            <strong className="grow">Plane</strong>
            <span className={projection ? 'faint' : ''}>
              {at + 1} of {depth}{' '}
              <span className="faint" title="from the centre">
                = {value(position_A, 4)} Å
              </span>
            </span>
          </span>
          <Slider
            size="sm"
            min={0}
            max={depth - 1}
            step={1}
            value={at}
            label={null}
            disabled={projection}
            thumbLabel="Plane"
            onChange={(plane) => setFraction((plane + 0.5) / depth)}
          />
        </div>
        <Switch
          label="Projection instead of one plane"
          checked={projection}
          onChange={(e) => setProjection(e.currentTarget.checked)}
        />
        <div className="volume-control">
          <span className="row">
            <span className="grow">Black and white at</span>
            <span>
              {value(contrast[0], 3)} σ, {value(contrast[1], 3)} σ
            </span>
          </span>
          <RangeSlider
            size="sm"
            min={-8}
            max={20}
            step={0.1}
            minRange={0.2}
            label={null}
            value={contrast}
            onChange={setContrast}
            thumbFromLabel="Black"
            thumbToLabel="White"
          />
        </div>
        <Button
          leftSection={<Icon name="reset" size={14} />}
          style={{ alignSelf: 'flex-start' }}
          onClick={() => {
            setContrast(CONTRAST);
            setFraction(0.5);
            setProjection(false);
            setAxis('z');
          }}
        >
          Reset
        </Button>
      </aside>
    </div>
  );
}
