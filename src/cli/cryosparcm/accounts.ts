import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ApiInput } from '../../schema/api.ts';
import { type Command, type CommandArgs, type CommandOption, UsageError } from '../command.ts';
import { Instance } from '../instance.ts';
import { textTable } from '../text-table.ts';

const email: CommandOption = { type: 'string', summary: 'address that the user signs in with' };
const password: CommandOption = { type: 'string', summary: 'at least 8 characters; asked for when left out' };

export const createUserCommand: Command = {
  name: 'createuser',
  usage: '--email <email> --password <password> [options]',
  summary: 'Create an account for the web application.',
  details: 'The first account of an instance is an admin.',
  options: {
    email,
    password,
    username: { type: 'string', value: 'name', summary: 'name to show instead of the address' },
    firstname: { type: 'string', value: 'name', summary: 'first name' },
    lastname: { type: 'string', value: 'name', summary: 'last name' },
    admin: { type: 'boolean', summary: 'make it an admin' },
  },
  words: [0, 0],
  run: async (args) => {
    const address = required(args, 'email');
    const user = await Instance.open(process.env).call('users.create', {
      email: address,
      password: await passwordOf(args),
      username: args.text('username') ?? '',
      first_name: args.text('firstname') ?? '',
      last_name: args.text('lastname') ?? '',
      role: args.flag('admin') ? 'admin' : 'user',
    });
    process.stdout.write(`Created ${user.role} ${user.email} (id ${user.id}).\n`);
    return 0;
  },
};

export const resetPasswordCommand: Command = {
  name: 'resetpassword',
  usage: '--email <email> --password <password>',
  summary: "Set an account's password and end its sessions.",
  options: { email, password },
  words: [0, 0],
  run: async (args) => {
    const address = required(args, 'email');
    const instance = Instance.open(process.env);
    await instance.call('users.reset_password', { email: address, password: await passwordOf(args) });
    process.stdout.write(`The password of ${address} was set.\n`);
    return 0;
  },
};

export const updateUserCommand: Command = {
  name: 'updateuser',
  usage: '--email <email> [options]',
  summary: 'Change names, role or password of an account.',
  details: 'What is not named stays as it is. A new password ends the sessions of the account.',
  options: {
    email,
    password: { type: 'string', summary: 'a new password of at least 8 characters' },
    username: { type: 'string', value: 'name', summary: 'name to show instead of the address' },
    firstname: { type: 'string', value: 'name', summary: 'first name' },
    lastname: { type: 'string', value: 'name', summary: 'last name' },
    admin: { type: 'string', value: 'true|false', summary: 'make it an admin, or a plain user' },
  },
  words: [0, 0],
  run: async (args) => {
    const user_id = required(args, 'email');
    const admin = args.text('admin');
    if (admin !== undefined && admin !== 'true' && admin !== 'false') {
      throw new UsageError(`--admin takes true or false, found ${admin}.`);
    }
    const named = {
      password: args.text('password'),
      username: args.text('username'),
      first_name: args.text('firstname'),
      last_name: args.text('lastname'),
    };
    const changes: Partial<ApiInput<'users.update'>> = Object.fromEntries(
      Object.entries(named).filter(([, value]) => value !== undefined),
    );
    if (admin !== undefined) changes.role = admin === 'true' ? 'admin' : 'user';
    if (Object.keys(changes).length === 0) throw new UsageError('Nothing to change was named; see "help updateuser".');
    const user = await Instance.open(process.env).call('users.update', { user_id, ...changes });
    const name = `${user.first_name} ${user.last_name}`.trim();
    process.stdout.write(`${user.email}: ${user.role}, username ${user.username}${name === '' ? '' : `, ${name}`}.\n`);
    return 0;
  },
};

export const listUsersCommand: Command = {
  name: 'listusers',
  usage: '',
  summary: 'List all accounts.',
  words: [0, 0],
  run: async () => {
    const users = await Instance.open(process.env).call('users.list', {});
    const rows = users.map((u) => [
      u.email,
      u.role,
      u.username,
      `${u.first_name} ${u.last_name}`.trim(),
      u.id,
      u.created_at,
    ]);
    process.stdout.write(`${textTable(rows, { head: ['email', 'role', 'username', 'name', 'id', 'created'] })}\n`);
    return 0;
  },
};

function required(args: CommandArgs, option: string): string {
  const value = args.text(option);
  if (value === undefined || value === '') throw new UsageError(`--${option} is missing.`);
  return value;
}

/** The given password, or one typed at the terminal without showing it. */
async function passwordOf(args: CommandArgs): Promise<string> {
  const given = args.text('password');
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new UsageError('--password is missing.');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  const ask = async (text: string): Promise<string> => {
    process.stderr.write(text);
    const answer = await prompt.question('');
    process.stderr.write('\n');
    return answer;
  };
  try {
    const first = await ask('Password: ');
    if ((await ask('Once more: ')) === first) return first;
    throw new UsageError('The two passwords differ.');
  } finally {
    prompt.close();
  }
}
