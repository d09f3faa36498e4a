import type { Command } from '../command.ts';
import { Instance } from '../instance.ts';

export const envCommand: Command = {
  name: 'env',
  usage: '',
  summary: 'Print the environment of the instance for a shell: eval "$(cryosparcm env)".',
  words: [0, 0],
  run: async () => {
    const { settings } = Instance.open(process.env);
    const variables = Object.entries(process.env).filter(([name]) => name.startsWith('CRYOSPARC_'));
    const lines = variables
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `export ${name}=${shellQuote(value ?? '')}`);
    const bin = shellQuote(`${settings.install_dir}/bin:${settings.install_dir}/node_modules/.bin`);
    process.stdout.write(`${lines.join('\n')}\nexport PATH=${bin}:"$PATH"\n`);
    return 0;
  },
};

/** Text as one word of a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
