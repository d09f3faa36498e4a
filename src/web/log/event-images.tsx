import { Modal } from '@mantine/core';
import { useState } from 'react';
import type { JSX } from 'react';
import type { JobEvent } from '../../schema/events.ts';
import { fileUrl } from '../api/client.ts';

type ImageEvent = Extract<JobEvent, { type: 'image' }>;

/** Narrower pictures are shown this wide. */
const SMALL_PX = 128;

/** Pictures of one event; a click shows one enlarged, pixels kept sharp. Their places are kept while they load. */
export function EventImages({
  event,
  project_uid,
  job_dir,
}: {
  event: ImageEvent;
  project_uid: string;
  job_dir: string;
}): JSX.Element {
  const [open, setOpen] = useState<ImageEvent['images'][number] | null>(null);
  const url = (path: string): string => fileUrl(project_uid, `${job_dir}/${path}`);
  return (
    <div>
      {event.text !== '' && <pre className="event-text">{event.text}</pre>}
      <div className="event-images">
        {event.images.map((image) => (
          <figure key={image.path}>
            <button
              type="button"
              className="plain"
              onClick={() => setOpen(image)}
              aria-label={`Enlarge ${image.title}`}
            >
              <img
                src={url(image.path)}
                alt={image.title}
                loading="lazy"
                className={image.width < SMALL_PX ? 'small' : ''}
                width={Math.max(SMALL_PX, image.width)}
                height={Math.round((image.height * Math.max(SMALL_PX, image.width)) / image.width)}
                style={{ aspectRatio: `${image.width} / ${image.height}` }}
              />
            </button>
            {event.images.length > 1 && <figcaption className="faint small">{image.title}</figcaption>}
          </figure>
        ))}
      </div>
      <Modal opened={open !== null} onClose={() => setOpen(null)} title={<strong>{open?.title}</strong>} size="90vw">
        {open && (
          <div className="stack">
            <img className="enlarged" src={url(open.path)} alt={open.title} />
            <a href={url(open.path)} download>
              Download PNG ({open.width} × {open.height})
            </a>
          </div>
        )}
      </Modal>
    </div>
  );
}
