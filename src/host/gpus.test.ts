import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { test, type TestContext } from 'node:test';
import { findGpus } from './gpus.ts';

/** A directory with `proc` and `sys` below it, holding these files and links. */
function machine(
  t: TestContext,
  files: Record<string, string>,
  links: Record<string, string> = {},
): { proc: string; sys: string } {
  const root = mkdtempSync(`${tmpdir()}/cs-gpus-`);
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    writeFileSync(`${root}/${path}`, text);
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true });
    symlinkSync(`${root}/${target}`, `${root}/${path}`);
  }
  return { proc: `${root}/proc`, sys: `${root}/sys` };
}

const none = (): null => null;

test('a machine without any is an empty list', (t) => {
  assert.deepEqual(findGpus({ ...machine(t, {}), nvidiaSmi: none }), []);
});

test('NVIDIA devices come from nvidia-smi with memory in bytes', (t) => {
  const nvidiaSmi = (): string =>
    '0, NVIDIA GeForce GTX 1080 Ti, 11264, 535.129.03, 00000000:3B:00.0\n1, NVIDIA A100-SXM4-80GB, 81920, 535.129.03, 00000000:D8:00.0\n';
  const gpus = findGpus({ ...machine(t, {}), nvidiaSmi });
  assert.deepEqual(
    gpus.map((g) => [g.id, g.name, g.mem / 2 ** 20, g.driver, g.pci_address]),
    [
      [0, 'NVIDIA GeForce GTX 1080 Ti', 11264, '535.129.03', '0000:3b:00.0'],
      [1, 'NVIDIA A100-SXM4-80GB', 81920, '535.129.03', '0000:d8:00.0'],
    ],
  );
});

test('without nvidia-smi the driver’s own files name them, and the same device in sysfs is not counted twice', (t) => {
  const information = 'Model: \t\t Tesla T4\nIRQ:   \t\t 41\nBus Location: \t 0000:00:1e.0\nDevice Minor: \t 0\n';
  const pci = 'sys/devices/pci0000:00/0000:00:1e.0';
  const sources = machine(
    t,
    {
      'proc/driver/nvidia/gpus/0000:00:1e.0/information': information,
      'proc/driver/nvidia/version':
        'NVRM version: NVIDIA UNIX x86_64 Kernel Module  470.82.01  Wed Oct 27\nGCC version: 9\n',
      [`${pci}/vendor`]: '0x10de\n',
      [`${pci}/device`]: '0x1eb8\n',
    },
    { 'sys/class/drm/card0/device': pci },
  );
  const [gpu, ...rest] = findGpus({ ...sources, nvidiaSmi: none });
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [gpu.vendor, gpu.name, gpu.driver, gpu.pci_address],
    ['NVIDIA', 'Tesla T4', '470.82.01', '0000:00:1e.0'],
  );
});

test('AMD and Intel devices come from sysfs, once each; connectors and other vendors are passed over', (t) => {
  const [amd, intel, server] = ['03', '04', '05'].map((bus) => `sys/devices/pci0000:00/0000:${bus}:00.0`);
  const sources = machine(
    t,
    {
      [`${amd}/vendor`]: '0x1002\n',
      [`${amd}/product_name`]: 'AMD Instinct MI210\n',
      [`${amd}/mem_info_vram_total`]: '68702699520\n',
      [`${intel}/vendor`]: '0x8086\n',
      [`${intel}/device`]: '0x56c0\n',
      [`${server}/vendor`]: '0x1a03\n',
      'sys/class/drm/card0-HDMI-A-1/status': 'connected\n',
    },
    {
      'sys/class/drm/card0/device': amd,
      'sys/class/drm/renderD128/device': amd,
      'sys/class/drm/card1/device': intel,
      'sys/class/drm/card2/device': server,
    },
  );
  const gpus = findGpus({ ...sources, nvidiaSmi: none });
  assert.deepEqual(
    gpus.map((g) => [g.id, g.vendor, g.name, g.mem, g.pci_address]),
    [
      [0, 'AMD', 'AMD Instinct MI210', 68702699520, '0000:03:00.0'],
      [1, 'Intel', 'Intel GPU, device 0x56c0', 0, '0000:04:00.0'],
    ],
  );
});
