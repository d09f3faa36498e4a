import { Link } from '@tanstack/react-router';
import type { JSX } from 'react';

/** Jobs by uid, each a link, after a word that says how they are related. */
export function JobLinks(props: { word: string; project_uid: string; uids: readonly string[] }): JSX.Element | null {
  if (props.uids.length === 0) return null;
  return (
    <span>
      {props.word}{' '}
      {props.uids.map((uid, i) => (
        <span key={uid}>
          {i > 0 && ', '}
          <Link to="/projects/$projectUid/jobs/$jobUid" params={{ projectUid: props.project_uid, jobUid: uid }}>
            {uid}
          </Link>
        </span>
      ))}
    </span>
  );
}
