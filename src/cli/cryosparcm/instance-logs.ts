import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TarEntry } from '../../host/tar.ts';
import type { Instance } from '../instance.ts';

export const LOG_NAMES = ['webapp', 'database', 'command_core', 'supervisord'];
/** Of a log only the end goes into a report. */
const TAIL_BYTES = 10e6;

/** Texts that must not leave the instance. */
export function secretsOf(instance: Instance): string[] {
  const secrets = [instance.settings.license_id];
  try {
    secrets.push(readFileSync(join(instance.run_dir, 'admin.token'), 'utf8').trim());
  } catch {
    // a stopped instance may never have written one
  }
  return secrets.filter((secret) => secret !== '');
}

/** A text without secrets: those given, and what follows the words that mark one. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const plain = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[removed]'), text);
  return plain.replaceAll(
    /((?:bearer|license-id|password|cs_session|token)["']?\s*[:= ]\s*["']?)[\w.+/~-]{16,}=*/gi,
    '$1[removed]',
  );
}

/** The logs of the instance, also those put aside, without secrets. */
export function logEntries(instance: Instance, folder: string): TarEntry[] {
  const secrets = secretsOf(instance);
  const names = readdirSync(instance.run_dir).filter((name) => /\.log(\.\d+)?$/.test(name));
  return names.sort().map((name) => fileEntry(join(instance.run_dir, name), `${folder}/${name}`, secrets));
}

/** A text file for an archive, without secrets; of a large one its end. */
export function fileEntry(path: string, name: string, secrets: readonly string[]): TarEntry {
  const bytes = readFileSync(path);
  const text = bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)).toString('utf8');
  return { name, data: Buffer.from(withoutSecrets(text, secrets)), modified_ms: statSync(path).mtimeMs };
}
