import { Button, Menu, Modal, PasswordInput, Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { JSX } from 'react';
import type { User } from '../../schema/model.ts';
import { call } from '../api/client.ts';
import { reads, useCall, useMe } from '../api/queries.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Confirm, Empty, Lines, Problem } from '../parts/feedback.tsx';
import type { Question } from '../parts/feedback.tsx';
import { Icon } from '../parts/icons.tsx';
import { TimeAgo } from '../parts/time-ago.tsx';
import { tellDone, tellError } from '../parts/toasts.tsx';

/** Accounts; for administrators. */
export function UsersPage(): JSX.Element {
  const me = useMe();
  const users = useQuery({ ...reads.users(), staleTime: 0 });
  const [creating, setCreating] = useState(false);
  const [resetting, setResetting] = useState<User | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const client = useQueryClient();
  const setRole = useCall('users.set_role', [['users']]);
  if (me.role !== 'admin') {
    return (
      <div className="page">
        <Empty icon="lock" title="Only administrators see this page" />
      </div>
    );
  }
  const remove = (user: User): void =>
    setQuestion({
      title: `Delete ${user.email}`,
      text: `The account is removed and signed out. Its projects pass to you.`,
      verb: 'Delete account',
      danger: true,
      act: async () => {
        await call('users.delete', { user_id: user.id });
        await client.invalidateQueries({ queryKey: ['users'] });
        tellDone(`${user.email} was deleted.`);
      },
    });
  return (
    <div className="page">
      <div className="page-head">
        <h1 className="grow">Users</h1>
        <Button variant="filled" leftSection={<Icon name="plus" size={14} />} onClick={() => setCreating(true)}>
          New user
        </Button>
      </div>
      {users.error && <Problem error={users.error} onRetry={() => void users.refetch()} />}
      <section className="card" style={{ overflowX: 'auto' }}>
        {users.isPending ? (
          <div className="body">
            <Lines count={4} height={24} />
          </div>
        ) : (
          <table className="list">
            <thead>
              <tr>
                <th>Email</th>
                <th>Name</th>
                <th>Role</th>
                <th>Since</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {(users.data ?? []).map((user) => (
                <tr key={user.id}>
                  <td style={{ fontWeight: 500 }}>
                    {user.email} {user.id === me.id && <span className="faint">you</span>}
                  </td>
                  <td className="soft">
                    {[user.first_name, user.last_name].filter(Boolean).join(' ') || user.username}
                  </td>
                  <td>
                    <Select
                      w={150}
                      aria-label={`Role of ${user.email}`}
                      value={user.role}
                      data={[
                        { value: 'user', label: 'User' },
                        { value: 'admin', label: 'Administrator' },
                      ]}
                      onChange={(role) =>
                        role &&
                        role !== user.role &&
                        setRole.mutate({ user_id: user.id, role: role }, { onError: tellError })
                      }
                    />
                  </td>
                  <td className="soft">
                    <TimeAgo at={user.created_at} />
                  </td>
                  <td style={{ textAlign: 'right' }}>
                    <Menu>
                      <Menu.Target>
                        <button type="button" className="icon-button" aria-label={`Actions for ${user.email}`}>
                          <Icon name="dots" />
                        </button>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item leftSection={<Icon name="key" size={14} />} onClick={() => setResetting(user)}>
                          Set a new password
                        </Menu.Item>
                        <Menu.Item
                          leftSection={<Icon name="trash" size={14} />}
                          color="var(--status-failed)"
                          disabled={user.id === me.id}
                          onClick={() => remove(user)}
                        >
                          Delete account
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <Modal opened={creating} onClose={() => setCreating(false)} title={<strong>New user</strong>}>
        {creating && <CreateUser onClose={() => setCreating(false)} />}
      </Modal>
      <Modal
        opened={resetting !== null}
        onClose={() => setResetting(null)}
        title={<strong>New password for {resetting?.email}</strong>}
      >
        {resetting && <ResetPassword email={resetting.email} onClose={() => setResetting(null)} />}
      </Modal>
      <Confirm question={question} onClose={() => setQuestion(null)} />
    </div>
  );
}

function CreateUser({ onClose }: { onClose: () => void }): JSX.Element {
  const create = useCall('users.create', [['users']]);
  const [form, setForm] = useState({
    email: '',
    password: '',
    first_name: '',
    last_name: '',
    username: '',
    role: 'user' as User['role'],
  });
  const set = (patch: Partial<typeof form>): void => setForm({ ...form, ...patch });
  return (
    <DialogForm
      verb="Create user"
      busy={create.isPending}
      error={create.error}
      onSubmit={() =>
        create.mutate(form, {
          onSuccess: () => {
            tellDone(`${form.email} can now sign in.`);
            onClose();
          },
        })
      }
      onClose={onClose}
    >
      <TextInput
        label="Email"
        type="email"
        required
        value={form.email}
        onChange={(e) => set({ email: e.currentTarget.value })}
        data-autofocus
        autoComplete="off"
      />
      <PasswordInput
        label="Password"
        description="At least 8 characters. The user can change it."
        required
        value={form.password}
        onChange={(e) => set({ password: e.currentTarget.value })}
        autoComplete="new-password"
      />
      <div className="row">
        <TextInput
          className="grow"
          label="First name"
          value={form.first_name}
          onChange={(e) => set({ first_name: e.currentTarget.value })}
        />
        <TextInput
          className="grow"
          label="Last name"
          value={form.last_name}
          onChange={(e) => set({ last_name: e.currentTarget.value })}
        />
      </div>
      <Select
        label="Role"
        value={form.role}
        data={[
          { value: 'user', label: 'User' },
          { value: 'admin', label: 'Administrator' },
        ]}
        onChange={(role) => role && set({ role: role })}
      />
    </DialogForm>
  );
}

function ResetPassword({ email, onClose }: { email: string; onClose: () => void }): JSX.Element {
  const reset = useCall('users.reset_password');
  const [password, setPassword] = useState('');
  return (
    <DialogForm
      verb="Set password"
      busy={reset.isPending}
      error={reset.error}
      onSubmit={() =>
        reset.mutate(
          { email, password },
          {
            onSuccess: () => {
              tellDone(`${email} has a new password.`);
              onClose();
            },
          },
        )
      }
      onClose={onClose}
    >
      <PasswordInput
        label="New password"
        description="At least 8 characters. All sessions of the account end."
        required
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
        data-autofocus
        autoComplete="new-password"
      />
    </DialogForm>
  );
}
