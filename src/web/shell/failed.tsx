import { Button } from '@mantine/core';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { JSX } from 'react';
import { asCsError } from '../../base/errors.ts';
import { Empty, Problem } from '../parts/feedback.tsx';

const RETRY_MS = 4000;

/** What shows when a page could not be opened. While the server is away the page opens itself when it is back. */
export function FailedPage({ error, reset }: { error: unknown; reset: () => void }): JSX.Element {
  const router = useRouter();
  const failure = asCsError(error);
  const away = failure.kind === 'external' || failure.details['status'] === 503;
  useEffect(() => {
    if (!away) return undefined;
    const timer = setInterval(() => void router.invalidate().then(reset), RETRY_MS);
    return () => clearInterval(timer);
  }, [away, router, reset]);
  return (
    <div className="page" style={{ maxWidth: 640, paddingTop: '14vh' }}>
      <h1>{away ? 'The instance cannot be reached' : 'This page could not be shown'}</h1>
      <Problem error={error} onRetry={() => void router.invalidate().then(reset)} />
      <p className="soft">
        {away ? (
          <>
            Tries again every few seconds. On the master, <code>cryosparcm status</code> shows what runs.
          </>
        ) : (
          'Reloading may help. If it does not, the code above tells where to look.'
        )}
      </p>
    </div>
  );
}

/** An address that this application does not have. */
export function NotFoundPage(): JSX.Element {
  return (
    <div className="page">
      <Empty icon="search" title="There is no such page">
        <Button component={Link} to="/">
          Dashboard
        </Button>
      </Empty>
    </div>
  );
}
