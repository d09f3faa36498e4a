import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';

/** A graphics processor of this machine. */
export interface GpuInfo {
  /** index, as in `--gpus 0,1`; NVIDIA devices come first, in the order of their driver */
  readonly id: number;
  readonly vendor: 'NVIDIA' | 'AMD' | 'Intel';
  readonly name: string;
  /** memory, bytes; 0 when the machine does not tell (integrated devices share the system's) */
  readonly mem: number;
  /** version of the kernel driver, empty when unknown */
  readonly driver: string;
  /** as `0000:3b:00.0` */
  readonly pci_address: string;
}

type Found = Omit<GpuInfo, 'id'>;

/** Where the kernel and the NVIDIA driver show devices; other roots are for tests. */
export interface GpuSources {
  readonly proc: string;
  readonly sys: string;
  /** output of `nvidia-smi --query-gpu=index,name,memory.total,driver_version,pci.bus_id`, or null without it */
  readonly nvidiaSmi: () => string | null;
}

const MACHINE: GpuSources = { proc: '/proc', sys: '/sys', nvidiaSmi: runNvidiaSmi };

/** All GPUs of this machine, found without any vendor library. An absent driver means an absent device. */
export function findGpus(sources: GpuSources = MACHINE): GpuInfo[] {
  const nvidia = nvidiaGpus(sources);
  const known = new Set(nvidia.map((g) => g.pci_address));
  const others = drmGpus(sources.sys).filter((g) => !known.has(g.pci_address));
  return [...nvidia, ...others].map((gpu, id) => ({ id, ...gpu }));
}

function nvidiaGpus({ proc, nvidiaSmi }: GpuSources): Found[] {
  const listed = nvidiaSmi()?.split('\n') ?? [];
  const rows = listed.map((line) => line.split(',').map((cell) => cell.trim())).filter((cells) => cells.length === 5);
  if (rows.length > 0) {
    return rows.map(([, name = '', memory_mib = '0', driver = '', bus = '']) => ({
      vendor: 'NVIDIA' as const,
      name,
      mem: (Number.parseFloat(memory_mib) || 0) * 2 ** 20,
      driver,
      pci_address: pciAddress(bus),
    }));
  }
  const dir = `${proc}/driver/nvidia/gpus`;
  if (!existsSync(dir)) return [];
  const driver = /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(readText(`${proc}/driver/nvidia/version`))?.[1] ?? '';
  return readdirSync(dir)
    .sort()
    .map((bus) => ({
      vendor: 'NVIDIA' as const,
      name: /^Model:\s*(.+?)\s*$/m.exec(readText(`${dir}/${bus}/information`))?.[1] ?? 'NVIDIA GPU',
      mem: 0,
      driver,
      pci_address: pciAddress(bus),
    }));
}

const VENDORS: Record<string, GpuInfo['vendor']> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/** Devices of the kernel's display subsystem; AMD's driver tells memory and product name, Intel's neither. */
function drmGpus(sys: string): Found[] {
  const dir = `${sys}/class/drm`;
  if (!existsSync(dir)) return [];
  const found = new Map<string, Found>();
  for (const card of readdirSync(dir).sort()) {
    if (!/^(card|renderD)\d+$/.test(card)) continue;
    const device = `${dir}/${card}/device`;
    const vendor = VENDORS[readText(`${device}/vendor`)];
    if (!vendor) continue;
    const pci_address = pciAddress(basename(realpathSync(device)));
    const product = readText(`${device}/product_name`);
    found.set(pci_address, {
      vendor,
      name: product || `${vendor} GPU, device ${readText(`${device}/device`)}`,
      mem: Number(readText(`${device}/mem_info_vram_total`)) || 0,
      driver: readText(`${device}/driver/module/version`),
      pci_address,
    });
  }
  return [...found.values()];
}

/** nvidia-smi writes eight digits of the domain and upper case, the kernel four and lower case. */
function pciAddress(bus: string): string {
  const [domain = '', ...rest] = bus.toLowerCase().split(':');
  return rest.length === 2 ? [domain.slice(-4).padStart(4, '0'), ...rest].join(':') : bus.toLowerCase();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // sysfs attributes exist per driver: a missing one is "not told"
    return '';
  }
}

function runNvidiaSmi(): string | null {
  try {
    const query = '--query-gpu=index,name,memory.total,driver_version,pci.bus_id';
    return execFileSync('nvidia-smi', [query, '--format=csv,noheader,nounits'], {
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    // not installed, or its driver is not loaded: the kernel's own files are asked next
    return null;
  }
}
