import { Button, NumberInput, PasswordInput, Tabs, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JSX } from 'react';
import { reads, useCall, useMe } from '../api/queries.ts';
import { Empty, IconButton, Lines, Problem } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';

const route = getRouteApi('/app/account');

/** The user's own account: password and API tokens. */
export function AccountPage(): JSX.Element {
  const me = useMe();
  const navigate = useNavigate();
  const { tab } = route.useSearch();
  return (
    <div className="page" style={{ maxWidth: 760 }}>
      <div className="page-head">
        <h1 className="grow">{me.email}</h1>
        <span className="soft">{me.role === 'admin' ? 'Administrator' : 'User'}</span>
      </div>
      <Tabs
        value={tab ?? 'password'}
        onChange={(next) => void navigate({ to: '/account', search: next === 'tokens' ? { tab: 'tokens' } : {} })}
      >
        <Tabs.List>
          <Tabs.Tab value="password" leftSection={<Icon name="lock" size={14} />}>
            Password
          </Tabs.Tab>
          <Tabs.Tab value="tokens" leftSection={<Icon name="key" size={14} />}>
            API tokens
          </Tabs.Tab>
        </Tabs.List>
      </Tabs>
      {tab === 'tokens' ? <Tokens /> : <Password />}
    </div>
  );
}

function Password(): JSX.Element {
  const change = useCall('users.change_password');
  const [form, setForm] = useState({ old: '', next: '', again: '' });
  const differs = form.again !== '' && form.again !== form.next;
  return (
    <form
      className="card"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate(
          { old_password: form.old, new_password: form.next },
          {
            onSuccess: () => {
              tellDone('The password was changed.');
              setForm({ old: '', next: '', again: '' });
            },
          },
        );
      }}
    >
      <div className="body stack" style={{ maxWidth: 340 }}>
        <PasswordInput
          label="Present password"
          required
          autoComplete="current-password"
          value={form.old}
          onChange={(e) => setForm({ ...form, old: e.currentTarget.value })}
        />
        <PasswordInput
          label="New password"
          description="At least 8 characters"
          required
          minLength={8}
          autoComplete="new-password"
          value={form.next}
          onChange={(e) => setForm({ ...form, next: e.currentTarget.value })}
        />
        <PasswordInput
          label="New password again"
          required
          autoComplete="new-password"
          value={form.again}
          error={differs ? 'Differs from the one above.' : false}
          onChange={(e) => setForm({ ...form, again: e.currentTarget.value })}
        />
        {change.error && <Problem error={change.error} />}
        <Button
          type="submit"
          variant="filled"
          style={{ alignSelf: 'flex-start' }}
          loading={change.isPending}
          disabled={form.next.length < 8 || form.next !== form.again}
        >
          Change password
        </Button>
      </div>
    </form>
  );
}

function Tokens(): JSX.Element {
  const tokens = useQuery({ ...reads.tokens(), staleTime: 0 });
  const create = useCall('auth.create_token', [['tokens']]);
  const revoke = useCall('auth.revoke_token', [['tokens']]);
  const [title, setTitle] = useState('');
  const [days, setDays] = useState(14);
  return (
    <div className="stack">
      <p className="soft">
        A token lets a script act as you: it is sent as <code>Authorization: Bearer …</code> with calls to{' '}
        <a href="/openapi.json">the API</a>.
      </p>
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ title: title.trim(), expires_in_days: days }, { onSuccess: () => setTitle('') });
        }}
      >
        <div className="body row" style={{ alignItems: 'flex-end' }}>
          <TextInput
            className="grow"
            label="What it is for"
            required
            value={title}
            onChange={(e) => setTitle(e.currentTarget.value)}
          />
          <NumberInput
            w={130}
            label="Valid for, days"
            min={1}
            max={365}
            value={days}
            onChange={(v) => setDays(Number(v))}
          />
          <Button type="submit" variant="filled" loading={create.isPending} disabled={title.trim() === ''}>
            Create token
          </Button>
        </div>
      </form>
      {create.error && <Problem error={create.error} />}
      {create.data && (
        <div className="note">
          <strong>Copy it now: it is shown only this once.</strong>
          <div className="row" style={{ marginTop: 6 }}>
            <code className="grow" style={{ overflowWrap: 'anywhere' }}>
              {create.data.token}
            </code>
            <IconButton
              icon="copy"
              label="Copy the token"
              onClick={() =>
                void navigator.clipboard.writeText(create.data.token).then(() => tellDone('Copied.'), tellError)
              }
            />
          </div>
        </div>
      )}
      <section className="card">
        {tokens.isPending && (
          <div className="body">
            <Lines count={2} height={22} />
          </div>
        )}
        {tokens.error && (
          <div className="body">
            <Problem error={tokens.error} />
          </div>
        )}
        {tokens.data?.length === 0 && <Empty icon="key" title="No token yet" />}
        {tokens.data && tokens.data.length > 0 && (
          <table className="list">
            <thead>
              <tr>
                <th>For</th>
                <th>Made</th>
                <th>Ends</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {tokens.data.map((t) => (
                <tr key={t.id}>
                  <td>{t.title}</td>
                  <td className="soft">
                    <TimeAgo at={t.created_at} />
                  </td>
                  <td className="soft">{t.expires_at.slice(0, 10)}</td>
                  <td style={{ textAlign: 'right' }}>
                    <Button onClick={() => revoke.mutate({ id: t.id }, { onError: tellError })}>Revoke</Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </div>
  );
}
