import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { JSX } from 'react';
import type { JobEvent } from '../../schema/events.ts';
import type { Job } from '../../schema/model.ts';
import { bytes, count } from '../format/number.ts';
import { absoluteTime, clockTime } from '../format/time.ts';
import { Empty } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { FigureView } from '../plot/figure-view.tsx';
import { LOG_FILTERS, selectEvents } from './event-store.ts';
import type { LogFilter } from './event-store.ts';
import { EventImages } from './event-images.tsx';

/** This many events are in the page at first; earlier ones come on demand. */
const CHUNK = 1000;
/** Nearer to the end than this the log follows what is written. */
const FOLLOW_PX = 40;

const FILTER_WORDS: Record<LogFilter, string> = {
  all: 'All',
  text: 'Text',
  problems: 'Warnings, errors',
  plots: 'Plots',
};

/** The event log: filter, search, and follow mode, which ends when one scrolls up. */
export function EventLog({ job, events }: { job: Job; events: readonly JobEvent[] }): JSX.Element {
  const [filter, setFilter] = useState<LogFilter>('all');
  const [query, setQuery] = useState('');
  const [chunks, setChunks] = useState(1);
  const [follow, setFollow] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const found = selectEvents(events, filter, query);
  const shown = found.slice(-CHUNK * chunks);

  useLayoutEffect(() => {
    if (follow && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  });

  // pictures and figures grow after they were put in; the end must stay the end
  useEffect(() => {
    const inner = scroller.current?.firstElementChild;
    if (!follow || !inner) return undefined;
    const observer = new ResizeObserver(() => {
      if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
    });
    observer.observe(inner);
    return () => observer.disconnect();
  }, [follow]);

  const onScroll = (): void => {
    const e = scroller.current;
    if (e) setFollow(e.scrollHeight - e.scrollTop - e.clientHeight < FOLLOW_PX);
  };

  return (
    <div className="log">
      <div className="log-bar">
        <SegmentedControl
          size="xs"
          aria-label="Kinds of events"
          value={filter}
          onChange={(v) => setFilter(v)}
          data={(Object.keys(LOG_FILTERS) as LogFilter[]).map((value) => ({ value, label: FILTER_WORDS[value] }))}
        />
        <TextInput
          w={200}
          placeholder="Search the log"
          aria-label="Search the log"
          leftSection={<Icon name="search" size={13} />}
          value={query}
          onChange={(e) => setQuery(e.currentTarget.value)}
        />
        <span className="grow" />
        <span className="faint nowrap">{count(found.length)} events</span>
        <Button
          leftSection={<Icon name="down" size={14} />}
          variant={follow ? 'light' : 'default'}
          onClick={() => setFollow(!follow)}
          aria-pressed={follow}
          title="Keep the newest event in view; scrolling up ends it"
        >
          {follow ? 'Following' : 'Follow'}
        </Button>
      </div>
      <div
        className="log-scroll"
        ref={scroller}
        onScroll={onScroll}
        onWheel={(e) => e.deltaY < 0 && setFollow(false)}
        tabIndex={0}
        aria-label="Event log"
      >
        <div>
          {found.length > shown.length && (
            <div className="log-earlier">
              <Button onClick={() => setChunks(chunks + 1)}>
                Show {count(Math.min(CHUNK, found.length - shown.length))} earlier events
              </Button>
            </div>
          )}
          {events.length === 0 && (
            <Empty
              icon="file"
              title={
                job.status === 'building' || job.status === 'queued'
                  ? 'The log begins when the job runs'
                  : 'The log is empty'
              }
            />
          )}
          {events.length > 0 && found.length === 0 && <Empty icon="filter" title="No event fits the filter" />}
          {shown.map((event) => (
            <EventRow key={event.id} event={event} project_uid={job.project_uid} job_dir={job.job_dir} />
          ))}
        </div>
      </div>
    </div>
  );
}

const EventRow = memo(function EventRow({
  event,
  project_uid,
  job_dir,
}: {
  event: JobEvent;
  project_uid: string;
  job_dir: string;
}): JSX.Element {
  return (
    <div className={`event is-${event.type}`} data-event={event.id}>
      <time dateTime={event.created_at} title={absoluteTime(event.created_at)}>
        {clockTime(event.created_at)}
      </time>
      <span
        className="memory"
        title={`Memory of the job ${bytes(event.cpumem_mb * 1e6)}, ${bytes(event.avail_mb * 1e6)} free on the machine`}
      >
        {bytes(event.cpumem_mb * 1e6)}
      </span>
      <div className="event-body">
        <EventBody event={event} project_uid={project_uid} job_dir={job_dir} />
      </div>
    </div>
  );
});

function EventBody({
  event,
  project_uid,
  job_dir,
}: {
  event: JobEvent;
  project_uid: string;
  job_dir: string;
}): JSX.Element | null {
  switch (event.type) {
    case 'text':
      return <pre>{event.text}</pre>;
    case 'warning':
    case 'error':
      return (
        <pre className="row" style={{ alignItems: 'flex-start' }}>
          <Icon name="alert" size={14} />
          <span>
            <b>{event.type === 'error' ? 'Error' : 'Warning'}</b> {event.text}
          </span>
        </pre>
      );
    case 'progress': {
      const percent = Math.round(event.fraction * 100);
      return (
        <div className="event-progress">
          <div className="progress">
            <div style={{ width: `${percent}%` }} />
          </div>
          <span className="nowrap">{percent} %</span>
          <span className="soft ellipsis">{event.text}</span>
        </div>
      );
    }
    case 'image':
      return <EventImages event={event} project_uid={project_uid} job_dir={job_dir} />;
    case 'figure':
      return (
        <div className="event-figure">
          {event.text !== '' && <pre>{event.text}</pre>}
          <FigureView figure={event.figure} />
        </div>
      );
    case 'checkpoint':
      return null;
    default:
      throw new TypeError(`unknown event ${JSON.stringify(event satisfies never)}`);
  }
}
