import { CsError } from '../../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import type { Handlers } from '../handlers.ts';

type Names =
  | 'auth.login'
  | 'auth.logout'
  | 'auth.me'
  | 'auth.create_token'
  | 'auth.list_tokens'
  | 'auth.revoke_token'
  | 'users.create'
  | 'users.list'
  | 'users.find'
  | 'users.reset_password'
  | 'users.change_password'
  | 'users.set_role'
  | 'users.delete';

export function accountHandlers({ accounts, credentials, projects, db }: Core): Handlers<Names> {
  return {
    'auth.login': async (input, who) => {
      const user = await accounts.login(input, who.address);
      who.cookie(credentials.startSession(user));
      return user;
    },
    'auth.logout': (_input, who) => {
      if (who.session) credentials.end(who.session);
      who.cookie(null);
      return {};
    },
    'auth.me': (_input, who) => who.user,
    'auth.create_token': (input, who) => {
      if (who.system)
        throw new CsError('input', 'CS_NO_ACCOUNT', 'A token belongs to an account: sign in to create one.');
      return credentials.createToken(who.user, input.title, input.expires_in_days);
    },
    'auth.list_tokens': (_input, who) => credentials.listTokens(who.user),
    'auth.revoke_token': (input, who) => {
      if (credentials.revokeToken(who.user, input.id)) return {};
      throw new CsError('notFound', 'CS_TOKEN_UNKNOWN', `You have no API token with id ${input.id}.`);
    },
    'users.create': (input) => accounts.create(input),
    'users.list': () => accounts.list(),
    'users.find': (input) => accounts.find(input.user_id),
    'users.reset_password': async (input) => {
      await accounts.resetPassword(input.email, input.password);
      return {};
    },
    'users.change_password': async (input, who) => {
      await accounts.changePassword(who.user, input.old_password, input.new_password, who.session);
      return {};
    },
    'users.set_role': (input) => accounts.setRole(input.user_id, input.role),
    'users.delete': (input, who) =>
      db.transaction(() => {
        const user = accounts.find(input.user_id);
        const heir = who.system ? accounts.list().find((u) => u.role === 'admin' && u.id !== user.id) : who.user;
        if (!heir || heir.id === user.id) {
          throw new CsError(
            'conflict',
            'CS_LAST_ADMIN',
            `No other admin is there to take over the projects of ${user.email}.`,
          );
        }
        projects.passOn(user, heir);
        accounts.delete(user);
        return {};
      }),
  };
}
