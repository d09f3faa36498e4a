import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { JSX } from 'react';
import { asCsError } from '../../base/errors.ts';
import type { CsError } from '../../base/errors.ts';
import { call } from '../api/client.ts';
import { Icon } from '../parts/icons.tsx';

const route = getRouteApi('/login');

export function LoginPage(): JSX.Element {
  const { to } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const version = useQuery({ queryKey: ['version'], queryFn: () => call('instance.version', {}) });
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CsError | null>(null);
  const [wait_s, setWait] = useCountdown();

  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const me = await call('auth.login', { email: email.trim(), password });
      client.clear();
      client.setQueryData(['me'], me);
      router.history.push(to ?? '/');
    } catch (caught) {
      const failure = asCsError(caught);
      setError(failure);
      setWait(Math.ceil(Number(failure.details['retry_after_s'] ?? 0)));
      setBusy(false);
    }
  };

  return (
    <div className="login">
      <form
        className="card login-card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="row" style={{ gap: 12 }}>
          <img src="/favicon.svg" width={36} height={36} alt="" />
          <div>
            <h1>open cryoSPARC</h1>
            <div className="faint">{version.data ?? (version.error ? 'not reachable' : '\u00a0')}</div>
          </div>
        </div>
        <TextInput
          label="Email"
          type="email"
          size="sm"
          autoComplete="username"
          value={email}
          autoFocus
          required
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          size="sm"
          autoComplete="current-password"
          value={password}
          required
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        <div className="login-message" role="alert">
          {error && (
            <div className="problem">
              <Icon name="alert" />
              <span>{wait_s > 0 ? `Too many failed sign-ins. Try again in ${wait_s} s.` : error.message}</span>
            </div>
          )}
          {!error && version.error && (
            <div className="problem">
              <Icon name="alert" />
              <span>{version.error.message}</span>
            </div>
          )}
        </div>
        <Button type="submit" size="sm" variant="filled" fullWidth loading={busy} disabled={wait_s > 0}>
          Sign in
        </Button>
        <details className="soft">
          <summary>No account yet?</summary>
          <p>An administrator makes accounts on the page Users. The first one is made in a shell on the master:</p>
          <pre className="code">
            {'cryosparcm createuser --email you@example.org \\\n  --password … --firstname … --lastname …'}
          </pre>
          <p>
            A forgotten password is reset by an administrator, or there with <code>cryosparcm resetpassword</code>.
          </p>
        </details>
      </form>
    </div>
  );
}

/** Seconds for which the server refuses further attempts, counted down. */
function useCountdown(): [number, (seconds: number) => void] {
  const [left_s, setLeft] = useState(0);
  useEffect(() => {
    if (left_s <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left_s - 1), 1000);
    return () => clearTimeout(timer);
  }, [left_s]);
  return [left_s, setLeft];
}
