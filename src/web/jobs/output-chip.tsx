import type { JSX } from 'react';
import type { Job, Output } from '../../schema/model.ts';
import { setDragged } from '../builder/drag.ts';
import { nounOf } from '../builder/connect.ts';
import { count } from '../format/number.ts';
import { Icon } from '../parts/icons.tsx';
import type { IconName } from '../parts/icons.tsx';

const ICONS: Record<string, IconName> = {
  particle: 'cards',
  exposure: 'image',
  volume: 'cube',
  mask: 'slices',
  template: 'image',
};

export const iconOfType = (type: string): IconName => ICONS[type] ?? 'file';

/** An output of a job, to be dragged onto an input of the builder. */
export function OutputChip({ job, output }: { job: Job; output: Output }): JSX.Element {
  return (
    <span
      className={`chip type-${output.type}`}
      draggable
      data-output={`${job.uid}.${output.name}`}
      title={`${job.uid}.${output.name}: ${nounOf(output.type)}. Drag onto an input of a job that is being built.`}
      onDragStart={(event) => {
        event.dataTransfer.setData('text/plain', `${job.uid}.${output.name}`);
        event.dataTransfer.effectAllowed = 'link';
        event.stopPropagation();
        // after the browser took its picture of the chip: changes of the page before that can end the drag at once
        setTimeout(() => setDragged({ source: job, output }), 0);
      }}
      onDragEnd={() => setDragged(null)}
    >
      <Icon name={iconOfType(output.type)} size={12} />
      <span className="ellipsis">{output.title || output.name}</span>
      {output.num_items > 0 && <b>{count(output.num_items)}</b>}
    </span>
  );
}
