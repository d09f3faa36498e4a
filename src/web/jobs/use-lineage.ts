import { useEffect, useMemo, useState } from 'react';
import type { Job } from '../../schema/model.ts';
import { layoutLineage } from './lineage.ts';
import type { Lineage, LineageNode } from './lineage.ts';

/** Up to here a layout takes less than a frame; above, a worker makes it while the page stays alive. */
const MOST_AT_ONCE = 200;
const NOTHING: Lineage = { nodes: new Map(), edges: [], columns: 0, rows: 0 };

/**
 * The layout of the jobs' lineage; laid out anew only when jobs or connections change, not with every status. While a
 * worker makes a new one, the old one stands; it is empty until the first is there.
 */
export function useLineage(jobs: readonly Job[], enabled: boolean): Lineage {
  // says all that the layout depends on, and equals itself when only the status of a job changed
  const shape = enabled ? jobs.map((j) => `${j.uid}:${j.parents.join(',')}`).join(';') : '';
  const nodes = useMemo(() => nodesOf(shape), [shape]);
  const many = nodes.length > MOST_AT_ONCE;
  const small = useMemo(() => (many ? NOTHING : layoutLineage(nodes)), [nodes, many]);
  const [large, setLarge] = useState(NOTHING);
  useEffect(() => {
    if (!many) return undefined;
    const worker = new Worker(new URL('./lineage-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<Lineage>) => setLarge(event.data));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage(nodes);
    // a layout that is overtaken by the next one is given up
    return () => worker.terminate();
  }, [nodes, many]);
  return many ? large : small;
}

function nodesOf(shape: string): LineageNode[] {
  return shape
    .split(';')
    .filter(Boolean)
    .map((node) => {
      const [uid = '', parents = ''] = node.split(':');
      return { uid, parents: parents.split(',').filter(Boolean) };
    });
}
