import { gzipSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';

export interface TarEntry {
  /** relative, with slashes */
  name: string;
  data: Buffer;
  modified_ms: number;
}

const BLOCK = 512;

/**
 * A `.tar.gz` of some files, in memory.
 * @throws CsError `CS_TAR_NAME` for a name that the format has no room for
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar Interchange Format)
 */
export function tarGz(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => [header(entry), entry.data, padding(entry.data.length)]);
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

function header({ name, data, modified_ms }: TarEntry): Buffer {
  const out = Buffer.alloc(BLOCK);
  const { prefix, rest } = split(name);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  out.write(rest, 0, 'utf8');
  out.write(octal(0o644, 7), 100, 'latin1');
  out.write(octal(0, 7), 108, 'latin1');
  out.write(octal(0, 7), 116, 'latin1');
  out.write(octal(data.length, 11), 124, 'latin1');
  out.write(octal(Math.max(0, Math.floor(modified_ms / 1000)), 11), 136, 'latin1');
  out.write('        0', 148, 'latin1');
  out.write('ustar\0\x300', 257, 'latin1');
  out.write(prefix, 345, 'utf8');
  // the sum counts its own field as eight spaces
  const sum = out.reduce((total, byte) => total + byte, 0);
  out.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return out;
}

/** A name of more than 100 bytes is cut at a slash into a prefix of at most 155 and the rest. */
function split(name: string): { prefix: string; rest: string } {
  const bytes = (text: string): number => Buffer.byteLength(text);
  if (bytes(name) <= 100) return { prefix: '', rest: name };
  for (let at = name.indexOf('/'); at > 0; at = name.indexOf('/', at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (bytes(prefix) <= 155 && bytes(rest) <= 100 && rest !== '') return { prefix, rest };
  }
  throw new CsError('input', 'CS_TAR_NAME', `The name ${name} is too long for a tar archive.`, { name });
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}
