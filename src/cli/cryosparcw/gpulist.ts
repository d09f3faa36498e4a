import { findGpus, type GpuInfo } from '../../host/gpus.ts';
import { textTable } from '../text-table.ts';
import { type Command, EXIT } from './commands.ts';

export const gpulist: Command = {
  name: 'gpulist',
  summary: 'List the GPUs of this machine with their numbers.',
  details: 'The numbers are those that `connect --gpus` takes.',
  options: [],
  run: async () => {
    process.stdout.write(`${gpuTable(findGpus())}\n`);
    return EXIT.ok;
  },
};

export function gpuTable(gpus: readonly GpuInfo[]): string {
  if (gpus.length === 0) return 'No GPUs found';
  const rows = gpus.map((g) => [
    g.id,
    g.pci_address,
    g.name,
    g.mem > 0 ? `${Math.round(g.mem / 2 ** 20)} MB` : '-',
    g.driver || '-',
  ]);
  return textTable(rows, { head: ['id', 'pci-bus', 'name', 'memory', 'driver'] });
}
