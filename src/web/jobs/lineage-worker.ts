import { layoutLineage } from './lineage.ts';
import type { LineageNode } from './lineage.ts';

// Runs in a worker of the browser: one message in, the jobs; one out, their places.
addEventListener('message', (event: MessageEvent<LineageNode[]>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  postMessage(layoutLineage(event.data));
});
