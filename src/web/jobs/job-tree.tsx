import { useEffect, useMemo, useRef, useState } from 'react';
import type { JSX } from 'react';
import { plural } from '../format/number.ts';
import { Icon } from '../parts/icons.tsx';
import { toneOf } from './job-list.ts';
import type { JobListProps } from './job-list.ts';
import type { Lineage, Placed } from './lineage.ts';
import { pickingOf } from './marks.ts';
import { OutputChip } from './output-chip.tsx';
import { STATUS } from './status.ts';

const NODE = { width: 196, height: 66, gapX: 20, gapY: 40, margin: 20 };
const STEP = { x: NODE.width + NODE.gapX, y: NODE.height + NODE.gapY };
/** Drawn this far beyond the window, so that scrolling shows no blanks. */
const OVERSCAN_PX = 300;

/** Left upper corner of a node, px. */
export function nodeAt(p: Placed): { x: number; y: number; width: number; height: number } {
  return {
    x: NODE.margin + p.column * STEP.x,
    y: NODE.margin + p.row * STEP.y,
    width: NODE.width,
    height: NODE.height,
  };
}

export type JobTreeProps = JobListProps & { lineage: Lineage };

/** The lineage of the jobs: what came out of what. Only what is in the window is drawn. */
export function JobTree({ jobs, lineage, typeTitles, selected, marked, onSelect, onOpen }: JobTreeProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const window_px = useScrollWindow(scroller);
  const byUid = useMemo(() => new Map(jobs.map((j) => [j.uid, j])), [jobs]);
  const width = NODE.margin * 2 + lineage.columns * STEP.x;
  const height = NODE.margin * 2 + lineage.rows * STEP.y;
  const isNear = (x: number, y: number, w: number, h: number): boolean =>
    x + w > window_px.left - OVERSCAN_PX &&
    x < window_px.right + OVERSCAN_PX &&
    y + h > window_px.top - OVERSCAN_PX &&
    y < window_px.bottom + OVERSCAN_PX;

  useEffect(() => {
    const place = selected === undefined ? undefined : lineage.nodes.get(selected);
    const element = scroller.current;
    if (!place || !element) return;
    const { x, y } = nodeAt(place);
    const left = x < element.scrollLeft || x + NODE.width > element.scrollLeft + element.clientWidth;
    const top = y < element.scrollTop || y + NODE.height > element.scrollTop + element.clientHeight;
    if (left || top)
      element.scrollTo({ left: x - element.clientWidth / 2 + NODE.width / 2, top: y - element.clientHeight / 3 });
  }, [selected, lineage]);

  // a wide tree has its roots far from its left edge: the first view shows the leftmost of them, not an empty corner
  const settled = useRef(false);
  useEffect(() => {
    const element = scroller.current;
    if (!element || settled.current || lineage.nodes.size === 0) return;
    settled.current = true;
    if (selected !== undefined && lineage.nodes.has(selected)) return;
    const roots = [...lineage.nodes.values()].filter((p) => p.row === 0).map((p) => nodeAt(p).x);
    const right = Math.min(...roots) + NODE.width + NODE.margin;
    if (right > element.clientWidth) element.scrollTo({ left: right - (element.clientWidth + NODE.width) / 2 });
  }, [lineage, selected]);

  const edges = lineage.edges.flatMap(({ from, to }) => {
    const a = lineage.nodes.get(from);
    const b = lineage.nodes.get(to);
    if (!a || !b) return [];
    const [p, q] = [nodeAt(a), nodeAt(b)];
    const [x1, y1, x2, y2] = [p.x + NODE.width / 2, p.y + NODE.height, q.x + NODE.width / 2, q.y];
    if (!isNear(Math.min(x1, x2), y1, Math.abs(x2 - x1), y2 - y1)) return [];
    const bend = Math.min(40, (y2 - y1) / 2);
    const lit = selected !== undefined && (from === selected || to === selected);
    return [{ key: `${from}-${to}`, lit, d: `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}` }];
  });

  return (
    <div className="job-tree" ref={scroller} role="tree" aria-multiselectable aria-label="Lineage of the jobs">
      {lineage.nodes.size === 0 && <div className="empty">Arranging {plural(jobs.length, 'job')} …</div>}
      <div style={{ position: 'relative', width, height }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map((e) => (
            <path key={e.key} d={e.d} className={e.lit ? 'lit' : ''} />
          ))}
        </svg>
        {[...lineage.nodes.values()].map((place) => {
          const job = byUid.get(place.uid);
          const { x, y } = nodeAt(place);
          if (!job || !isNear(x, y, NODE.width, NODE.height)) return null;
          const look = STATUS[job.status];
          const title = job.title || (typeTitles.get(job.type) ?? job.type);
          return (
            <div
              key={job.uid}
              className="tree-node"
              role="treeitem"
              aria-selected={job.uid === selected || marked.has(job.uid)}
              aria-label={`${job.uid} ${title}, ${look.word}`}
              data-job={job.uid}
              style={{ ...toneOf(job), left: x, top: y, width: NODE.width, height: NODE.height }}
              onClick={(event) => onSelect(job.uid, pickingOf(event))}
              onDoubleClick={() => onOpen(job.uid)}
            >
              <div className="row">
                <span className="uid">{job.uid}</span>
                <span className="grow" />
                <span className={`status ${job.status}`}>
                  <Icon name={look.icon} size={13} />
                  {look.word}
                </span>
              </div>
              <div className="ellipsis" title={title}>
                {title}
              </div>
              <div className="chips one-line">
                {job.outputs.slice(0, 2).map((output) => (
                  <OutputChip key={output.name} job={job} output={output} />
                ))}
              </div>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The visible rectangle of a scrolling element, px; moves in steps, so that scrolling does not draw at every pixel. */
function useScrollWindow(ref: React.RefObject<HTMLDivElement | null>): {
  left: number;
  top: number;
  right: number;
  bottom: number;
} {
  const [box, setBox] = useState({ left: 0, top: 0, right: 2000, bottom: 1400 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const read = (): void => {
      const grain = OVERSCAN_PX / 2;
      const left = Math.floor(element.scrollLeft / grain) * grain;
      const top = Math.floor(element.scrollTop / grain) * grain;
      setBox((old) => {
        const next = {
          left,
          top,
          right: left + element.clientWidth + grain,
          bottom: top + element.clientHeight + grain,
        };
        return old.left === next.left && old.top === next.top && old.right === next.right && old.bottom === next.bottom
          ? old
          : next;
      });
    };
    read();
    element.addEventListener('scroll', read, { passive: true });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', read);
      observer.disconnect();
    };
  }, [ref]);
  return box;
}
