import { Button, RangeSlider, SegmentedControl, Select, Slider, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { JSX } from 'react';
import { value } from '../format/number.ts';
import { Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { tellError } from '../parts/toasts.tsx';
import { saveFile } from '../plot/figure-export.ts';
import { SurfaceScene, surfaceProblem } from './scene.ts';
import type { SurfaceLook } from './scene.ts';
import { firstLevel_sigma } from './volume-data.ts';
import type { VolumeData } from './volume-data.ts';

const TINTS = [
  { value: '#6f9fd8', label: 'Blue' },
  { value: '#8fb996', label: 'Green' },
  { value: '#d9a45f', label: 'Amber' },
  { value: '#c4c9d1', label: 'Grey' },
  { value: '#c98aa8', label: 'Rose' },
];

const GROUNDS = { light: '#f7f8fa', dark: '#0c0f13' } as const;

const LOOK = { tint: '#6f9fd8', colouring: 'one', ambient: 0.32, shine: 0.5, slab: [-1, 1] } as const;

export interface SurfaceViewProps {
  volume: VolumeData;
  /** base name of saved pictures */
  name: string;
  onNoSurface: () => void;
}

/** The isosurface with its controls. */
export function SurfaceView({ volume, name, onNoSurface }: SurfaceViewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const scene = useRef<SurfaceScene | null>(null);
  const [error] = useState(() => surfaceProblem(volume));
  const ground = GROUNDS[useComputedColorScheme('light')];
  const first = firstLevel_sigma(volume);
  const [look, setLook] = useState<Omit<SurfaceLook, 'ground'>>({ ...LOOK, level_sigma: first });
  const change = (patch: Partial<SurfaceLook>): void => setLook((old) => ({ ...old, ...patch }));
  const top = Math.max(0.5, Math.ceil(((volume.max - volume.mean) / (volume.std || 1)) * 10) / 10);

  useEffect(() => {
    const element = canvas.current;
    const outer = frame.current;
    if (!element || !outer) return undefined;
    const made = new SurfaceScene(element, volume);
    scene.current = made;
    const observer = new ResizeObserver(() => made.resize(outer.clientWidth, outer.clientHeight));
    observer.observe(outer);
    return () => {
      observer.disconnect();
      made.dispose();
      scene.current = null;
    };
  }, [volume]);

  useEffect(() => {
    scene.current?.show({ ...look, ground });
  }, [look, ground]);

  if (error !== null) {
    return (
      <div className="stack" style={{ padding: 16 }}>
        <Problem error={error} />
        <Button onClick={onNoSurface} style={{ alignSelf: 'flex-start' }}>
          Show slices
        </Button>
      </div>
    );
  }
  const save = async (): Promise<void> => {
    const picture = await scene.current?.picture();
    if (picture) saveFile(`${name}.png`, picture);
  };
  return (
    <div className="volume-main">
      <div className="volume-frame" ref={frame} style={{ background: ground }}>
        <canvas
          ref={canvas}
          data-testid="surface"
          tabIndex={0}
          aria-label="Isosurface: drag to turn, wheel to zoom, right drag to move"
        />
        <span className="volume-hint faint">Drag to turn, wheel to zoom, right drag to move</span>
      </div>
      <aside className="volume-controls">
        <label className="volume-control" htmlFor="level">
          <span className="row">
            <strong className="grow">Threshold</strong>
            <span>
              {value(look.level_sigma, 3)} σ{' '}
              <span className="faint">= {value(volume.mean + look.level_sigma * volume.std, 3)}</span>
            </span>
          </span>
          <Slider
            id="level"
            size="sm"
            min={0}
            max={top}
            step={top > 20 ? 0.1 : 0.02}
            value={look.level_sigma}
            label={null}
            thumbLabel="Threshold in sigma"
            onChange={(level_sigma) => change({ level_sigma })}
          />
        </label>
        <div className="volume-control">
          <span>Colour</span>
          <SegmentedControl
            size="xs"
            fullWidth
            value={look.colouring}
            onChange={(v) => change({ colouring: v })}
            data={[
              { value: 'one', label: 'One' },
              { value: 'radius', label: 'By radius' },
              { value: 'height', label: 'By height' },
            ]}
          />
          {look.colouring === 'one' && (
            <Select aria-label="Tint" data={TINTS} value={look.tint} onChange={(tint) => tint && change({ tint })} />
          )}
        </div>
        <div className="volume-control">
          <span>Slab, front to back</span>
          <RangeSlider
            size="sm"
            min={-1}
            max={1}
            step={0.01}
            minRange={0.02}
            label={null}
            value={[look.slab[0], look.slab[1]]}
            onChange={(slab) => change({ slab })}
            thumbFromLabel="Front"
            thumbToLabel="Back"
          />
        </div>
        <div className="volume-control">
          <span>Ambient light</span>
          <Slider
            size="sm"
            min={0}
            max={1}
            step={0.02}
            label={null}
            value={look.ambient}
            onChange={(ambient) => change({ ambient })}
            thumbLabel="Ambient light"
          />
          <span>Shine</span>
          <Slider
            size="sm"
            min={0}
            max={1}
            step={0.02}
            label={null}
            value={look.shine}
            onChange={(shine) => change({ shine })}
            thumbLabel="Shine"
          />
        </div>
        <div className="volume-control">
          <span>Look along</span>
          <div className="row">
            {(['x', 'y', 'z'] as const).map((axis) => (
              <Button key={axis} onClick={() => scene.current?.lookAlong(axis)}>
                {axis}
              </Button>
            ))}
          </div>
        </div>
        <div className="row wrap">
          <Button
            leftSection={<Icon name="reset" size={14} />}
            onClick={() => {
              setLook({ ...LOOK, level_sigma: first });
              scene.current?.reset();
            }}
          >
            Reset
          </Button>
          <Button leftSection={<Icon name="camera" size={14} />} onClick={() => void save().catch(tellError)}>
            Save PNG
          </Button>
        </div>
      </aside>
    </div>
  );
}
